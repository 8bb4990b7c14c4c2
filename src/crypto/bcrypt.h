/* SPDX-License-Identifier: MIT */
/* bcrypt, as other programs have left it and as they can read it. */
#ifndef GATEHOUSE_CRYPTO_BCRYPT_H
#define GATEHOUSE_CRYPTO_BCRYPT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

#define BCRYPT_LEN 60          /* characters of a hash */
#define BCRYPT_PASSWORD_MAX 72 /* bytes of a password that count */
#define BCRYPT_COST_MIN 4
#define BCRYPT_COST_MAX 20 /* a minute's work; more is no hash of anybody's */

/* Is text a hash: $2a$, $2b$ or $2y$, a cost that can be paid, 22 characters of
 * salt and 31 of hash? */
bool bcrypt_form(struct str text, unsigned *cost_r);

/* Hashes with a fresh salt. ERR_NO_RANDOM, ERR_NO_MEMORY, ERR_INTERNAL. */
enum err bcrypt_make(struct str password, unsigned cost,
                     char out[BCRYPT_LEN + 1]);

/* ERR_OK when password fits hash, of which bcrypt_form is true;
 * ERR_INVALID_CREDENTIALS. ERR_NO_MEMORY, ERR_INTERNAL. */
enum err bcrypt_check(struct str password, struct str hash);

#endif
