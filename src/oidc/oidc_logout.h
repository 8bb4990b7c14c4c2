/* SPDX-License-Identifier: MIT */
/* A provider's word that somebody signed out there. */
#ifndef GATEHOUSE_OIDC_OIDC_LOGOUT_H
#define GATEHOUSE_OIDC_OIDC_LOGOUT_H

#include "oidc/oidc.h"
#include "oidc/oidc_job.h"

/* Verifies a logout token; job->at is filled. ERR_AUTHENTICATION_FAILED,
 * ERR_PROVIDER_UNAVAILABLE. */
enum err oidc_logout_read(struct oidc_job *job, struct str token,
                          struct oidc_logout *out_r);

#endif
