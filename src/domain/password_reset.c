/* SPDX-License-Identifier: MIT */
/* Whether there is an account changes neither answer nor work: a challenge and
 * a message are written either way. */
#include "domain/password_reset.h"

#include <string.h>

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/address.h"
#include "domain/challenge.h"
#include "domain/event.h"
#include "domain/identity.h"
#include "domain/link.h"
#include "domain/password_policy.h"
#include "domain/throttle.h"
#include "store/store_person.h"

#define RESET_HASH_WAIT_MS 3000
#define RESET_COOLDOWN "mail-password-reset"

/* One request, as its transaction needs it. */
struct reset_asking {
    struct ctx *c;
    struct digest address;
    struct str email;       /* as typed */
    struct account account; /* all zeros: none */
    struct str subject;
};

/* To the address the account has, which may be written otherwise. */
static enum err reset_ask_work(void *data)
{
    const struct reset_asking *a = data;
    struct ctx *c = a->c;
    const bool known = a->account.active;
    struct link_letter letter = {
        .challenge = CHALLENGE_RESET,
        .page = LINK_RESET_PASSWORD,
        .mail = MAIL_PASSWORD_RESET,
        .ch = {.account_id = a->account.id, .address = a->address},
        .to = a->account.email,
        .name = a->account.name,
        .locale = a->account.locale,
        .lifetime_s = c->config->links_reset_lifetime,
        .unsent = !known};
    enum err e = link_send(c, &letter);

    if (e == ERR_OK && !known)
        e = mail_queue(c, &(struct mail){.kind = MAIL_NO_ACCOUNT,
                                         .channel = STORE_CHANNEL_MAIL,
                                         .to = a->email});
    if (e != ERR_OK)
        return e;
    return event_record(c, EVENT_RESET_REQUESTED, a->subject, NULL,
                        (struct str){NULL, 0});
}

/* A disabled account is none here: a new password would open nothing. */
static enum err reset_find(struct reset_asking *a)
{
    struct ctx *c = a->c;
    struct store_account row;
    enum err e = store_account_by_email(c->db, c->arena, c->realm_id,
                                        a->address.b, &row);

    if (e == ERR_NO_ROW || (e == ERR_OK && !row.active))
        return ERR_OK;
    if (e == ERR_OK)
        e = account_read(c, &row, &a->account);
    return e != ERR_OK ? e : account_subject(c, &row.id, &a->subject);
}

enum err password_reset_request(struct ctx *c, struct str email,
                                int64_t *cooldown_s_r)
{
    struct reset_asking a = {.c = c, .subject = {NULL, 0}};
    const struct config *config = c->config;
    struct str normal;
    enum err e =
        mail_enabled(config, STORE_CHANNEL_MAIL) ? ERR_OK : ERR_MAIL_DISABLED;

    if (e == ERR_OK)
        e = normal_email(c->arena, email, &normal);
    if (e == ERR_OK)
        e = normal_nfc(c->arena, str_trim(email), &a.email);
    if (e == ERR_OK)
        e = throttle_limit_network(c, "password-reset",
                                   config->throttle_register_limit,
                                   config->throttle_window);
    if (e == ERR_OK)
        e = throttle_cooldown(c, RESET_COOLDOWN, normal);
    if (e == ERR_OK)
        e = address_lookup(c, ACCOUNT_LOOKUP, normal, &a.address);
    if (e == ERR_OK)
        e = reset_find(&a);
    if (e == ERR_OK)
        e = db_transact(c->db, reset_ask_work, &a);
    if (e == ERR_OK)
        *cooldown_s_r = config->mail_cooldown;
    return e;
}

enum err password_reset_cooldown(struct ctx *c, struct str email,
                                 int64_t *left_s_r)
{
    struct str normal;
    enum err e = normal_email(c->arena, email, &normal);

    return e != ERR_OK
               ? e
               : throttle_cooldown_left(c, RESET_COOLDOWN, normal, left_s_r);
}

