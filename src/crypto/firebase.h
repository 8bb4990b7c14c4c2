/* SPDX-License-Identifier: MIT */
/* The scrypt of Firebase's exports: what it derives from a password encrypts
 * the project's signer key, and the result is the hash. Read only. */
#ifndef GATEHOUSE_CRYPTO_FIREBASE_H
#define GATEHOUSE_CRYPTO_FIREBASE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* Is text a hash, "$f_scrypt$hash$salt$m=14$r=8$s=separator" in base64 with
 * memory (a power of two) and rounds that can be paid? */
bool firebase_form(struct str text);

/* ERR_OK when password fits hash under the project's signer key (base64);
 * ERR_INVALID_CREDENTIALS, also without a key. ERR_NO_MEMORY, ERR_INTERNAL. */
enum err firebase_check(struct str password, struct str hash,
                        struct str signer_key);

#endif
