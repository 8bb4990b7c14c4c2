/* SPDX-License-Identifier: MIT */
/* Short-lived sealed tokens that name one thing: the two-factor token its
 * attempt, the step-up token its session; two of them carry more. */
#ifndef GATEHOUSE_DOMAIN_PROOF_TOKEN_H
#define GATEHOUSE_DOMAIN_PROOF_TOKEN_H

#include "base/err.h"
#include "domain/ctx.h"

enum proof_kind {
    PROOF_TWO_FACTOR,
    PROOF_STEP_UP,
    PROOF_SESSION,    /* names a browser; carries what it said of itself */
    PROOF_CONNECTION, /* names its session; carries the provider's name */
    PROOF_COUNT
};

#define PROOF_MORE_MAX 512 /* bytes a token can carry */

/* Seconds a token of that kind lives. */
int64_t proof_token_lifetime(const struct config *config, enum proof_kind kind);

/* A token of kind that names id, from the database's present on. */
enum err proof_token_make(struct ctx *c, enum proof_kind kind,
                          const struct id *id, struct str *token_r);

/* The same that carries more. ERR_INTERNAL above PROOF_MORE_MAX. */
enum err proof_token_make_with(struct ctx *c, enum proof_kind kind,
                               const struct id *id, struct str more,
                               struct str *token_r);

/* What a presented token names; no database. The kind's own error for what is
 * no such token of this realm (ERR_TWO_FACTOR_TOKEN_INVALID and so on), and for
 * one whose time is over (ERR_TWO_FACTOR_TOKEN_EXPIRED). */
enum err proof_token_open(struct ctx *c, enum proof_kind kind, struct str token,
                          struct id *id_r);

/* The same with what it carries, in the arena. */
enum err proof_token_open_with(struct ctx *c, enum proof_kind kind,
                               struct str token, struct id *id_r,
                               struct str *more_r);

#endif
