/* SPDX-License-Identifier: MIT */
/* Short-lived sealed tokens that name one thing: the two-factor token its
 * attempt, the step-up token its session. */
#ifndef GATEHOUSE_DOMAIN_PROOF_TOKEN_H
#define GATEHOUSE_DOMAIN_PROOF_TOKEN_H

#include "base/err.h"
#include "domain/ctx.h"

enum proof_kind { PROOF_TWO_FACTOR, PROOF_STEP_UP, PROOF_COUNT };

/* Seconds a token of that kind lives. */
int64_t proof_token_lifetime(const struct config *config, enum proof_kind kind);

/* A token of kind that names id, from the database's present on. */
enum err proof_token_make(struct ctx *c, enum proof_kind kind,
                          const struct id *id, struct str *token_r);

/* What a presented token names; no database. ERR_TWO_FACTOR_TOKEN_INVALID or
 * ERR_STEP_UP_TOKEN_INVALID for what is no such token of this realm,
 * ERR_TWO_FACTOR_TOKEN_EXPIRED or ERR_STEP_UP_TOKEN_EXPIRED. */
enum err proof_token_open(struct ctx *c, enum proof_kind kind, struct str token,
                          struct id *id_r);

#endif
