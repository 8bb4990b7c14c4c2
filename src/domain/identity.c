/* SPDX-License-Identifier: MIT */
/* Rows of identity are found by a keyed hash, and their columns sealed to it:
 * neither tells whom somebody is with a provider. */
#include "domain/identity.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/address.h"
#include "domain/event.h"
#include "domain/identity_key.h"
#include "domain/identity_tokens.h"
#include "domain/mail.h"
#include "domain/throttle.h"
#include "store/store_identity.h"

#define IDENTITY_LOOKUP "identity"
#define IDENTITY_SID_LOOKUP "identity-session"
/* What the column holds; OpenID Connect Core 1.0, section 2, allows 255. */
#define IDENTITY_SUBJECT_MAX (512 - SEAL_OVERHEAD)

/* Of issuer and a name that it gives; no issuer has a NUL. */
static enum err identity_lookup(struct ctx *c, const char *label,
                                struct str issuer, struct str name,
                                struct digest *d_r)
{
    struct buf b = buf_new(c->arena);
    struct str value;

    buf_str(&b, issuer);
    buf_char(&b, '\0');
    buf_str(&b, name);
    enum err e = buf_done(&b, &value);

    return e != ERR_OK ? e : address_lookup(c, label, value, d_r);
}

enum err identity_key(struct ctx *c, struct str issuer, struct str subject,
                      struct digest *key_r)
{
    if (subject.n == 0 || subject.n > IDENTITY_SUBJECT_MAX || issuer.n == 0)
        return ERR_SUB_CLAIM_MISSING;
    return identity_lookup(c, IDENTITY_LOOKUP, issuer, subject, key_r);
}

enum err identity_sid(struct ctx *c, struct str issuer, struct str sid,
                      struct digest *key_r)
{
    return identity_lookup(c, IDENTITY_SID_LOOKUP, issuer, sid, key_r);
}

enum err identity_place(struct ctx *c, const uint8_t key[STORE_HASH_LEN],
                        const char *column, struct str *place_r)
{
    struct buf b = buf_new(c->arena);

    buf_put(&b, key, STORE_HASH_LEN);
    buf_text(&b, column);
    return buf_done(&b, place_r);
}

enum err identity_find(struct ctx *c, const struct identity_person *p,
                       struct id *account_r)
{
    struct store_identity row;
    struct digest key;
    enum err e = identity_key(c, p->issuer, p->subject, &key);

    if (e == ERR_OK)
        e = store_identity_by_hash(c->db, c->arena, key.b, &row);
    if (e == ERR_NO_ROW || (e == ERR_OK && row.realm_id != c->realm_id))
        return ERR_NOT_FOUND;
    if (e == ERR_OK)
        *account_r = row.account_id;
    return e;
}

static enum err identity_row(struct ctx *c, const struct identity_person *p,
                             struct store_identity *row)
{
    struct digest key;
    struct str place;
    enum err e = identity_key(c, p->issuer, p->subject, &key);

    if (e != ERR_OK)
        return e;
    memcpy(row->hash, key.b, STORE_HASH_LEN);
    e = identity_place(c, row->hash, IDENTITY_SUBJECT, &place);
    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, SEAL_IDENTITY, place, p->subject,
                 &row->subject_sealed);
    if (e == ERR_OK && p->provider->keep_tokens && p->tokens.n > 0)
        e = identity_tokens_seal(c, row->hash, p->tokens, &row->tokens_sealed);
    return e;
}

enum err identity_event(struct ctx *c, enum event_kind kind,
                        const struct id *account, struct str provider)
{
    const struct log_field fields[] = {LOG_TEXT("provider", provider), LOG_END};
    struct str subject, detail;
    enum err e = account_subject(c, account, &subject);

    if (e == ERR_OK)
        e = event_detail(c, fields, &detail);
    return e != ERR_OK ? e : event_record(c, kind, subject, NULL, detail);
}

/* Which of the two unique keys it was. The other's row is committed by now:
 * the INSERT has waited for it. */
static enum err identity_clash(struct ctx *c, const struct store_identity *row)
{
    struct store_identity there;
    enum err e = store_identity_by_hash(c->db, c->arena, row->hash, &there);

    if (e == ERR_NO_ROW)
        return ERR_PROVIDER_CONNECTED;
    return e == ERR_OK ? ERR_OTHER_PRINCIPAL : e;
}

