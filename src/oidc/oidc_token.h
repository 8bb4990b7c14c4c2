/* SPDX-License-Identifier: MIT */
/* A provider's token endpoint (RFC 6749 sections 4.1.3, 5 and 6). */
#ifndef GATEHOUSE_OIDC_OIDC_TOKEN_H
#define GATEHOUSE_OIDC_OIDC_TOKEN_H

#include "oidc/oidc.h"
#include "oidc/oidc_job.h"

/* Redeems the code. *id_token_r is {NULL, 0} when none came.
 * ERR_AUTHENTICATION_FAILED: the provider refused, job->why is its error as a
 * word of ours, or its answer is none; ERR_PROVIDER_UNAVAILABLE. */
enum err oidc_token_redeem(struct oidc_job *job,
                           const struct oidc_answer *answer,
                           struct oidc_tokens *tokens_r,
                           struct str *id_token_r);

/* The same for a refresh token. */
enum err oidc_token_renew(struct oidc_job *job, struct str refresh,
                          struct oidc_tokens *tokens_r);

#endif
