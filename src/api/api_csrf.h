/* SPDX-License-Identifier: MIT */
/* Refuses what a foreign page makes a browser send. */
#ifndef GATEHOUSE_API_API_CSRF_H
#define GATEHOUSE_API_API_CSRF_H

#include "api/call.h"
#include "base/err.h"

/* Judges the request by its route's CSRF rule, after its credentials:
 * the origin always, and the configured further proof. ERR_CROSS_SITE. */
enum err api_csrf_check(struct call *c);

/* The anti-CSRF token of a session; {NULL, 0} unless csrf.anti_csrf is
 * "token". Derived, so that nothing is kept. ERR_NO_MEMORY, ERR_INTERNAL. */
enum err api_csrf_token(struct call *c, const struct id *session_id,
                        struct str *token_r);

#endif
