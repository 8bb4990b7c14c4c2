/* SPDX-License-Identifier: MIT */
/* The handlers that tell what has happened, and of server-side claims. */
#ifndef GATEHOUSE_API_API_AUDIT_H
#define GATEHOUSE_API_API_AUDIT_H

#include "api/call.h"
#include "base/err.h"

/* GET /api/audit */
enum err api_audit_list(struct call *c);
/* GET /api/users/me/activity */
enum err api_audit_activity(struct call *c);
/* GET /api/users/me/sessions/history */
enum err api_audit_sessions(struct call *c);

/* GET /api/sessions/{id}/claims */
enum err api_claims_get(struct call *c);
/* PUT /api/sessions/{id}/claims: members are merged, null takes one away. */
enum err api_claims_put(struct call *c);

#endif
