/* SPDX-License-Identifier: MIT */
/* What a session's tokens say of its user beyond the id: whether the address is
 * verified (st-ev), roles (st-role) and permissions (st-perm). */
#ifndef GATEHOUSE_API_FDI_CLAIMS_H
#define GATEHOUSE_API_FDI_CLAIMS_H

#include <stdbool.h>

#include "api/call.h"
#include "base/err.h"
#include "domain/app_user.h"

/* The payload of a new session of a user who signed in so: a JSON object. */
enum err fdi_claims_start(struct call *c, const struct app_login *login,
                          struct str *payload_r);

/* Judges the claims of c->session, looking up again what may have changed. When
 * one fails the answer is complete (c->answered): 403 and which. */
enum err fdi_claims_check(struct call *c);

/* Puts it into the session's tokens whether the address is verified; the new
 * one is in the answer. Nothing when it says so already. */
enum err fdi_claims_verified(struct call *c, bool verified);

/* The login method c->session is of. ERR_SESSION_INVALID when there is none. */
enum err fdi_claims_login(struct call *c, const struct app_login **login_r);

#endif
