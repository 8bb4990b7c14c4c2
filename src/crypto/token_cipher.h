/* SPDX-License-Identifier: MIT */
/* The encryption of the refresh tokens of applications: AES-256-GCM under a key
 * that is derived anew for each token from one long text. */
#ifndef GATEHOUSE_CRYPTO_TOKEN_CIPHER_H
#define GATEHOUSE_CRYPTO_TOKEN_CIPHER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Bytes an encrypted text has more than its content: IV and tag. */
#define TOKEN_CIPHER_OVERHEAD (12 + 16)

/* Encrypts content: IV, ciphertext, tag, in the arena. ERR_NO_RANDOM,
 * ERR_NO_MEMORY, ERR_INTERNAL. */
enum err token_cipher_make(struct arena *a, struct str secret,
                           struct str content, struct str *made_r);

/* The reverse. ERR_VALIDATION when it is not what secret made. */
enum err token_cipher_open(struct arena *a, struct str secret, struct str made,
                           struct str *content_r);

#endif
