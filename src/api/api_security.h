/* SPDX-License-Identifier: MIT */
/* Handlers for the secrets of the service itself. */
#ifndef GATEHOUSE_API_API_SECURITY_H
#define GATEHOUSE_API_API_SECURITY_H

#include "api/call.h"
#include "base/err.h"

/* POST /api/security/secrets/rotate-keys: orders re-sealing. */
enum err api_security_rotate(struct call *c);
/* GET /api/security/secrets/rotate-keys/status */
enum err api_security_status(struct call *c);

#endif
