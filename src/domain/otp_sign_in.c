/* SPDX-License-Identifier: MIT */
/* Using a code up, the account it makes or claims and the session are one
 * transaction. Tries count per code and, as at every sign-in, per account and
 * network. */
#include <string.h>

#include "domain/account_read.h"
#include "domain/challenge.h"
#include "domain/device.h"
#include "domain/event.h"
#include "domain/identity.h"
#include "domain/otp.h"
#include "domain/otp_address.h"
#include "domain/rights.h"
#include "domain/throttle.h"
#include "store/store_person.h"

/* One try, from the code to the session. */
struct otp_trying {
    struct ctx *c;
    struct challenge ch;
    struct otp_target target;
    struct id device;
    struct throttle_hold hold;
    struct store_account row;
    struct str subject;
    bool found;
    bool claim;      /* nobody had verified the address */
    int64_t version; /* of the row as it was read */
};

/* The code that is meant, whatever its state. */
static enum err otp_find(struct otp_trying *t, const struct otp_try *in)
{
    struct ctx *c = t->c;
    struct otp_target given;
    struct id id;
    enum err e = ERR_OK;

    if (in->to.text.p != NULL)
        e = otp_target(c, &in->to, &given);
    if (e == ERR_EMAIL_INVALID || e == ERR_OTP_PHONE)
        return ERR_OTP_UNKNOWN;
    if (e != ERR_OK)
        return e;
    if (in->id.p == NULL)
        e = challenge_find_address(c, CHALLENGE_SIGN_IN_CODE, &given.code,
                                   &t->ch);
    else
        e = id_parse(in->id, &id)
                ? challenge_find(c, CHALLENGE_SIGN_IN_CODE, &id, &t->ch)
                : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND ||
        (e == ERR_OK && (t->ch.used || (in->to.text.p != NULL &&
                                        memcmp(given.code.b, t->ch.address.b,
                                               DIGEST_LEN) != 0))))
        return ERR_OTP_UNKNOWN;
    return e != ERR_OK ? e : otp_target_get(c, t->ch.payload, &t->target);
}

/* Is it the code, and is it still good? The try counts before that is known. */
static enum err otp_judge(struct otp_trying *t, struct str code)
{
    struct ctx *c = t->c;
    const enum challenge_kind kind = CHALLENGE_SIGN_IN_CODE;
    enum err e = challenge_try(c, kind, &t->ch.id, &t->ch);

    if (e == ERR_OK)
        e = challenge_compare(c, kind, &t->ch.id, code);
    switch (e) {
    case ERR_NOT_FOUND:
        return ERR_OTP_UNKNOWN;
    case ERR_CODE_EXPIRED:
        return ERR_OTP_EXPIRED;
    case ERR_CODE_TRIES:
        return ERR_OTP_TRIES;
    case ERR_CODE_WRONG:
        return ERR_OTP_WRONG;
    default:
        return e;
    }
}

/* The row of an account that is not there yet. */
static enum err otp_new_row(struct otp_trying *t)
{
    struct ctx *c = t->c;
    struct store_account *row = &t->row;
    const bool sms = t->target.channel == STORE_CHANNEL_SMS;
    enum err e;

    *row = (struct store_account){.realm_id = c->realm_id,
                                  .active = true,
                                  .version = 1,
                                  .created_us = clock_us(&c->clock),
                                  .roles = STR(RIGHTS_USER)};
    e = id_new(row->created_us, &row->id);
    if (e != ERR_OK)
        return e;
    if (sms)
        return account_seal(c, &row->id, ACCOUNT_PHONE, t->target.text,
                            &row->phone_sealed);
    memcpy(row->email_hash, t->target.account.b, STORE_HASH_LEN);
    row->email_verified_us = row->created_us;
    return account_seal(c, &row->id, ACCOUNT_EMAIL, t->target.text,
                        &row->email_sealed);
}

/* The account the code is for. One nobody had verified may have been made by a
 * stranger who waits with a password of his own. */
static enum err otp_account(struct otp_trying *t)
{
    struct ctx *c = t->c;
    enum err e = otp_target_account(c, &t->target, &t->row);

    t->found = e == ERR_OK;
    if (e == ERR_NO_ROW)
        e = c->config->otp_register ? otp_new_row(t) : ERR_OTP_WRONG;
    if (e != ERR_OK)
        return e;
    if (!t->row.active)
        return ERR_OTP_WRONG;
    t->version = t->row.version;
    if (t->found && t->target.channel == STORE_CHANNEL_MAIL &&
        t->row.email_verified_us == 0) {
        t->claim = true;
        t->row.version++;
        t->row.email_verified_us = clock_us(&c->clock);
        if (t->row.password_hash != NULL)
            t->row.reset_required_us = t->row.email_verified_us;
    }
    return account_subject(c, &t->row.id, &t->subject);
}

