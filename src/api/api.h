/* SPDX-License-Identifier: MIT */
/* The handlers of the route table; each does only its own work. */
#ifndef GATEHOUSE_API_API_H
#define GATEHOUSE_API_API_H

#include "api/call.h"
#include "base/err.h"

/* POST /api/auth/register */
enum err api_auth_register(struct call *c);
/* POST /api/auth/login */
enum err api_auth_login(struct call *c);
/* POST, GET /api/auth/refresh */
enum err api_auth_refresh(struct call *c);
/* POST /api/auth/logout: 200 also when already out. */
enum err api_auth_logout(struct call *c);
/* GET /api/auth/status */
enum err api_auth_status(struct call *c);

/* GET /api/auth/sessions and aliases */
enum err api_session_list(struct call *c);
/* The live sessions of subject, as the answer. */
enum err api_session_list_of(struct call *c, struct str subject);
/* DELETE /api/auth/sessions/{id} and alias */
enum err api_session_revoke(struct call *c);
/* DELETE /api/auth/sessions/others */
enum err api_session_revoke_others(struct call *c);
/* DELETE /api/auth/sessions and alias */
enum err api_session_revoke_all(struct call *c);
/* PATCH /api/auth/sessions/{id} */
enum err api_session_label(struct call *c);
/* GET /api/auth/session/data */
enum err api_session_data_get(struct call *c);
/* PUT /api/auth/session/data */
enum err api_session_data_put(struct call *c);

/* POST /api/auth/introspect (RFC 7662) */
enum err api_backend_introspect(struct call *c);
/* POST /api/auth/revoke (RFC 7009) */
enum err api_backend_revoke(struct call *c);

/* GET /.well-known/jwks.json */
enum err api_meta_jwks(struct call *c);
/* GET /healthz: alive, no database asked */
enum err api_meta_healthz(struct call *c);
/* GET /api/health: the same with the time */
enum err api_meta_health(struct call *c);
/* GET /readyz: database, schema, keys */
enum err api_meta_readyz(struct call *c);

#endif
