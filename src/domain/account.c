/* SPDX-License-Identifier: MIT */
/* Accounts as rows and as people see them. */
#include "domain/account.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/address.h"
#include "domain/email_verify.h"
#include "domain/event.h"
#include "domain/mail.h"
#include "domain/password_policy.h"
#include "domain/two_factor.h"
#include "domain/rights.h"

#define ACCOUNT_HASH_WAIT_MS 3000
#define ACCOUNT_ROLE "USER"

/* What a sign-up brings. */
struct account_new {
    struct str email, password, name;
};

/* A new account, as its transaction needs it. */
struct account_making {
    struct ctx *c;
    struct store_account row;
    struct str subject;
    struct digest address;
    struct str normal;
    struct account account; /* for the message */
    bool verify;            /* a link to the new address is wanted */
    bool mail;              /* messages leave, and none has just left */
};

static enum err account_make_rows(void *data)
{
    const struct account_making *m = data;
    struct ctx *c = m->c;
    enum err e = store_account_insert(c->db, &m->row);

    if (e == ERR_OK)
        e = store_account_role_add(c->db, &m->row.id, STR(ACCOUNT_ROLE));
    if (e == ERR_OK && m->mail && m->verify)
        e = email_verify_letter(c, &m->account);
    if (e != ERR_OK)
        return e;
    return event_record(c, EVENT_REGISTERED, m->subject, NULL,
                        (struct str){NULL, 0});
}

/* The owner of the address is told that somebody tried, and sees it in the
 * audit. */
static enum err account_make_known(void *data)
{
    const struct account_making *m = data;
    struct ctx *c = m->c;
    struct store_account row;
    struct str subject = {NULL, 0};
    enum err e = store_account_by_email(c->db, c->arena, c->realm_id,
                                        m->address.b, &row);

    if (e == ERR_OK)
        e = account_subject(c, &row.id, &subject);
    if (e == ERR_OK && m->mail)
        e = mail_alert(c, MAIL_REGISTERED_KNOWN, &row.id, NULL, 0);
    if (e != ERR_OK && e != ERR_NO_ROW)
        return e;
    return event_record(c, EVENT_REGISTERED_KNOWN, subject, NULL,
                        (struct str){NULL, 0});
}

/* One message an address and span, known or not: sign-ups must not flood a
 * mailbox, nor their answers tell. */
static enum err account_make_mail(struct account_making *m)
{
    return m->mail ? email_verify_due(m->c, m->normal, &m->mail) : ERR_OK;
}

/* Address and name as typed (in NFC), sealed into the row. */
static enum err account_make_seal(struct account_making *m, struct str email,
                                  struct str name)
{
    struct ctx *c = m->c;
    struct str text;
    enum err e = normal_nfc(c->arena, str_trim(email), &text);

    m->account = (struct account){.id = m->row.id, .email = text, .name = name};
    if (e == ERR_OK)
        e = account_seal(c, &m->row.id, ACCOUNT_EMAIL, text,
                         &m->row.email_sealed);
    if (e == ERR_OK && name.n > 0)
        e = account_seal(c, &m->row.id, ACCOUNT_NAME, name,
                         &m->row.name_sealed);
    return e;
}

static enum err account_make(struct account_making *m, bool *created_r)
{
    struct db *db = m->c->db;
    enum err e = account_make_mail(m);
    bool created = false;

    if (e == ERR_OK)
        e = db_transact(db, account_make_rows, m);
    created = e == ERR_OK;
    if (e == ERR_DUPLICATE_ROW)
        e = db_transact(db, account_make_known, m);
    if (e == ERR_OK && created_r != NULL)
        *created_r = created;
    return e;
}

/* Everything before the INSERT is the same for a known and an unknown address,
 * the hash above all. Operators (created_r) are not throttled. */
static enum err account_sign_up(struct ctx *c, const struct account_new *new,
                                bool verify, bool *created_r)
{
    struct account_making m = {.c = c,
                               .row = {.realm_id = c->realm_id,
                                       .active = true,
                                       .version = 1,
                                       .created_us = clock_us(&c->clock)},
                               .verify = verify,
                               .mail = created_r == NULL};
    char hash[PASSWORD_HASH_MAX];
    struct str name, password_nfc;
    enum err e = normal_email(c->arena, new->email, &m.normal);

    if (e == ERR_OK)
        e = account_name(c, new->name, &name);
    if (e == ERR_OK)
        e = password_policy(c, new->password, m.normal, name, &password_nfc);
    if (e == ERR_OK && created_r == NULL)
        e = throttle_register(c);
    if (e == ERR_OK)
        e = address_lookup(c, ACCOUNT_LOOKUP, m.normal, &m.address);
    if (e == ERR_OK)
        e = id_new(m.row.created_us, &m.row.id);
    if (e == ERR_OK)
        e = account_subject(c, &m.row.id, &m.subject);
    if (e == ERR_OK)
        e = account_make_seal(&m, new->email, name);
    if (e == ERR_OK)
        e = password_hash(c->hasher, password_nfc, ACCOUNT_HASH_WAIT_MS, hash);
    if (e != ERR_OK)
        return e;
    if (two_factor_email_default(c->config))
        m.row.email_factor_us = m.row.created_us;
    memcpy(m.row.email_hash, m.address.b, STORE_HASH_LEN);
    m.row.password_hash = hash;
    return account_make(&m, created_r);
}

