/* SPDX-License-Identifier: MIT */
/* Opens what a provider has signed. */
#ifndef GATEHOUSE_OIDC_OIDC_JOSE_H
#define GATEHOUSE_OIDC_OIDC_JOSE_H

#include "oidc/oidc_job.h"

#define OIDC_JOSE_MAX 16384 /* bytes of a token that are looked at */

/* The payload of token, signed by a key of the provider with the configured
 * algorithm; job->at is filled. typ: the one explicit type that fits besides
 * "JWT" and none; NULL: no other. ERR_AUTHENTICATION_FAILED,
 * ERR_PROVIDER_UNAVAILABLE. */
enum err oidc_jose_open(struct oidc_job *job, struct str token, const char *typ,
                        struct str *payload_r);

#endif
