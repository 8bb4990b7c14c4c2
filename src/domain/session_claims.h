/* SPDX-License-Identifier: MIT */
/* Further claims of a session's access tokens, set by servers only. */
#ifndef GATEHOUSE_DOMAIN_SESSION_CLAIMS_H
#define GATEHOUSE_DOMAIN_SESSION_CLAIMS_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/ctx.h"

/* With them a token still fits a cookie. */
#define SESSION_CLAIMS_MAX 1024

/* The claims of a live session, a JSON object. ERR_NOT_FOUND. */
enum err session_claims_get(struct ctx *c, const struct id *id,
                            struct str *claims_r);

/* Replaces old (as session_claims_get told them) by claims, a JSON object: for
 * access tokens from the next refresh on. ERR_NOT_FOUND; ERR_CONFLICT when
 * somebody else was faster; ERR_BODY_TOO_LARGE above SESSION_CLAIMS_MAX. */
enum err session_claims_put(struct ctx *c, const struct id *id,
                            struct str old_claims, struct str claims);

/* Is that name the service's own? */
bool session_claims_reserved(struct str name);

#endif
