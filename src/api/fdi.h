/* SPDX-License-Identifier: MIT */
/* The frontend interface (FDI): what every call of a browser that uses an SDK
 * of SuperTokens has in common. Its refusals are {"message":…}, its answers
 * JSON objects. */
#ifndef GATEHOUSE_API_FDI_H
#define GATEHOUSE_API_FDI_H

#include "api/call.h"
#include "base/err.h"

/* The path of the verification. */
#define FDI_VERIFY "/session/verify"

/* What the configuration makes of it, and of the origins the service itself
 * answers (kept by reference); texts in a. ERR_NO_MEMORY. */
enum err fdi_init(struct arena *a, const struct config *config,
                  const struct origin_rules *origins,
                  struct fdi_rules *rules_r);

/* A call has turned out to be one of this face: whose pages may read the
 * answer, and how it is refused. */
void fdi_begin_call(struct call *c);

/* Looks the tenant of the path up: c->app and c->ctx->realm_id are set
 * afterwards. Until then no call asks the database. ERR_APP_UNKNOWN. */
enum err fdi_admit(struct call *c);

/* NEED_FRONTEND: an access token that is good, with the proof against CSRF that
 * is configured. Afterwards c->session is set, and new tokens are in the
 * answer when there are any. ERR_AUTHENTICATION_REQUIRED (nothing is cleared),
 * ERR_ACCESS_TOKEN_INVALID and _EXPIRED (the client refreshes),
 * ERR_SESSION_INVALID. */
enum err fdi_admit_session(struct call *c);

/* The same for a request of that method, with the session looked up or not. */
enum err fdi_verify(struct call *c, bool reads, bool database);

/* Begins an answer: 200 and, with a status, {"status":status. Members go to
 * c->res->json; fdi_end closes it. */
void fdi_begin(struct call *c, const char *status);
/* Ends it. */
void fdi_end(struct call *c);

/* The whole answer {"status":status}. */
enum err fdi_status(struct call *c, const char *status);

/* The whole answer {"status":status,"reason":reason}. */
enum err fdi_reason(struct call *c, const char *status, const char *reason);

/* A refusal of 400 with a text of its own (static or in the arena). */
enum err fdi_bad(struct call *c, const char *text);

/* Is rid there, or need it not be? For a token that came in a cookie. */
bool fdi_shows_rid(const struct call *c);

#endif
