/* SPDX-License-Identifier: MIT */
/* The account's lock is held while its ways to sign in are counted: two at once
 * cannot each take the last but one. */
#include "domain/identity_change.h"

#include <string.h>

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/challenge.h"
#include "domain/event.h"
#include "domain/identity_end.h"
#include "domain/identity_key.h"
#include "domain/mail.h"
#include "domain/password_policy.h"
#include "domain/rights.h"
#include "domain/session.h"
#include "store/store_identity.h"

#define CHANGE_HASH_WAIT_MS 3000

/* One change, as its transaction needs it. */
struct identity_changing {
    struct ctx *c;
    const struct store_session *session;
    struct str provider;
    struct store_account row;
    char hash[PASSWORD_HASH_MAX];
};

/* Another provider that is configured; one that is not opens nothing. */
static bool change_other(const struct identity_changing *x, struct str names)
{
    while (names.n > 0) {
        struct str name = str_cut(&names, ' ');

        if (!str_eq(name, x->provider) &&
            config_provider(x->c->config, name) != NULL)
            return true;
    }
    return false;
}

static struct str change_title(const struct identity_changing *x)
{
    const struct config_provider *p =
        config_provider(x->c->config, x->provider);

    return p == NULL ? x->provider : str_of(p->title);
}

static enum err change_disconnect(void *data)
{
    struct identity_changing *x = data;
    struct ctx *c = x->c;
    const struct id *id = &x->session->account_id;
    const struct mail_value title = {"provider", change_title(x)};
    struct store_identity there;
    uint64_t count;
    enum err e = rights_lock(c, id, &x->row);

    if (e == ERR_OK)
        e = store_identity_by_account(c->db, c->arena, id, x->provider, &there);
    if (e == ERR_NO_ROW)
        return ERR_PROVIDER_NOT_FOUND;
    if (e == ERR_OK && x->row.password_hash == NULL &&
        !change_other(x, x->row.providers))
        e = ERR_DISCONNECT_LAST;
    if (e == ERR_OK)
        e = store_identity_delete(c->db, id, x->provider, &count);
    if (e == ERR_OK)
        e = identity_end_row(c, &there, &x->session->id);
    if (e == ERR_OK)
        e = identity_event(c, EVENT_PROVIDER_DISCONNECTED, id, x->provider);
    return e != ERR_OK
               ? e
               : mail_alert(c, MAIL_PROVIDER_DISCONNECTED, id, &title, 1);
}

/* The owner of the session, who is no guest. */
static enum err change_owner(struct ctx *c, const struct store_session *session,
                             struct store_account *row_r,
                             struct account *account_r)
{
    enum err e = id_is_nil(&session->account_id)
                     ? ERR_NOT_FOUND
                     : account_row(c, &session->account_id, row_r);

    if (e == ERR_NOT_FOUND ||
        (e == ERR_OK && str_has_word(row_r->roles, STR(RIGHTS_GUEST))))
        return ERR_USER_NOT_FOUND;
    return e != ERR_OK ? e : account_read(c, row_r, account_r);
}

enum err identity_disconnect(struct ctx *c, const struct store_session *session,
                             struct str provider, struct account *account_r)
{
    struct identity_changing x = {
        .c = c, .session = session, .provider = provider};
    struct account account;
    enum err e = change_owner(c, session, &x.row, &account);

    if (e == ERR_OK && str_eq(provider, STR("password")))
        e = ERR_DISCONNECT_PASSWORD;
    if (e == ERR_OK)
        e = db_transact(c->db, change_disconnect, &x);
    return e != ERR_OK ? e : change_owner(c, session, &x.row, account_r);
}

static enum err change_password(void *data)
{
    struct identity_changing *x = data;
    struct ctx *c = x->c;
    const struct id *id = &x->row.id;
    bool done = false;
    enum err e =
        store_identity_password(c->db, id, x->row.version, x->hash, &done);

    /* Changed meanwhile; a password, too, would have raised the version. */
    if (e == ERR_OK && !done)
        e = ERR_CONFLICT;
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_RESET, id);
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_SIGN_IN, id);
    if (e == ERR_OK)
        e = event_record(c, EVENT_PASSWORD_ADDED, x->session->subject,
                         &x->session->id, (struct str){NULL, 0});
    return e != ERR_OK ? e : mail_alert(c, MAIL_PASSWORD_CHANGED, id, NULL, 0);
}

enum err identity_password(struct ctx *c, const struct store_session *session,
                           struct str password, struct account *account_r,
                           struct tokens *tokens_r)
{
    struct identity_changing x = {.c = c, .session = session};
    struct account account;
    struct tokens tokens;
    struct str normal = STR(""), fresh;
    enum err e = change_owner(c, session, &x.row, &account);

    if (e == ERR_OK && account.has_password)
        e = ERR_PASSWORD_SET;
    if (e == ERR_OK && account.email.n > 0)
        e = normal_email(c->arena, account.email, &normal);
    if (e == ERR_OK)
        e = password_policy(c, password, normal, account.name, &fresh);
    if (e == ERR_OK)
        e = password_hash(c->hasher, fresh, CHANGE_HASH_WAIT_MS, x.hash);
    if (e == ERR_OK)
        e = db_transact(c->db, change_password, &x);
    if (e == ERR_OK)
        e = session_reissue(c, &session->id, &tokens);
    if (e == ERR_OK)
        e = change_owner(c, session, &x.row, account_r);
    if (e == ERR_OK)
        *tokens_r = tokens;
    return e;
}
