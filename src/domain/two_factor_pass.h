/* SPDX-License-Identifier: MIT */
/* Passing a second factor: attempts, their tries, and what ends them. */
#ifndef GATEHOUSE_DOMAIN_TWO_FACTOR_PASS_H
#define GATEHOUSE_DOMAIN_TWO_FACTOR_PASS_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/account.h"
#include "domain/challenge.h"
#include "domain/ctx.h"
#include "domain/sign_in.h"
#include "domain/two_factor.h"

/* What somebody sends to pass; {NULL, 0} what was not sent. */
struct two_factor_proof {
    struct str totp, email, password, recovery;
    bool trust; /* this device needs none from now on */
};

/* An attempt that is open, and whose it is. */
struct two_factor_open {
    enum challenge_kind kind; /* CHALLENGE_SIGN_IN or CHALLENGE_STEP_UP */
    struct challenge attempt;
    struct two_factor_attempt half; /* what was proved before */
    struct store_account row;
    unsigned wanted; /* SIGN_IN_*: any one of these would do */
};

/* The open attempt of that id and kind. ERR_TWO_FACTOR_TOKEN_INVALID when it is
 * used up, another's kind, or its account has changed since,
 * ERR_TWO_FACTOR_TOKEN_EXPIRED, ERR_CODE_TRIES. */
enum err two_factor_open(struct ctx *c, enum challenge_kind kind,
                         const struct id *id, struct two_factor_open *open_r);

/* The same of either kind. */
enum err two_factor_open_any(struct ctx *c, const struct id *id,
                             struct two_factor_open *open_r);

/* Passes a sign-in: the attempt, the code and the session are one transaction.
 * As two_factor_open; ERR_CODE_MISSING when nothing that would do was sent (no
 * try is taken), ERR_CODE_WRONG, ERR_CODE_EXPIRED, ERR_CODE_TRIES,
 * ERR_RECOVERY_CODE_WRONG, ERR_FACTOR_NO_TOTP, ERR_TOO_MANY_REQUESTS with
 * c->retry_after_s, and as sign_in_finish. */
enum err two_factor_sign_in(struct ctx *c, const struct id *attempt,
                            const struct two_factor_proof *proof,
                            struct str present_refresh, struct signed_in *in_r);

/* Passes a step-up of that session; token_r is the step-up token. As above;
 * ERR_TWO_FACTOR_TOKEN_INVALID also for another session's attempt. */
enum err two_factor_step_up(struct ctx *c, const struct id *attempt,
                            const struct store_session *session,
                            const struct two_factor_proof *proof,
                            struct str *token_r);

/* Mails a code: for that attempt, or (attempt nil) for the session, which may
 * switch codes by mail on with it. cooldown_r: seconds until the next may be
 * asked for. As two_factor_open and two_factor_owner; ERR_FACTOR_OFF when a
 * code would not pass the attempt, ERR_MAIL_DISABLED, ERR_MAIL_COOLDOWN or
 * ERR_TOO_MANY_REQUESTS with c->retry_after_s. */
enum err two_factor_mail(struct ctx *c, const struct id *attempt,
                         const struct store_session *session,
                         int64_t *cooldown_r);

/* How long that is at present; 0: no longer. */
enum err two_factor_mail_left(struct ctx *c, const struct id *attempt,
                              const struct store_session *session,
                              int64_t *left_r);

#endif
