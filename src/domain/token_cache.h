/* SPDX-License-Identifier: MIT */
/* Access tokens this worker has judged already: claims of the verified, and for
 * a second the refusals. It never answers for revocation. */
#ifndef GATEHOUSE_DOMAIN_TOKEN_CACHE_H
#define GATEHOUSE_DOMAIN_TOKEN_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/jwt.h"

struct token_cache; /* slots and their texts, per worker */

/* A cache of at most `entries` tokens (0: remembers nothing). ERR_NO_MEMORY. */
enum err token_cache_new(size_t entries, struct token_cache **c_r);

/* Frees and NULLs *c; safe on NULL. */
void token_cache_free(struct token_cache **c);

/* The claims of a token verified before under this key generation and not past
 * exp at now_s; copied into a. */
bool token_cache_get(struct token_cache *c, const struct digest *token,
                     int64_t generation, int64_t now_s, struct arena *a,
                     struct jwt_claims *claims_r);

/* Remembers verified claims; a full slot is overwritten. Too large ones are
 * not kept. */
void token_cache_put(struct token_cache *c, const struct digest *token,
                     int64_t generation, const struct jwt_claims *claims);

/* Why a token was refused under this key generation in this very second;
 * ERR_OK: not remembered. */
enum err token_cache_refused(const struct token_cache *c,
                             const struct digest *token, int64_t generation,
                             int64_t now_s);

/* Remembers the verdict on a token for the rest of the second now_s. */
void token_cache_refuse(struct token_cache *c, const struct digest *token,
                        int64_t generation, int64_t now_s, enum err verdict);

#endif
