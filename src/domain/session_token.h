/* SPDX-License-Identifier: MIT */
/* The session token: names a browser before there is a session, and keeps what
 * it says of itself over the way to a provider and back. */
#ifndef GATEHOUSE_DOMAIN_SESSION_TOKEN_H
#define GATEHOUSE_DOMAIN_SESSION_TOKEN_H

#include "base/err.h"
#include "domain/ctx.h"

#define SESSION_TOKEN_NAME_MAX 64 /* bytes of browser and os each */

/* What one holds. */
struct session_token {
    struct id id;           /* nil when made: a new one is drawn */
    struct str browser, os; /* may be empty */
    struct str locale;      /* may be empty */
};

/* The token of t, whose id is set. Longer texts than fit: ERR_VALIDATION. */
enum err session_token_make(struct ctx *c, struct session_token *t,
                            struct str *token_r);

/* Opens one. ERR_SESSION_TOKEN_MISSING for an empty text,
 * ERR_SESSION_TOKEN_INVALID, ERR_SESSION_TOKEN_EXPIRED. */
enum err session_token_open(struct ctx *c, struct str token,
                            struct session_token *t_r);

/* Lets what a token says of its browser count for the session that begins with
 * this request. */
void session_token_apply(struct ctx *c, const struct session_token *t);

#endif
