/* SPDX-License-Identifier: MIT */
/* What a provider tells of the bearer of an access token (OpenID Connect Core
 * 1.0, 5.3). */
#ifndef GATEHOUSE_OIDC_OIDC_USER_INFO_H
#define GATEHOUSE_OIDC_OIDC_USER_INFO_H

#include "oidc/oidc.h"
#include "oidc/oidc_job.h"

/* Fills what who lacks. sub: that of the ID token, which the answer must have
 * too; {NULL, 0}: there is none (PROVIDER_OAUTH2).
 * ERR_AUTHENTICATION_FAILED, ERR_SUB_CLAIM_MISSING,
 * ERR_PROVIDER_UNAVAILABLE. */
enum err oidc_user_info_read(struct oidc_job *job, struct str access,
                             struct str sub, struct oidc_identity *who);

#endif
