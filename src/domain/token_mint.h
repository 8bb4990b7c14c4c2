/* SPDX-License-Identifier: MIT */
/* The pair of tokens a sign-in or refresh hands out. */
#ifndef GATEHOUSE_DOMAIN_TOKEN_MINT_H
#define GATEHOUSE_DOMAIN_TOKEN_MINT_H

#include "base/err.h"
#include "domain/refresh_token.h"
#include "domain/session.h"

/* What goes into a pair. */
struct token_mint {
    const struct store_session *row; /* its lineage is not looked at */
    struct str roles, groups;        /* blank-separated */
    int64_t account_version;
    const uint8_t *parent; /* generation the refresh token comes from */
    int64_t now_us;        /* the database's clock */
};

/* Makes both tokens; nothing is stored. ERR_UNAVAILABLE without a signer,
 * ERR_VALIDATION when the session's claims are not fit. */
enum err token_mint(struct ctx *c, const struct token_mint *m,
                    struct tokens *tokens_r, struct refresh_token *refresh_r);

#endif
