/* SPDX-License-Identifier: MIT */
/* Sign-in by a code that was mailed or texted: whoever reads the mailbox or the
 * telephone is let in. */
#ifndef GATEHOUSE_DOMAIN_OTP_H
#define GATEHOUSE_DOMAIN_OTP_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "domain/sign_in.h"
#include "store/store_outbox.h"

/* Where a code goes: an e-mail address or a telephone number, as typed. */
struct otp_address {
    enum store_channel channel;
    struct str text; /* {NULL, 0}: not given */
};

/* Sends a code; *id_r names it. The same answer whether there is an account or
 * not, and older codes to that address die. ERR_NOT_FOUND when there is no
 * sign-in by code here, ERR_EMAIL_INVALID, ERR_OTP_PHONE, ERR_OTP_NOT_SENT when
 * nothing leaves that way, ERR_MAIL_COOLDOWN, ERR_TOO_MANY_REQUESTS. */
enum err otp_send(struct ctx *c, const struct otp_address *to, struct id *id_r);

/* A code that comes back. */
struct otp_try {
    struct str id; /* text of what otp_send gave, or {NULL, 0}: the newest */
    struct otp_address to; /* must be the code's, if it is given */
    struct str code;
    struct str present_refresh; /* refresh token the browser holds, or empty */
};

/* Uses a code up and signs its address's owner in, as sign_in_finish; an
 * unknown address gets an account if otp.register says so. *new_r: it has, or
 * the account has no name yet. Who is first to prove an address that nobody had
 * verified owns it: the password that was chosen with it must be reset and the
 * sessions end. ERR_OTP_DATA, ERR_OTP_UNKNOWN (also used or replaced),
 * ERR_OTP_EXPIRED, ERR_OTP_WRONG, ERR_OTP_TRIES, ERR_TOO_MANY_REQUESTS. */
enum err otp_sign_in(struct ctx *c, const struct otp_try *t,
                     struct signed_in *in_r, bool *new_r);

#endif
