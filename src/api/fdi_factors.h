/* SPDX-License-Identifier: MIT */
/* By what one may begin to sign in. */
#ifndef GATEHOUSE_API_FDI_FACTORS_H
#define GATEHOUSE_API_FDI_FACTORS_H

#include <stdbool.h>

#include "api/call.h"
#include "base/err.h"

#define FDI_PASSWORD "emailpassword"

/* The first factors of the admitted tenant, blank-separated: those it names but
 * for the ones that are not served here; all that are, when it names none. The
 * errors of app_tenant_read. */
enum err fdi_factors(struct call *c, struct str *factors_r);

/* May one sign up and in by a password there, and does it suffice, as the
 * tenant wants no second factor? ERR_SESSION_INVALID: only with a session that
 * another factor has begun, which no form of ours takes. */
enum err fdi_factors_password(struct call *c, bool *suffices_r);

/* Does a password suffice for that user, for whom back ends have noted no
 * factors beside it (requiredSecondaryFactors of an SDK, in the metadata)? The
 * errors of app_metadata_get. */
enum err fdi_factors_user(struct call *c, struct str user_id, bool *suffices_r);

#endif
