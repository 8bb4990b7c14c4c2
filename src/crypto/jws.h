/* SPDX-License-Identifier: MIT */
/* Signed texts in the compact form (RFC 7515 section 7.1): taken apart, and
 * made with a key from a PEM file. What they say is the caller's business. */
#ifndef GATEHOUSE_CRYPTO_JWS_H
#define GATEHOUSE_CRYPTO_JWS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/keys.h"

/* The decoded parts, and header.payload as it came. */
struct jws {
    struct str header, payload, signature;
    struct str signed_text;
};

/* Exactly three parts of strict base64url, none empty, max bytes together.
 * Nothing is verified. ERR_VALIDATION, ERR_NO_MEMORY. */
enum err jws_split(struct arena *a, struct str token, size_t max,
                   struct jws *j_r);

/* Signs payload (JSON) with the private key in pem, whose kind decides the
 * algorithm: P-256 ES256, RSA of 2048 to 8192 bits RS256. kid may be empty.
 * ERR_VALIDATION: no such key, or one with a password; ERR_NO_MEMORY,
 * ERR_INTERNAL. */
enum err jws_sign(struct arena *a, struct str pem, struct str kid,
                  struct str payload, struct str *token_r);

/* Signs header and payload (JSON) with k. Not for HS256. ERR_NO_MEMORY,
 * ERR_INTERNAL. */
enum err jws_by(struct arena *a, const struct key *k, struct str header,
                struct str payload, struct str *token_r);

#endif
