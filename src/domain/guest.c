/* SPDX-License-Identifier: MIT */
/* A guest can be anybody, as often as he likes: made within limits, and gone
 * again when nobody comes back. */
#include "domain/guest.h"

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/account_search.h"
#include "domain/email_change.h"
#include "domain/event.h"
#include "domain/mail.h"
#include "domain/password_policy.h"
#include "domain/rights.h"
#include "store/store_guest.h"

#define GUEST_HASH_WAIT_MS 3000
#define GUEST_LIMIT "guest"

/* A guest, or a guest becoming a user, as the transaction needs it. */
struct guest_making {
    struct ctx *c;
    struct store_account row;
    struct str subject;
};

static enum err guest_create_work(void *data)
{
    const struct guest_making *m = data;
    struct ctx *c = m->c;
    enum err e = store_account_insert(c->db, &m->row);

    if (e == ERR_OK)
        e = store_account_role_add(c->db, &m->row.id, STR(RIGHTS_GUEST));
    return e != ERR_OK ? e
                       : event_record(c, EVENT_GUEST_CREATED, m->subject, NULL,
                                      (struct str){NULL, 0});
}

static enum err guest_make(struct guest_making *m, struct str name)
{
    struct ctx *c = m->c;
    struct str clean;
    enum err e = account_name(c, name, &clean);

    m->row = (struct store_account){.realm_id = c->realm_id,
                                    .active = true,
                                    .version = 1,
                                    .created_us = clock_us(&c->clock),
                                    .roles = STR(RIGHTS_GUEST)};
    if (e == ERR_OK)
        e = id_new(m->row.created_us, &m->row.id);
    if (e == ERR_OK)
        e = account_subject(c, &m->row.id, &m->subject);
    if (e == ERR_OK && clean.n > 0)
        e = account_seal(c, &m->row.id, ACCOUNT_NAME, clean,
                         &m->row.name_sealed);
    return e;
}

enum err guest_create(struct ctx *c, struct str name, struct signed_in *in_r)
{
    struct guest_making m = {.c = c};
    const struct sign_in in = {.row = &m.row, .proved = SIGN_IN_GUEST};
    enum err e =
        c->config->accounts_guests ? guest_make(&m, name) : ERR_GUESTS_OFF;

    if (e == ERR_OK)
        e = throttle_limit_network(c, GUEST_LIMIT,
                                   c->config->accounts_guest_limit,
                                   c->config->throttle_window);
    if (e == ERR_OK)
        e = db_transact(c->db, guest_create_work, &m);
    return e != ERR_OK ? e : sign_in_finish(c, &in, in_r);
}

/* The account under its lock: it must be a guest's still. */
static enum err guest_lock(struct ctx *c, const struct id *id)
{
    struct store_account row;
    enum err e = rights_lock(c, id, &row);

    if (e == ERR_USER_NOT_FOUND)
        return ERR_GUEST_NOT_FOUND;
    if (e == ERR_OK && !str_has_word(row.roles, STR(RIGHTS_GUEST)))
        e = ERR_GUEST_IS_USER;
    return e;
}

static enum err guest_convert_work(void *data)
{
    const struct guest_making *m = data;
    struct ctx *c = m->c;
    const struct id *id = &m->row.id;
    uint64_t count = 0;
    enum err e = guest_lock(c, id);

    if (e == ERR_OK)
        e = store_guest_convert(c->db, &m->row);
    if (e == ERR_DUPLICATE_ROW)
        return ERR_GUEST_EMAIL_TAKEN;
    if (e == ERR_OK)
        e = store_account_role_drop(c->db, id, STR(RIGHTS_GUEST), &count);
    if (e == ERR_OK)
        e = store_account_role_add(c->db, id, STR(RIGHTS_USER));
    return e != ERR_OK ? e
                       : event_record(c, EVENT_GUEST_CONVERTED, m->subject,
                                      NULL, (struct str){NULL, 0});
}

/* With mail the link goes out first; it changes nothing until it is used. */
static enum err guest_address(struct guest_making *m, struct str email,
                              struct str normal)
{
    struct ctx *c = m->c;
    struct str text;
    int64_t cooldown;
    bool pending;

