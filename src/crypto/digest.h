/* SPDX-License-Identifier: MIT */
/* SHA-256, SHA-512 and HMAC-SHA-256. */
#ifndef GATEHOUSE_CRYPTO_DIGEST_H
#define GATEHOUSE_CRYPTO_DIGEST_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define DIGEST_LEN 32
#define DIGEST_512_LEN 64

struct digest {
    uint8_t b[DIGEST_LEN];
};

/* SHA-256 of text. ERR_INTERNAL when the library fails. */
enum err digest_sha256(struct str text, struct digest *d_r);

/* SHA-512 of text. ERR_INTERNAL when the library fails. */
enum err digest_sha512(struct str text, uint8_t out[DIGEST_512_LEN]);

/* HMAC-SHA-256 (RFC 2104) of text under a key of key_n bytes. ERR_INTERNAL. */
enum err digest_hmac(const uint8_t *key, size_t key_n, struct str text,
                     struct digest *d_r);

#endif
