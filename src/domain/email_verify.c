/* SPDX-License-Identifier: MIT */
/* A link counts for the address it was sent to and no later one. Using it up
 * and its effect are one transaction. */
#include "domain/email_verify.h"

#include <string.h>

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/address.h"
#include "domain/challenge.h"
#include "domain/email_change.h"
#include "domain/event.h"
#include "domain/link.h"
#include "domain/mail.h"
#include "domain/throttle.h"
#include "store/store_person.h"

/* One confirmation, as its transaction needs it. */
struct email_verifying {
    struct ctx *c;
    const struct challenge *ch;
    struct str subject;
};

static enum err email_normal(struct ctx *c, const struct account *account,
                             struct str *normal_r)
{
    /* Without address: guests, and who came by telephone. */
    return account->email.n == 0
               ? ERR_NOT_FOUND
               : normal_email(c->arena, account->email, normal_r);
}

enum err email_verify_letter(struct ctx *c, const struct account *account)
{
    struct link_letter letter = {.challenge = CHALLENGE_VERIFY_EMAIL,
                                 .page = LINK_VERIFY_EMAIL,
                                 .mail = MAIL_VERIFY_EMAIL,
                                 .ch = {.account_id = account->id},
                                 .to = account->email,
                                 .name = account->name,
                                 .locale = account->locale,
                                 .lifetime_s =
                                     c->config->links_verify_lifetime};
    struct str normal;
    enum err e = email_normal(c, account, &normal);

    if (e == ERR_OK)
        e = address_lookup(c, ACCOUNT_LOOKUP, normal, &letter.ch.address);
    return e != ERR_OK ? e : link_send(c, &letter);
}

struct email_sending {
    struct ctx *c;
    const struct account *account;
};

static enum err email_verify_work(void *data)
{
    const struct email_sending *s = data;

    return email_verify_letter(s->c, s->account);
}

static enum err email_account(struct ctx *c, const struct id *id,
                              struct account *account_r, struct str *normal_r)
{
    struct store_account row;
    enum err e = account_row(c, id, &row);

    if (e == ERR_OK)
        e = account_read(c, &row, account_r);
    return e != ERR_OK ? e : email_normal(c, account_r, normal_r);
}

enum err email_verify_due(struct ctx *c, struct str normal, bool *send_r)
{
    enum err e = ERR_MAIL_COOLDOWN;

    if (mail_enabled(c->config, STORE_CHANNEL_MAIL)) {
        e = throttle_cooldown(c, EMAIL_VERIFY_COOLDOWN, normal);
        if (e == ERR_MAIL_COOLDOWN)
            c->retry_after_s = 0;
    }
    if (e != ERR_OK && e != ERR_MAIL_COOLDOWN)
        return e;
    *send_r = e == ERR_OK;
    return ERR_OK;
}

enum err email_verify_send(struct ctx *c, const struct id *id,
                           int64_t *cooldown_s_r)
{
    struct account account;
    struct str normal;
    enum err e = email_account(c, id, &account, &normal);

    if (e == ERR_OK && account.email_verified)
        e = ERR_EMAIL_VERIFIED;
    if (e == ERR_OK && !mail_enabled(c->config, STORE_CHANNEL_MAIL))
        e = ERR_MAIL_DISABLED;
    if (e == ERR_OK)
        e = throttle_cooldown(c, EMAIL_VERIFY_COOLDOWN, normal);
    if (e == ERR_OK)
        e = db_transact(c->db, email_verify_work,
                        &(struct email_sending){c, &account});
    if (e == ERR_OK)
        *cooldown_s_r = c->config->mail_cooldown;
    return e;
}

enum err email_verify_cooldown(struct ctx *c, const struct id *id,
                               int64_t *left_s_r)
{
    struct account account;
    struct str normal;
    enum err e = email_account(c, id, &account, &normal);

    return e != ERR_OK ? e
                       : throttle_cooldown_left(c, EMAIL_VERIFY_COOLDOWN,
                                                normal, left_s_r);
}

static enum err email_confirm_work(void *data)
{
    const struct email_verifying *v = data;
    struct ctx *c = v->c;
    bool done = false;
    enum err e = challenge_use(c, CHALLENGE_VERIFY_EMAIL, &v->ch->id);

    if (e == ERR_OK)
        e = store_person_verified(c->db, &v->ch->account_id, v->ch->address.b,
                                  &done);
    if (e == ERR_OK && !done)
        e = ERR_NOT_FOUND;
    if (e != ERR_OK)
        return e;
    return event_record(c, EVENT_EMAIL_VERIFIED, v->subject, NULL,
                        (struct str){NULL, 0});
}

/* Who opens the link a second time is told that it has worked. */
static enum err email_confirm(struct ctx *c, const struct challenge *ch,
                              const struct store_account *row)
{
    struct email_verifying v = {.c = c, .ch = ch};
    bool same = memcmp(row->email_hash, ch->address.b, STORE_HASH_LEN) == 0;

    if (same && row->email_verified_us != 0)
        return ERR_EMAIL_VERIFIED;
    if (!same || !row->active || ch->used)
        return ERR_VERIFICATION_INVALID;
    if (ch->expires_us <= clock_us(&c->clock))
        return ERR_VERIFICATION_EXPIRED;
    enum err e = account_subject(c, &row->id, &v.subject);

    return e != ERR_OK ? e : db_transact(c->db, email_confirm_work, &v);
}

/* The row a link is for. */
static enum err email_of(struct ctx *c, const struct challenge *ch,
                         struct store_account *row_r)
{
    enum err e = account_row(c, &ch->account_id, row_r);

    return e == ERR_NOT_FOUND ? ERR_VERIFICATION_INVALID : e;
}

/* By two parallel uses of one link the later finds what the first has done. */
enum err email_verify(struct ctx *c, struct str token,
                      struct account *account_r)
{
    struct store_account row;
    struct challenge ch;
    enum err e = challenge_link_find(c, CHALLENGE_VERIFY_EMAIL, token, &ch);

    if (e == ERR_LINK_INVALID)
        return email_change_confirm(c, token, account_r);
    if (e == ERR_OK)
        e = email_of(c, &ch, &row);
    if (e == ERR_OK)
        e = email_confirm(c, &ch, &row);
    if (e == ERR_NOT_FOUND)
        e = ERR_VERIFICATION_INVALID;
    if (e == ERR_OK)
        e = email_of(c, &ch, &row);
    return e != ERR_OK ? e : account_read(c, &row, account_r);
}
