/* SPDX-License-Identifier: MIT */
/* The handlers of second factors and of fresh proof. */
#ifndef GATEHOUSE_API_API_TWO_FACTOR_H
#define GATEHOUSE_API_API_TWO_FACTOR_H

#include "api/call.h"
#include "base/err.h"

/* POST /api/auth/2fa/login */
enum err api_two_factor_login(struct call *c);
/* POST /api/auth/2fa/step-up */
enum err api_two_factor_step_up(struct call *c);
/* POST /api/auth/step-up */
enum err api_step_up(struct call *c);
/* POST /api/auth/2fa/totp/recover and alias */
enum err api_two_factor_recover(struct call *c);

/* GET /api/auth/2fa/totp/setup and alias */
enum err api_two_factor_totp_begin(struct call *c);
/* POST /api/auth/2fa/totp/setup and alias */
enum err api_two_factor_totp_enable(struct call *c);
/* DELETE /api/auth/2fa/totp */
enum err api_two_factor_totp_disable(struct call *c);
/* POST /api/auth/2fa/recovery-codes */
enum err api_two_factor_renew(struct call *c);

/* POST /api/auth/2fa/email/send */
enum err api_two_factor_email_send(struct call *c);
/* GET /api/auth/2fa/email/cooldown */
enum err api_two_factor_email_cooldown(struct call *c);
/* POST /api/auth/2fa/email/enable */
enum err api_two_factor_email_enable(struct call *c);
/* DELETE /api/auth/2fa/email */
enum err api_two_factor_email_disable(struct call *c);
/* POST /api/auth/2fa/preferred-method */
enum err api_two_factor_prefer(struct call *c);

/* GET /api/users/me/trusted-devices */
enum err api_two_factor_trusted(struct call *c);
/* DELETE /api/users/me/trusted-devices/{id} */
enum err api_two_factor_distrust(struct call *c);

/* What the two-factor token of a request, if any, still waits for: *wanted_r
 * SIGN_IN_* and which to ask for first; 0 when there is none or it is over. */
enum err api_two_factor_pending(struct call *c, unsigned *wanted_r,
                                enum store_factor *preferred_r);

#endif
