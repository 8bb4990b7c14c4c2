/* SPDX-License-Identifier: MIT */
/* A provider's signing keys (RFC 7517). */
#ifndef GATEHOUSE_OIDC_OIDC_JWKS_H
#define GATEHOUSE_OIDC_OIDC_JWKS_H

#include "crypto/jwk.h"
#include "oidc/oidc_job.h"

/* The configured algorithm of a provider's ID tokens. */
enum jwk_alg oidc_jwks_alg(const struct config_provider *p);

/* The one key for kid (empty: the only one there is) that fits the configured
 * algorithm. An unknown kid makes us ask the provider again, once a minute at
 * most. It lives until the next call. ERR_AUTHENTICATION_FAILED: no such key,
 * or more than one; ERR_PROVIDER_UNAVAILABLE. */
enum err oidc_jwks_find(struct oidc_job *job, struct str kid,
                        const struct jwk **key_r);

#endif
