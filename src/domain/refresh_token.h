/* SPDX-License-Identifier: MIT */
/* The refresh token's text: opaque, sealed, 256 random bits inside. */
#ifndef GATEHOUSE_DOMAIN_REFRESH_TOKEN_H
#define GATEHOUSE_DOMAIN_REFRESH_TOKEN_H

#include "base/err.h"
#include "base/str.h"
#include "domain/ctx.h"
#include "domain/lineage.h"

/* An opened refresh token. */
struct refresh_token {
    struct id session_id;
    struct lineage_token lineage;
    struct digest hash; /* SHA-256 of its text; its hash is lineage.key */
};

/* Makes a token for a session; parent zero for the first. ERR_NO_RANDOM,
 * ERR_NO_MEMORY. */
enum err refresh_token_make(struct ctx *c, const struct id *session_id,
                            const uint8_t parent[STORE_HASH_LEN],
                            int64_t issued_us, struct str *text_r,
                            struct refresh_token *token_r);

/* Opens a presented text; ERR_REFRESH_TOKEN_INVALID for anything not ours. */
enum err refresh_token_open(struct ctx *c, struct str text,
                            struct refresh_token *token_r);

#endif