enum err account_register(struct ctx *c, struct str email, struct str password,
                          struct str name, bool *created_r)
{
    const struct account_new new = {email, password, name};

    return account_sign_up(c, &new, true, created_r);
}

enum err account_register_quiet(struct ctx *c, struct str email,
                                struct str password, struct str name)
{
    const struct account_new new = {email, password, name};

    return account_sign_up(c, &new, false, NULL);
}

enum err account_refresh(struct ctx *c, struct str refresh_token,
                         struct tokens *tokens_r, struct account *account_r)
{
    struct store_session_state state;
    struct account account = {.active = false};
    struct tokens tokens;
    enum err e = session_refresh(c, refresh_token, &tokens, &state);

    /* Who may be somebody else is told nothing of whose session it is. */
    if (e == ERR_OK && state.account_found && !tokens.waiting) {
        const struct store_account row = {
            .id = state.row.account_id,
            .email_sealed = state.email_sealed,
            .name_sealed = state.name_sealed,
            .active = state.account_active,
            .version = state.account_version,
            .created_us = state.account_created_us,
            .roles = state.roles,
            .groups = state.groups,
            .email_verified_us = state.email_verified,
            .email_factor_us = state.email_factor,
            .has_totp = state.totp,
            .preferred = state.preferred};

        e = account_read(c, &row, &account);
    }
    if (e != ERR_OK)
        return e;
    *tokens_r = tokens;
    *account_r = account;
    return ERR_OK;
}

enum err account_by_email(struct ctx *c, struct str email,
                          struct account *account_r)
{
    struct store_account row;
    struct digest address;
    struct str normal;
    enum err e = normal_email(c->arena, email, &normal);

    if (e == ERR_OK)
        e = address_lookup(c, ACCOUNT_LOOKUP, normal, &address);
    if (e == ERR_OK)
        e = store_account_by_email(c->db, c->arena, c->realm_id, address.b,
                                   &row);
    if (e == ERR_NO_ROW || e == ERR_EMAIL_INVALID)
        return ERR_NOT_FOUND;
    return e != ERR_OK ? e : account_read(c, &row, account_r);
}

/* A change of status, as its transaction needs it. */
struct account_switching {
    struct ctx *c;
    const struct id *id;
    struct str subject;
    bool active;
    bool changed;
};

static enum err account_switch_tell(const struct account_switching *s)
{
    struct ctx *c = s->c;
    struct str detail = {NULL, 0};
    enum err e = ERR_OK;

    if (c->actor.n > 0)
        e = rights_detail(c, NULL, detail, c->actor.p, &detail);
    return e != ERR_OK ? e
                       : event_record(c,
                                      s->active ? EVENT_ACCOUNT_ENABLED
                                                : EVENT_ACCOUNT_DISABLED,
                                      s->subject, NULL, detail);
}

/* An operator may disable the last administrator, whose account may be in
 * foreign hands; another administrator would lock everybody out. */
static enum err account_switch(void *data)
{
    struct account_switching *s = data;
    struct ctx *c = s->c;
    struct store_account row;
    uint64_t count;

    s->changed = false;
    enum err e = rights_lock(c, s->id, &row);

    if (e == ERR_OK && row.active && !s->active && c->actor.n > 0)
        e = rights_keep_admin(c, &row);
    if (e == ERR_OK)
        e = store_account_status(c->db, s->id, s->active, clock_us(&c->clock),
                                 &s->changed);
    if (e != ERR_OK || !s->changed)
        return e;
    if (!s->active)
        e = store_session_revoke_all(c->db, c->realm_id, s->subject,
                                     &(struct id){{0}}, "disabled", &count);
    return e != ERR_OK ? e : account_switch_tell(s);
}

enum err account_set_active(struct ctx *c, const struct id *id, bool active,
                            bool *changed_r)
{
    struct account_switching s = {.c = c, .id = id, .active = active};
    enum err e = account_subject(c, id, &s.subject);

    if (e == ERR_OK)
        e = db_transact(c->db, account_switch, &s);
    if (e == ERR_OK)
        *changed_r = s.changed;
    return e;
}

struct account_listing {
    struct ctx *c;
    enum err (*each)(void *data, const struct account *acc);
    void *data;
};

static enum err account_listing_row(void *data, const struct store_account *row)
{
    const struct account_listing *l = data;
    struct account account;
    enum err e = account_read(l->c, row, &account);

    return e != ERR_OK ? e : l->each(l->data, &account);
}

enum err account_list(struct ctx *c, const struct id *after, int64_t limit,
                      enum err (*each)(void *data, const struct account *acc),
                      void *data)
{
    struct account_listing l = {c, each, data};

    return store_account_list(
        c->db, c->arena, c->realm_id, after, limit,
        &(struct store_account_sink){account_listing_row, &l});
}
