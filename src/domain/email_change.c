/* SPDX-License-Identifier: MIT */
/* Asking does the same work whether the address is free or not. Uniqueness is
 * decided by the table's key when the change is made. */
#include "domain/email_change.h"

#include <string.h>

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/address.h"
#include "domain/challenge.h"
#include "domain/event.h"
#include "domain/link.h"
#include "domain/throttle.h"
#include "domain/two_factor.h"
#include "store/store_person.h"

#define EMAIL_CHANGE_COOLDOWN "mail-change-email"
#define EMAIL_CHANGE_LIMIT 10 /* per account and hour: it mails strangers */
#define EMAIL_CHANGE_WINDOW_S 3600

/* One change, as its transactions need it. */
struct email_changing {
    struct ctx *c;
    struct store_account row;
    struct account account;
    struct str subject;
    struct str email; /* as typed, NFC */
    struct str normal;
    struct digest address;
    struct id owner; /* who has that address; nil: nobody */
    const struct challenge *ch;
};

static enum err email_change_owner(struct email_changing *x)
{
    struct ctx *c = x->c;
    struct store_account row;
    enum err e = store_account_by_email(c->db, c->arena, c->realm_id,
                                        x->address.b, &row);

    if (e == ERR_OK && !id_eq(&row.id, &x->row.id))
        x->owner = row.id;
    return e == ERR_NO_ROW ? ERR_OK : e;
}

static enum err email_change_open(struct email_changing *x, const struct id *id)
{
    enum err e = account_row(x->c, id, &x->row);

    if (e == ERR_OK)
        e = account_read(x->c, &x->row, &x->account);
    return e != ERR_OK ? e : account_subject(x->c, id, &x->subject);
}

static enum err email_change_address(struct email_changing *x, struct str email)
{
    struct ctx *c = x->c;
    enum err e = normal_email(c->arena, email, &x->normal);

    if (e == ERR_OK)
        e = normal_nfc(c->arena, str_trim(email), &x->email);
    if (e == ERR_OK)
        e = address_lookup(c, ACCOUNT_LOOKUP, x->normal, &x->address);
    return e;
}

/* A taken address gets a word to its owner instead of the link. */
static enum err email_change_ask_work(void *data)
{
    struct email_changing *x = data;
    struct ctx *c = x->c;
    struct link_letter letter = {.challenge = CHALLENGE_CHANGE_EMAIL,
                                 .page = LINK_VERIFY_EMAIL,
                                 .mail = MAIL_CHANGE_EMAIL,
                                 .ch = {.account_id = x->row.id,
                                        .address = x->address,
                                        .payload = x->email},
                                 .to = x->email,
                                 .name = x->account.name,
                                 .locale = x->account.locale,
                                 .lifetime_s = c->config->links_verify_lifetime,
                                 .unsent = !id_is_nil(&x->owner)};
    enum err e = link_send(c, &letter);

    if (e == ERR_OK && letter.unsent)
        e = mail_alert(c, MAIL_REGISTERED_KNOWN, &x->owner, NULL, 0);
    if (e != ERR_OK)
        return e;
    return event_record(c, EVENT_EMAIL_CHANGE_ASKED, x->subject, NULL,
                        (struct str){NULL, 0});
}

/* A guest who became a user chose a password before there was an address: with
 * the address comes what every new account has. */
static bool email_change_factor(const struct email_changing *x)
{
    return x->row.email_sealed.n == 0 && x->row.password_hash != NULL &&
           two_factor_email_default(x->c->config);
}

/* The alert goes first: afterwards the account's address is the new one. What
 * was mailed to the old one opens nothing from here on. */
static enum err email_change_rows(struct email_changing *x, bool verified)
{
    struct ctx *c = x->c;
    const struct mail_value values[] = {{"email", x->email}};
    struct store_address address = {.verified = verified,
                                    .factor = email_change_factor(x)};
    bool done = false;

    memcpy(address.hash, x->address.b, STORE_HASH_LEN);
    enum err e =
        account_seal(c, &x->row.id, ACCOUNT_EMAIL, x->email, &address.sealed);

    if (e == ERR_OK)
        e = mail_alert(c, MAIL_EMAIL_CHANGED, &x->row.id, values, 1);
    if (e == ERR_OK)
        e = store_person_email(c->db, &x->row.id, &address, &done);
    if (e == ERR_OK && !done)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_RESET, &x->row.id);
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_VERIFY_EMAIL, &x->row.id);
    if (e != ERR_OK)
        return e;
    return event_record(c, EVENT_EMAIL_CHANGED, x->subject, NULL,
                        (struct str){NULL, 0});
}

/* Without mail nobody can prove an address, so this one is not verified. */
static enum err email_change_now_work(void *data)
{
    return email_change_rows(data, false);
}

static enum err email_change_confirm_work(void *data)
{
    struct email_changing *x = data;
    enum err e = challenge_use(x->c, CHALLENGE_CHANGE_EMAIL, &x->ch->id);

    return e != ERR_OK ? e : email_change_rows(x, true);
}

enum err email_change(struct ctx *c, const struct id *id, struct str email,
                      bool *pending_r, int64_t *cooldown_s_r)
{
    const bool mail = mail_enabled(c->config, STORE_CHANNEL_MAIL);
    struct email_changing x = {.c = c};
    enum err e = email_change_open(&x, id);

    if (e == ERR_OK)
        e = email_change_address(&x, email);
    if (e == ERR_OK)
        e = throttle_limit(c, "email-change", x.subject, EMAIL_CHANGE_LIMIT,
                           EMAIL_CHANGE_WINDOW_S);
    if (e == ERR_OK && mail)
        e = throttle_cooldown(c, EMAIL_CHANGE_COOLDOWN, x.normal);
    if (e == ERR_OK)
        e = email_change_owner(&x);
    if (e == ERR_OK)
        e = db_transact(
            c->db, mail ? email_change_ask_work : email_change_now_work, &x);
    if (e == ERR_DUPLICATE_ROW)
        e = ERR_EMAIL_TAKEN;
    if (e != ERR_OK)
        return e;
    *pending_r = mail;
    *cooldown_s_r = mail ? c->config->mail_cooldown : 0;
    return ERR_OK;
}

enum err email_change_confirm(struct ctx *c, struct str token,
                              struct account *account_r)
{
    struct email_changing x = {.c = c};
    struct challenge ch;
    enum err e = challenge_link_open(c, CHALLENGE_CHANGE_EMAIL, token, &ch);

    x.ch = &ch;
    if (e == ERR_OK)
        e = email_change_open(&x, &ch.account_id);
    if (e == ERR_OK)
        e = email_change_address(&x, ch.payload);
    if (e == ERR_OK)
        e = db_transact(c->db, email_change_confirm_work, &x);
    if (e == ERR_LINK_INVALID || e == ERR_NOT_FOUND)
        return ERR_VERIFICATION_INVALID;
    if (e == ERR_LINK_EXPIRED)
        return ERR_VERIFICATION_EXPIRED;
    if (e == ERR_DUPLICATE_ROW)
        return ERR_EMAIL_TAKEN;
    if (e == ERR_OK)
        e = account_row(c, &ch.account_id, &x.row);
    return e != ERR_OK ? e : account_read(c, &x.row, account_r);
}