/* A request on behalf of account id. */
static enum err reset_prepare(struct ctx *c, const struct id *id,
                              struct reset_asking *a)
{
    struct store_account row;
    enum err e = account_row(c, id, &row);

    if (e == ERR_OK && (!row.active || row.email_sealed.n == 0))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = account_read(c, &row, &a->account);
    if (e == ERR_OK)
        e = account_subject(c, id, &a->subject);
    if (e != ERR_OK)
        return e;
    memcpy(a->address.b, row.email_hash, STORE_HASH_LEN);
    a->c = c;
    return ERR_OK;
}

enum err password_reset_start(struct ctx *c, const struct id *id)
{
    struct reset_asking a = {.c = c};
    enum err e = reset_prepare(c, id, &a);

    return e != ERR_OK ? e : db_transact(c->db, reset_ask_work, &a);
}

enum err password_reset_mail(struct ctx *c, const struct id *id)
{
    struct reset_asking a = {.c = c};
    enum err e = reset_prepare(c, id, &a);

    return e != ERR_OK ? e : reset_ask_work(&a);
}

/* One reset, as its transaction needs it. */
struct resetting {
    struct ctx *c;
    struct challenge ch;
    struct store_account row;
    struct account account;
    struct str subject;
    char hash[PASSWORD_HASH_MAX];
};

/* Of several with one token the UPDATE of challenge_use lets one through. */
static enum err reset_work(void *data)
{
    struct resetting *r = data;
    struct ctx *c = r->c;
    const struct id *id = &r->row.id;
    bool done = false;
    uint64_t ended;
    enum err e = challenge_use(c, CHALLENGE_RESET, &r->ch.id);

    if (e == ERR_OK)
        e = store_person_password(c->db, id, 0, r->hash, &done);
    if (e == ERR_OK && !done)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = store_session_revoke_all(c->db, c->realm_id, r->subject,
                                     &(struct id){{0}}, "reset", &ended);
    if (e == ERR_OK)
        e = store_person_distrust(c->db, id);
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_CHANGE_EMAIL, id);
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_SIGN_IN, id);
    /* An address nobody had verified may have been a stranger's claim, who
     * would still come in by a provider. */
    if (e == ERR_OK && r->row.email_verified_us == 0)
        e = identity_forget(c, id);
    if (e == ERR_OK)
        e = event_record(c, EVENT_PASSWORD_RESET, r->subject, NULL,
                         (struct str){NULL, 0});
    return e != ERR_OK ? e : mail_alert(c, MAIL_PASSWORD_CHANGED, id, NULL, 0);
}

/* The account of a good token, which still has the address it was sent to. */
static enum err reset_open(struct resetting *r, struct str token)
{
    struct ctx *c = r->c;
    enum err e = challenge_link_open(c, CHALLENGE_RESET, token, &r->ch);

    if (e == ERR_OK)
        e = account_row(c, &r->ch.account_id, &r->row);
    if (e == ERR_OK &&
        (!r->row.active ||
         memcmp(r->row.email_hash, r->ch.address.b, STORE_HASH_LEN) != 0))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = account_read(c, &r->row, &r->account);
    return e != ERR_OK ? e : account_subject(c, &r->row.id, &r->subject);
}

enum err password_reset(struct ctx *c, struct str token, struct str password)
{
    struct resetting r = {.c = c};
    struct str normal, fresh;
    enum err e = reset_open(&r, token);

    if (e == ERR_OK)
        e = normal_email(c->arena, r.account.email, &normal);
    if (e == ERR_OK)
        e = password_policy(c, password, normal, r.account.name, &fresh);
    if (e == ERR_OK)
        e = password_hash(c->hasher, fresh, RESET_HASH_WAIT_MS, r.hash);
    if (e == ERR_OK)
        e = db_transact(c->db, reset_work, &r);
    if (e == ERR_LINK_EXPIRED)
        return ERR_RESET_EXPIRED;
    return e == ERR_LINK_INVALID || e == ERR_NOT_FOUND ? ERR_RESET_INVALID : e;
}
