/* SPDX-License-Identifier: MIT */
/* A provider's tokens, kept for back ends where the operator asks for it. */
#ifndef GATEHOUSE_DOMAIN_IDENTITY_TOKENS_H
#define GATEHOUSE_DOMAIN_IDENTITY_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/provider.h"
#include "domain/ctx.h"
#include "store/store_identity.h"

#define IDENTITY_RENEW_AHEAD_S 60 /* renewed when less than that is left */

/* Tokens in hand. Texts in the arena. */
struct identity_tokens {
    struct str access, refresh, scope; /* the last two may be empty */
    int64_t end_us;                    /* 0: not told */
};

/* As one text for identity_person. */
enum err identity_tokens_pack(struct ctx *c, const struct identity_tokens *t,
                              struct str *packed_r);

/* Tokens of an account, and their row. */
struct identity_kept {
    struct identity_tokens tokens;
    struct store_identity row;
};

/* What is kept of an account's sign-in at p. ERR_NOT_FOUND: nothing, or no such
 * account. */
enum err identity_tokens_read(struct ctx *c, const struct id *account,
                              const struct config_provider *p,
                              struct identity_kept *kept_r);

/* Is it time to renew them? */
bool identity_tokens_due(const struct ctx *c, const struct identity_tokens *t);

/* Is the access token over? */
bool identity_tokens_over(const struct ctx *c, const struct identity_tokens *t);

/* May the caller ask the provider for new ones? Of several at once one may. */
enum err identity_tokens_claim(struct ctx *c, const struct identity_kept *kept,
                               bool *mine_r);

/* Keeps the new ones instead, unless others have come meanwhile. */
enum err identity_tokens_put(struct ctx *c, const struct identity_kept *kept,
                             const struct identity_tokens *fresh);

/* For identity.c: seals packed tokens for a row; too many are not kept (empty).
 */
enum err identity_tokens_seal(struct ctx *c, const uint8_t key[STORE_HASH_LEN],
                              struct str packed, struct str *sealed_r);

/* For identity.c: keeps those of a new sign-in. Who gets no new refresh token
 * keeps the old one. Part of the caller's transaction. */
enum err identity_tokens_renewed(struct ctx *c,
                                 const uint8_t key[STORE_HASH_LEN],
                                 struct str packed, int64_t end_us);

#endif
