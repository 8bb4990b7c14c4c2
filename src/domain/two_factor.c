/* SPDX-License-Identifier: MIT */
/* Which factors are on, and the form of an attempt. */
#include "domain/two_factor.h"

#include "base/buf.h"
#include "domain/mail.h"
#include "domain/sign_in.h"

bool two_factor_email_default(const struct config *config)
{
    return config->two_factor_email_default &&
           mail_enabled(config, STORE_CHANNEL_MAIL);
}

/* Also while mail is switched off: a factor that cannot be used just now is no
 * reason to do without it. */
unsigned two_factor_on(const struct store_account *row)
{
    return (row->has_totp ? SIGN_IN_TOTP : 0u) |
           (row->email_factor_us != 0 ? SIGN_IN_EMAIL_CODE : 0u);
}

enum store_factor two_factor_preferred(const struct store_account *row,
                                       unsigned wanted)
{
    const bool totp = (wanted & SIGN_IN_TOTP) != 0;
    const bool email = (wanted & SIGN_IN_EMAIL_CODE) != 0;

    if (totp && email)
        return row->preferred == STORE_FACTOR_EMAIL ? STORE_FACTOR_EMAIL
                                                    : STORE_FACTOR_TOTP;
    if (totp)
        return STORE_FACTOR_TOTP;
    return email ? STORE_FACTOR_EMAIL : STORE_FACTOR_NONE;
}

enum err two_factor_attempt_put(struct ctx *c,
                                const struct two_factor_attempt *attempt,
                                struct str *payload_r)
{
    struct buf b = buf_new(c->arena);
    uint64_t version = (uint64_t)attempt->version;

    buf_char(&b, (char)attempt->proved);
    buf_put(&b, attempt->device.b, sizeof(attempt->device.b));
    for (unsigned i = 0; i < 8; i++)
        buf_char(&b, (char)(uint8_t)(version >> (56 - 8 * i)));
    return buf_done(&b, payload_r);
}
