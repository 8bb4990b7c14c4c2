/* SPDX-License-Identifier: MIT */
/* Second factors: which are on, the attempts that wait for one, and what passes
 * them. Switching them on and off is in two_factor_change.h. */
#ifndef GATEHOUSE_DOMAIN_TWO_FACTOR_H
#define GATEHOUSE_DOMAIN_TWO_FACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "store/store_account.h"

/* What an attempt remembers of its first half. */
struct two_factor_attempt {
    unsigned proved;  /* SIGN_IN_* */
    struct id device; /* known device, or nil */
    int64_t version;  /* of the account: a later change ends the attempt */
};

/* Is codes by mail a factor of new accounts? */
bool two_factor_email_default(const struct config *config);

/* The factors that are on: SIGN_IN_TOTP, SIGN_IN_EMAIL_CODE. */
unsigned two_factor_on(const struct store_account *row);

/* Which of the wanted ones (SIGN_IN_*) to ask for first: the preferred one if
 * it is among them. STORE_FACTOR_NONE when none of the two is. */
enum store_factor two_factor_preferred(const struct store_account *row,
                                       unsigned wanted);

/* The payload of an attempt's challenge. */
enum err two_factor_attempt_put(struct ctx *c,
                                const struct two_factor_attempt *attempt,
                                struct str *payload_r);

#endif
