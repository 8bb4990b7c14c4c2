/* SPDX-License-Identifier: MIT */
/* The PHC string of an Argon2 hash:
 * $argon2id$v=19$m=19456,t=2,p=1$salt$hash */
#ifndef GATEHOUSE_CRYPTO_PHC_H
#define GATEHOUSE_CRYPTO_PHC_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "crypto/password.h"

#define PHC_SALT_MAX 32
#define PHC_HASH_MAX 64

#define PHC_LANES_MAX 16

/* Which Argon2; only PHC_ID is written. */
enum phc_kind { PHC_ID, PHC_I, PHC_D };

struct phc {
    struct password_params params;
    uint8_t salt[PHC_SALT_MAX];
    uint8_t hash[PHC_HASH_MAX];
    size_t salt_n, hash_n;
    enum phc_kind kind;
    uint32_t lanes; /* 0: one */
};

/* Reads the exact form: Argon2id, one lane, 8 to 32 bytes of salt, 16 to 64 of
 * hash, at most 4 GiB and 1000 passes. ERR_VALIDATION on anything else. */
enum err phc_parse(struct str text, struct phc *phc_r);

/* Reads what other programs have made, too: each Argon2, up to PHC_LANES_MAX
 * lanes. ERR_VALIDATION. */
enum err phc_parse_foreign(struct str text, struct phc *phc_r);

/* Writes it with a NUL. ERR_INTERNAL when it does not fit. */
enum err phc_write(const struct phc *phc, char out[PASSWORD_HASH_MAX]);

#endif
