/* SPDX-License-Identifier: MIT */
/* The core interface (CDI): what every call of a back end has in common. Its
 * refusals are plain texts, its answers JSON objects with a status. */
#ifndef GATEHOUSE_API_CDI_H
#define GATEHOUSE_API_CDI_H

#include <stdbool.h>
#include <stdint.h>

#include "api/call.h"
#include "base/err.h"

/* A call has turned out to be one of this face: its refusals are texts from
 * here on. */
void cdi_begin_call(struct call *c);

/* Did it come from this machine? Then it may come in clear. */
bool cdi_from_here(const struct call *c);

/* NEED_CORE_KEY: the key, then the version asked for, then application and
 * tenant. Afterwards c->app, c->cdi and c->ctx->realm_id (the tenant's) are
 * set. ERR_CDI_KEY, ERR_CDI_VERSION, ERR_APP_UNKNOWN, ERR_CROSS_SITE when a
 * browser asks. */
enum err cdi_admit(struct call *c);

/* The same for a row everybody may ask, without a key. */
enum err cdi_admit_all(struct call *c);

/* The versions of the interface that back ends may choose from, as an array. */
void cdi_versions(struct json_out *j, const char *key);

/* Only the public tenant answers this: ERR_CDI_TENANT_ONLY for another. */
enum err cdi_public_only(struct call *c);

/* Begins an answer: 200 and {"status":status (NULL: none). Members go to
 * c->res->json. */
void cdi_begin(struct call *c, const char *status);

/* Ends it. */
void cdi_end(struct call *c);

/* The whole answer {"status":status}. */
enum err cdi_status(struct call *c, const char *status);

/* The whole answer {"status":"OK"} with one fact more. */
enum err cdi_flag(struct call *c, const char *name, bool value);

/* The whole answer {"status":"OK"} with a token that was made. */
enum err cdi_token(struct call *c, struct str token);

/* The whole answer {"status":"OK"} with whose token was used up. */
enum err cdi_user_email(struct call *c, struct str user_id, struct str email);

/* The whole answer {"status":status,"message":message}. */
enum err cdi_message(struct call *c, const char *status, const char *message);

/* The whole answer as text/html: a line. */
enum err cdi_text(struct call *c, int status, struct str text);

/* ERR_CDI_PARAMETER with the text back ends know of a body's field that is
 * missing or wrong. */
enum err cdi_field_wrong(struct call *c, const char *name);

/* The same of a query's parameter. */
enum err cdi_query_missing(struct call *c, const char *name);

/* A refusal of 400 with a text of its own (static or in the arena). */
enum err cdi_bad(struct call *c, const char *text);

/* A query parameter: {NULL, 0} when it is absent and may be. */
enum err cdi_query(struct call *c, const char *name, bool required,
                   struct str *value_r);

/* The value of the i-th declared field of the body. */
const struct json_value *cdi_value(const struct call *c, size_t i);

#endif
