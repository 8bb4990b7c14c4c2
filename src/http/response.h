/* SPDX-License-Identifier: MIT */
/* An answer as plain data: status, fields, cookies, body. */
#ifndef GATEHOUSE_HTTP_RESPONSE_H
#define GATEHOUSE_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json_write.h"
#include "base/str.h"
#include "http/invalid.h"
#include "http/request.h"

#define RESPONSE_FIELDS_MAX 32

/* One answer. It is complete from the start (500) so that no path can leave
 * without a status. */
struct http_response {
    struct arena *arena;
    int status;
    struct http_pair fields[RESPONSE_FIELDS_MAX];
    size_t field_count;
    const char *content_type; /* NULL: no body */
    struct buf body;
    struct json_out json; /* writes to body */
    bool failed;          /* a field did not fit: answered as 500 */
};

/* How a cookie is set. */
struct http_cookie_spec {
    struct str name, value;
    const char *path;
    const char *domain;    /* NULL: host only */
    const char *same_site; /* Strict, Lax, None */
    bool secure;
    int64_t max_age; /* seconds; 0: cleared */
    bool dated;      /* tells its end by expires_s (Unix time) alone */
    int64_t expires_s;
};

/* An answer of status 500 without body. */
struct http_response http_response_new(struct arena *a);

/* Drops fields and body and begins anew with status. */
void http_response_reset(struct http_response *r, int status);

/* Adds a field; a value with a control byte fails the answer (no response
 * splitting). A second Vary is merged into the first. Texts are borrowed. */
void http_response_field(struct http_response *r, const char *name,
                         struct str value);

/* The same in place of every field of that name. */
void http_response_replace(struct http_response *r, const char *name,
                           struct str value);

/* The first field of that name; {NULL, 0} if there is none. */
struct str http_response_told(struct http_response *r, const char *name);

/* Takes every Set-Cookie of that cookie back, whatever its place. */
void http_response_uncookie(struct http_response *r, struct str name);

/* Adds Set-Cookie (RFC 6265bis), HttpOnly always; a foreign character or more
 * than 4096 bytes of name and value fail the answer. Texts are copied. */
void http_response_cookie(struct http_response *r,
                          const struct http_cookie_spec *c);

/* Status and a JSON body begun with '{'; write members to r->json. */
void http_json_begin(struct http_response *r, int status);
/* Ends the body begun with http_json_begin. */
void http_json_end(struct http_response *r);

/* Problem details (RFC 9457) for e: type, title, status, detail, code, error,
 * instance (urn:uuid: of the request). 401 gets WWW-Authenticate (RFC 6750) as
 * the error wants, 429 and 503 get Retry-After (retry_s, at least 1). Fields
 * set before stay, the body is replaced. detail NULL: the title. */
void http_problem(struct http_response *r, enum err e, const char *detail,
                  struct str request_id, int64_t retry_s);

/* A 400 problem with `errors`: one entry per field. */
void http_problem_fields(struct http_response *r,
                         const struct http_invalid *fields, size_t count,
                         struct str request_id);

/* Adds the security fields every answer has (nosniff, CSP, Referrer-Policy,
 * frame-ancestors, CORP, Cache-Control no-store unless set, HSTS when hsts >
 * 0). */
void http_response_harden(struct http_response *r, int64_t hsts);

/* The CGI text: "Status: …" first, then fields, a blank line and the body
 * (none for HEAD). ERR_NO_MEMORY. */
enum err http_response_text(struct http_response *r, bool head,
                            struct str *text_r);

#endif
