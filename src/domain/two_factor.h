/* SPDX-License-Identifier: MIT */
/* Second factors: which are on, the attempts that wait for one, and what passes
 * them. Switching them on and off is in two_factor_change.h. */
#ifndef GATEHOUSE_DOMAIN_TWO_FACTOR_H
#define GATEHOUSE_DOMAIN_TWO_FACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/account.h"
#include "domain/ctx.h"
#include "domain/identity.h"
#include "store/store_account.h"
#include "store/store_factor.h"

/* What an attempt remembers of its first half. */
struct two_factor_attempt {
    unsigned proved;  /* SIGN_IN_* */
    struct id device; /* known device, or nil */
    int64_t version;  /* of the account: a later change ends the attempt */
    /* Issuer, subject and sid of who signed in at a provider; empty: nobody. */
    struct identity_person person;
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

/* What such a payload says. ERR_INTERNAL when it is none. */
enum err two_factor_attempt_get(struct str payload,
                                struct two_factor_attempt *attempt_r);

/* Whose session it is: a person with an address and a password.
 * ERR_USER_NOT_FOUND for a guest and for nobody with an account,
 * ERR_NO_PASSWORD. */
enum err two_factor_owner(struct ctx *c, const struct store_session *session,
                          struct account *account_r);

/* Calls each for the devices an account's owner trusts, newest first. */
enum err two_factor_trusted(struct ctx *c, const struct id *account,
                            enum err (*each)(void *data,
                                             const struct store_trust *t),
                            void *data);

/* Ends the trust of one. ERR_NOT_FOUND for an unknown and a foreign one. */
enum err two_factor_distrust(struct ctx *c, const struct id *account,
                             const struct id *device);

#endif
