/* SPDX-License-Identifier: MIT */
/* Recovery codes: 120 random bits each, so that a keyed hash keeps them. */
#ifndef GATEHOUSE_DOMAIN_TWO_FACTOR_RECOVERY_H
#define GATEHOUSE_DOMAIN_TWO_FACTOR_RECOVERY_H

#include "base/err.h"
#include "crypto/digest.h"
#include "domain/ctx.h"
#include "store/store_session.h"

#define TWO_FACTOR_RECOVERY_CODES 10

/* Makes a set of codes for an account, as people write them (Crockford's
 * base32, groups of four), and their hashes. ERR_NO_RANDOM. */
enum err two_factor_recovery_make(struct ctx *c, const struct id *account,
                                  struct str codes_r[TWO_FACTOR_RECOVERY_CODES],
                                  uint8_t hashes_r[][STORE_HASH_LEN]);

/* The hash of a code as typed: case, blanks, hyphens and look-alike letters do
 * not matter. ERR_RECOVERY_CODE_WRONG for what can be none. */
enum err two_factor_recovery_hash(struct ctx *c, const struct id *account,
                                  struct str typed, struct digest *hash_r);

/* Replaces an account's codes by these. Part of the caller's transaction. */
enum err two_factor_recovery_put(struct ctx *c, const struct id *account,
                                 uint8_t hashes[][STORE_HASH_LEN]);

#endif