static enum err otp_make_rows(struct otp_trying *t)
{
    struct ctx *c = t->c;
    const struct id *id = &t->row.id;
    struct store_address phone = {.sealed = t->row.phone_sealed};
    bool done;
    enum err e = store_account_insert(c->db, &t->row);

    if (e == ERR_OK)
        e = store_account_role_add(c->db, id, STR(RIGHTS_USER));
    memcpy(phone.hash, t->target.account.b, STORE_HASH_LEN);
    if (e == ERR_OK && phone.sealed.n > 0)
        e = store_person_phone(c->db, id, &phone);
    else if (e == ERR_OK)
        e = store_person_verified(c->db, id, phone.hash, &done);
    return e != ERR_OK ? e
                       : event_record(c, EVENT_REGISTERED, t->subject, NULL,
                                      (struct str){NULL, 0});
}

static enum err otp_claim_rows(struct otp_trying *t)
{
    struct ctx *c = t->c;
    uint64_t ended;
    bool done = false;
    enum err e = store_person_claim(c->db, &t->row.id, t->version, &done);

    /* Changed meanwhile: come again. */
    if (e == ERR_OK && !done)
        e = ERR_UNAVAILABLE;
    if (e == ERR_OK)
        e = store_session_revoke_all(c->db, c->realm_id, t->subject,
                                     &(struct id){{0}}, "claimed", &ended);
    if (e == ERR_OK)
        e = identity_forget(c, &t->row.id);
    return e != ERR_OK ? e
                       : event_record(c, EVENT_EMAIL_VERIFIED, t->subject, NULL,
                                      (struct str){NULL, 0});
}

static enum err otp_with(void *data)
{
    struct otp_trying *t = data;
    enum err e = challenge_use(t->c, CHALLENGE_SIGN_IN_CODE, &t->ch.id);

    if (e == ERR_NOT_FOUND)
        return ERR_OTP_UNKNOWN;
    if (e == ERR_OK && !t->found)
        e = otp_make_rows(t);
    else if (e == ERR_OK && t->claim)
        e = otp_claim_rows(t);
    /* Somebody has registered the address this moment: come again. */
    return e == ERR_DUPLICATE_ROW ? ERR_UNAVAILABLE : e;
}

static enum err otp_finish(struct otp_trying *t, const struct otp_try *in,
                           struct signed_in *in_r)
{
    const struct sign_in s = {.row = &t->row,
                              .normal = t->target.normal,
                              .proved = t->target.channel == STORE_CHANNEL_SMS
                                            ? SIGN_IN_SMS_CODE
                                            : SIGN_IN_EMAIL_CODE,
                              .device = t->device,
                              .present_refresh = in->present_refresh,
                              .hold = &t->hold,
                              .with = otp_with,
                              .with_data = t};
    enum err e = otp_judge(t, in->code);

    if (e == ERR_OK)
        e = otp_account(t);
    return e != ERR_OK ? e : sign_in_finish(t->c, &s, in_r);
}

/* What was a guess, or may have been one, has cost its try. */
static bool otp_guess(enum err e)
{
    return e == ERR_OTP_WRONG || e == ERR_OTP_TRIES;
}

enum err otp_sign_in(struct ctx *c, const struct otp_try *in,
                     struct signed_in *in_r, bool *new_r)
{
    struct otp_trying t = {.c = c};
    struct signed_in out;
    enum err e = c->config->otp_enabled ? ERR_OK : ERR_NOT_FOUND;

    if (e == ERR_OK &&
        (in->code.n == 0 || (in->id.p == NULL && in->to.text.p == NULL)))
        e = ERR_OTP_DATA;
    if (e == ERR_OK)
        e = otp_find(&t, in);
    if (e == ERR_OK)
        e = device_known(c, t.target.normal, &t.device);
    if (e == ERR_OK)
        e = throttle_login(c, t.target.normal, &t.device, &t.hold);
    if (e != ERR_OK)
        return e;
    e = otp_finish(&t, in, &out);
    if (otp_guess(e))
        (void)event_record(c, EVENT_SIGN_IN_FAILED, t.subject, NULL,
                           (struct str){NULL, 0});
    else if (e != ERR_OK)
        throttle_return(c, &t.hold);
    if (e != ERR_OK)
        return e;
    *new_r = !t.found || t.row.name_sealed.n == 0;
    *in_r = out;
    return ERR_OK;
}
