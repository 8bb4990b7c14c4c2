/* SPDX-License-Identifier: MIT */
/* Codes by mail as a second factor. A code belongs to the attempt, or session,
 * that asked for it, and is found by nothing else. */
#ifndef GATEHOUSE_DOMAIN_TWO_FACTOR_CODE_H
#define GATEHOUSE_DOMAIN_TWO_FACTOR_CODE_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/account.h"
#include "domain/challenge.h"
#include "domain/ctx.h"

/* May a code be sent unasked, as part of a new attempt? Not when mail is off,
 * there is no address, or the account had its share of codes: then *send_r is
 * false, and an older code stays good. */
enum err two_factor_code_automatic(struct ctx *c, const struct account *account,
                                   bool *send_r);

/* May one be asked for? Begins the cooldown. ERR_MAIL_DISABLED,
 * ERR_MAIL_COOLDOWN or ERR_TOO_MANY_REQUESTS with c->retry_after_s. */
enum err two_factor_code_allowed(struct ctx *c, const struct account *account);

/* Puts a new code for binding into the outbox; the account's older ones are
 * void. Part of the caller's transaction. */
enum err two_factor_code_send(struct ctx *c, const struct account *account,
                              const struct id *binding);

/* Seconds until the next may be asked for; 0: now. */
enum err two_factor_code_cooldown(struct ctx *c, const struct account *account,
                                  int64_t *left_s_r);

/* Is text the code that binding asked for? Takes one of the code's tries;
 * *code_r, for challenge_use. ERR_CODE_WRONG, ERR_CODE_EXPIRED,
 * ERR_CODE_TRIES. */
enum err two_factor_code_compare(struct ctx *c, const struct id *binding,
                                 struct str text, struct id *code_r);

#endif
