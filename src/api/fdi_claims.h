/* SPDX-License-Identifier: MIT */
/* What a session's tokens say of its user beyond the id: whether the address is
 * verified (st-ev), roles (st-role) and permissions (st-perm). What has been
 * shown of it stands in fdi_mfa.h. */
#ifndef GATEHOUSE_API_FDI_CLAIMS_H
#define GATEHOUSE_API_FDI_CLAIMS_H

#include <stdbool.h>

#include "api/call.h"
#include "api/fdi_factors.h"
#include "base/err.h"
#include "domain/app_user.h"

/* The payload of a new session of a user who signed in so, beside which that is
 * wanted: a JSON object. */
enum err fdi_claims_start(struct call *c, const struct app_login *login,
                          const struct fdi_second *second,
                          struct str *payload_r);

/* Judges the claims of c->session, looking up again what may have changed. When
 * one fails the answer is complete (c->answered): 403 and which. */
enum err fdi_claims_check(struct call *c);

/* Puts it into the session's tokens whether the address is verified; the new
 * one is in the answer. Nothing when it says so already. */
enum err fdi_claims_verified(struct call *c, bool verified);

/* Puts a claim, JSON text, into the session's tokens; the new access token is
 * in the answer. ERR_SESSION_INVALID. */
enum err fdi_claims_put(struct call *c, const char *claim, struct str value);

/* A claim that fails, and why: JSON text. */
struct fdi_flaw {
    const char *claim;
    struct str reason;
};

/* The whole answer (c->answered): 403 with claims that fail. */
void fdi_claims_refuse(struct call *c, const struct fdi_flaw *flaws,
                       size_t count);

/* The user of c->session, and the login method it is of. ERR_SESSION_INVALID
 * when there is none. */
enum err fdi_claims_login(struct call *c, struct app_user *user_r,
                          const struct app_login **login_r);

#endif