enum err identity_add(struct ctx *c, const struct identity_person *p,
                      const struct id *account)
{
    int64_t now = clock_us(&c->clock);
    struct store_identity row = {.realm_id = c->realm_id,
                                 .account_id = *account,
                                 .provider = str_of(p->provider->name),
                                 .created_us = now,
                                 .used_us = now,
                                 .tokens_end_us = p->tokens_end_us};
    enum err e = identity_row(c, p, &row);

    if (e == ERR_OK)
        e = store_identity_insert(c->db, &row);
    if (e == ERR_DUPLICATE_ROW)
        return identity_clash(c, &row);
    return e != ERR_OK ? e
                       : identity_event(c, EVENT_PROVIDER_CONNECTED, account,
                                        row.provider);
}

enum err identity_used(struct ctx *c, const struct identity_person *p)
{
    const bool keep = p->provider->keep_tokens;
    struct digest key;
    enum err e = identity_key(c, p->issuer, p->subject, &key);

    if (e == ERR_OK)
        e = store_identity_used(c->db, key.b, clock_us(&c->clock), keep);
    if (e == ERR_OK && keep && p->tokens.n > 0)
        e = identity_tokens_renewed(c, key.b, p->tokens, p->tokens_end_us);
    return e;
}

enum err identity_session(struct ctx *c, const struct identity_person *p,
                          const struct id *session)
{
    struct store_identity_sessions from = {.before_us = 0};
    struct digest key, sid;
    enum err e = identity_key(c, p->issuer, p->subject, &key);

    if (e == ERR_OK && p->sid.n > 0)
        e = identity_sid(c, p->issuer, p->sid, &sid);
    if (e != ERR_OK)
        return e;
    memcpy(from.hash, key.b, STORE_HASH_LEN);
    if (p->sid.n > 0)
        memcpy(from.sid, sid.b, STORE_HASH_LEN);
    return store_identity_session(c->db, session, &from);
}

/* "GitHub, Example"; one that is no longer configured opens nothing. */
static enum err identity_titles(struct ctx *c, struct str names,
                                struct str *titles_r)
{
    struct buf b = buf_new(c->arena);

    while (names.n > 0) {
        const struct config_provider *p =
            config_provider(c->config, str_cut(&names, ' '));

        if (p == NULL)
            continue;
        if (b.n > 0)
            buf_text(&b, ", ");
        buf_text(&b, p->title);
    }
    return buf_done(&b, titles_r);
}

enum err identity_letter(struct ctx *c, const struct id *account)
{
    struct store_account row;
    struct account owner;
    struct str titles;
    enum err e = account_row(c, account, &row);

    if (e == ERR_OK)
        e = account_read(c, &row, &owner);
    if (e == ERR_OK)
        e = identity_titles(c, owner.providers, &titles);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    const struct mail_value values[] = {
        {"providers", titles},
        {"password", owner.has_password ? STR("yes") : STR("")}};

    return mail_alert(c, MAIL_IDENTITY_INFO, account, values,
                      sizeof(values) / sizeof(*values));
}

struct identity_telling {
    struct ctx *c;
    const struct id *account;
};

static enum err identity_tell_work(void *data)
{
    const struct identity_telling *t = data;

    return identity_letter(t->c, t->account);
}

void identity_tell(struct ctx *c, const struct id *account)
{
    struct identity_telling t = {c, account};
    struct store_account row;
    struct account owner;
    struct str normal;
    enum err e = account_row(c, account, &row);

    if (e == ERR_OK)
        e = account_read(c, &row, &owner);
    if (e == ERR_OK)
        e = owner.email.n > 0 ? normal_email(c->arena, owner.email, &normal)
                              : ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = throttle_cooldown(c, IDENTITY_LETTER_COOLDOWN, normal);
    if (e == ERR_OK)
        e = db_transact(c->db, identity_tell_work, &t);
    if (e != ERR_OK && e != ERR_MAIL_COOLDOWN && e != ERR_NOT_FOUND)
        log_msg(LOG_LEVEL_WARNING, "identity.not_told", "%s", err_name(e));
}

enum err identity_forget(struct ctx *c, const struct id *account)
{
    uint64_t count = 0;
    enum err e = store_identity_delete_all(c->db, account, &count);

    if (e != ERR_OK || count == 0)
        return e;
    return identity_event(c, EVENT_PROVIDER_DISCONNECTED, account, STR("all"));
}