    if (mail_enabled(c->config, STORE_CHANNEL_MAIL))
        return email_change(c, &m->row.id, email, &pending, &cooldown);
    return account_address(c, email, normal, &m->row, &text);
}

/* Is the session's account a guest's? Asked before anything costs. */
static enum err guest_look(struct guest_making *m,
                           const struct store_session *session,
                           struct account *account)
{
    struct ctx *c = m->c;
    enum err e;

    if (id_is_nil(&session->account_id))
        return ERR_GUEST_NOT_FOUND;
    e = account_find(c, &session->account_id, account);
    if (e == ERR_USER_NOT_FOUND)
        return ERR_GUEST_NOT_FOUND;
    if (e == ERR_OK && !str_has_word(account->roles, STR(RIGHTS_GUEST)))
        return ERR_GUEST_IS_USER;
    m->row.id = session->account_id;
    return e != ERR_OK ? e
                       : account_subject(c, &session->account_id, &m->subject);
}

enum err guest_convert(struct ctx *c, const struct store_session *session,
                       struct str email, struct str password,
                       struct signed_in *in_r)
{
    struct guest_making m = {.c = c};
    struct signed_in in = {.pending = false};
    char hash[PASSWORD_HASH_MAX];
    struct str normal, password_nfc;
    enum err e = guest_look(&m, session, &in.account);

    if (e == ERR_OK)
        e = normal_email(c->arena, email, &normal);
    if (e == ERR_OK)
        e = password_policy(c, password, normal, in.account.name,
                            &password_nfc);
    if (e == ERR_OK)
        e = throttle_register(c);
    if (e == ERR_OK)
        e = password_hash(c->hasher, password_nfc, GUEST_HASH_WAIT_MS, hash);
    if (e == ERR_OK)
        e = guest_address(&m, email, normal);
    m.row.password_hash = hash;
    if (e == ERR_OK)
        e = db_transact(c->db, guest_convert_work, &m);
    if (e == ERR_OK)
        e = account_find(c, &m.row.id, &in.account);
    if (e == ERR_OK)
        e = session_reissue(c, &session->id, &in.tokens);
    if (e == ERR_OK)
        *in_r = in;
    return e;
}

/* Looked at again under the lock: he may have become a user meanwhile. */
static enum err guest_purge_work(void *data)
{
    const struct guest_making *m = data;
    struct ctx *c = m->c;
    struct str detail;
    uint64_t count = 0;
    enum err e = guest_lock(c, &m->row.id);

    if (e == ERR_OK)
        e = store_account_delete(c->db, &m->row.id, &count);
    if (e == ERR_OK)
        e = rights_detail(c, NULL, (struct str){NULL, 0}, "janitor", &detail);
    return e != ERR_OK ? e
                       : event_record(c, EVENT_ACCOUNT_DELETED, m->subject,
                                      NULL, detail);
}

enum err guest_purge(struct ctx *c, int64_t now_us, int64_t limit,
                     uint64_t *count_r)
{
    int64_t before =
        now_us - c->config->accounts_guest_retention * CLOCK_SECOND;
    struct store_guests *old = arena_alloc(c->arena, sizeof(*old));
    uint64_t gone = 0;
    enum err e = old == NULL ? ERR_NO_MEMORY
                             : store_guest_old(c->db, c->arena, c->realm_id,
                                               before, limit, old);

    for (size_t i = 0; old != NULL && i < old->count && e == ERR_OK; i++) {
        struct guest_making m = {.c = c, .row = {.id = old->ids[i]}};

        e = account_subject(c, &old->ids[i], &m.subject);
        if (e == ERR_OK)
            e = db_transact(c->db, guest_purge_work, &m);
        gone += e == ERR_OK ? 1 : 0;
        if (e == ERR_GUEST_IS_USER || e == ERR_GUEST_NOT_FOUND)
            e = ERR_OK;
    }
    if (e == ERR_OK)
        *count_r = gone;
    return e;
}
