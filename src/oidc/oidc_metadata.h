/* SPDX-License-Identifier: MIT */
/* Where a provider is asked: by its discovery document (OpenID Connect
 * Discovery 1.0, RFC 8414), or as configured. */
#ifndef GATEHOUSE_OIDC_OIDC_METADATA_H
#define GATEHOUSE_OIDC_OIDC_METADATA_H

#include "oidc/oidc_job.h"

/* Fills job->at. ERR_PROVIDER_UNAVAILABLE: no document, one of another issuer,
 * with an address that may not be asked, or of a provider that lists methods of
 * PKCE but not S256. */
enum err oidc_metadata_get(struct oidc_job *job);

#endif
