/* SPDX-License-Identifier: MIT */
/* The steps of dispatch that look at the body. */
#ifndef GATEHOUSE_API_DISPATCH_BODY_H
#define GATEHOUSE_API_DISPATCH_BODY_H

#include "api/call.h"
#include "base/err.h"

/* Is the Content-Type one the route takes? ERR_MEDIA_TYPE. */
enum err dispatch_media(struct call *c);

/* Reads the declared fields into c->body, or scans a raw object.
 * ERR_VALIDATION with an entry per field, ERR_MALFORMED_JSON,
 * ERR_BAD_REQUEST. */
enum err dispatch_body(struct call *c);

#endif
