/* SPDX-License-Identifier: MIT */
/* By what one may begin to sign in, and what is wanted beside it. */
#ifndef GATEHOUSE_API_FDI_FACTORS_H
#define GATEHOUSE_API_FDI_FACTORS_H

#include <stdbool.h>

#include "api/call.h"
#include "base/err.h"

#define FDI_PASSWORD "emailpassword"
#define FDI_TOTP "totp"
#define FDI_PROVIDER "thirdparty"

/* What a user has to show beside a first factor. */
struct fdi_second {
    struct str wanted; /* factors, blank-separated, any of which will do; empty:
                        * none is wanted */
    bool device;       /* the user has proved a TOTP device */
};

/* The first factors of the admitted tenant, blank-separated: those it names but
 * for the ones that are not served here; all that are, when it names none. The
 * errors of app_tenant_read. */
enum err fdi_factors(struct call *c, struct str *factors_r);

/* May one sign up and in by a password there, and *whole_r: with what is
 * served here, whatever second factor the tenant wants? ERR_SESSION_INVALID:
 * only with a session that another factor has begun, which no form of ours
 * takes. */
enum err fdi_factors_password(struct call *c, bool *whole_r);

/* What a user of the application has to show in that tenant of it: one of the
 * factors that the tenant and back ends (requiredSecondaryFactors of an SDK, in
 * the metadata) have named; where none is, a code, of whom has proved a device,
 * as long as fdi.totp is on. The errors of app_tenant_read, app_metadata_get
 * and app_totp_list. */
enum err fdi_factors_second(struct call *c, const struct app *tenant,
                            struct str user_id, struct fdi_second *second_r);

/* Can it be shown here, if anything is wanted beside the password? */
bool fdi_factors_served(const struct call *c, const struct fdi_second *second);

#endif
