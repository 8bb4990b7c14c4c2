/* SPDX-License-Identifier: MIT */
/* Finds what a request presents, by the configured transports. */
#ifndef GATEHOUSE_API_API_CREDENTIALS_H
#define GATEHOUSE_API_API_CREDENTIALS_H

#include <stdbool.h>

#include "api/call.h"
#include "base/err.h"

/* Fills c->cred and the client's device token. Per kind one transport wins and
 * is judged alone. ERR_DUPLICATE_CREDENTIALS when one of our cookies or
 * Authorization came twice, or an API key in two places. */
enum err api_credentials_find(struct call *c);

/* Is a credential that the route takes a cookie, so that a foreign page could
 * have made the browser send it? */
bool api_credentials_by_cookie(const struct call *c);

#endif
