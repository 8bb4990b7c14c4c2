/* SPDX-License-Identifier: MIT */
/* Addresses that codes go to, in the forms that are compared and kept. */
#include "domain/otp_address.h"

#include "base/buf.h"
#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/address.h"
#include "domain/phone.h"

#define OTP_CODE_LOOKUP "otp"

static enum err otp_normal(struct ctx *c, const struct otp_address *address,
                           struct otp_target *t)
{
    enum err e;

    if (address->channel == STORE_CHANNEL_SMS) {
        e = phone_normal(c->arena, address->text, &t->normal);
        t->text = t->normal;
        return e;
    }
    e = normal_email(c->arena, address->text, &t->normal);
    return e != ERR_OK
               ? e
               : normal_nfc(c->arena, str_trim(address->text), &t->text);
}

enum err otp_target(struct ctx *c, const struct otp_address *address,
                    struct otp_target *target_r)
{
    const bool sms = address->channel == STORE_CHANNEL_SMS;
    struct otp_target t = {.channel = address->channel};
    enum err e = otp_normal(c, address, &t);

    if (e == ERR_OK)
        e = address_lookup(c, sms ? PHONE_LOOKUP : ACCOUNT_LOOKUP, t.normal,
                           &t.account);
    if (e == ERR_OK)
        e = address_lookup(c, OTP_CODE_LOOKUP, t.normal, &t.code);
    if (e == ERR_OK)
        *target_r = t;
    return e;
}

enum err otp_target_put(struct ctx *c, const struct otp_target *target,
                        struct str *payload_r)
{
    struct buf b = buf_new(c->arena);

    buf_char(&b, target->channel == STORE_CHANNEL_SMS ? 's' : 'm');
    buf_str(&b, target->text);
    return buf_done(&b, payload_r);
}

enum err otp_target_get(struct ctx *c, struct str payload,
                        struct otp_target *target_r)
{
    struct otp_address address;

    if (payload.n < 2)
        return ERR_INTERNAL;
    address.channel =
        payload.p[0] == 's' ? STORE_CHANNEL_SMS : STORE_CHANNEL_MAIL;
    address.text = (struct str){payload.p + 1, payload.n - 1};
    return otp_target(c, &address, target_r);
}

enum err otp_target_account(struct ctx *c, const struct otp_target *target,
                            struct store_account *row_r)
{
    if (target->channel == STORE_CHANNEL_SMS)
        return store_account_by_phone(c->db, c->arena, c->realm_id,
                                      target->account.b, row_r);
    return store_account_by_email(c->db, c->arena, c->realm_id,
                                  target->account.b, row_r);
}
