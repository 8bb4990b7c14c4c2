/* SPDX-License-Identifier: MIT */
/* The TOTP secret of an account: sealed at rest and in its set-up token. */
#ifndef GATEHOUSE_DOMAIN_TWO_FACTOR_TOTP_H
#define GATEHOUSE_DOMAIN_TWO_FACTOR_TOTP_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/totp.h"
#include "domain/account.h"
#include "domain/ctx.h"
#include "domain/two_factor_recovery.h"

#define TWO_FACTOR_SETUP_LIFETIME_S 900

/* An enrolment under way. Texts in the arena. */
struct two_factor_setup {
    struct str secret; /* base32 */
    struct str url;    /* otpauth:// */
    struct str codes[TWO_FACTOR_RECOVERY_CODES];
    struct str token; /* holds all of it, and nothing is stored */
};

/* Begins one: all new at every call. */
enum err two_factor_setup_make(struct ctx *c, const struct account *account,
                               struct two_factor_setup *setup_r);

/* What a set-up token holds. */
struct two_factor_enrolment {
    uint8_t secret[TOTP_SECRET_LEN];
    uint8_t codes[TWO_FACTOR_RECOVERY_CODES][STORE_HASH_LEN]; /* hashes */
};

/* Opens a set-up token of that account. ERR_TOTP_SETUP_INVALID,
 * ERR_TOTP_SETUP_EXPIRED. */
enum err two_factor_setup_open(struct ctx *c, const struct id *account,
                               struct str token,
                               struct two_factor_enrolment *enrolment_r);

/* Seals a secret for the account's row. */
enum err two_factor_totp_seal(struct ctx *c, const struct id *account,
                              const uint8_t secret[TOTP_SECRET_LEN],
                              struct str *sealed_r);

/* The step whose code text is, by the account's secret; nothing is used up.
 * ERR_CODE_WRONG. */
enum err two_factor_totp_compare(struct ctx *c, const struct id *account,
                                 struct str text, int64_t *step_r);

#endif
