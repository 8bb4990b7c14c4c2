/* SPDX-License-Identifier: MIT */
/* Where a request comes from: CSRF by Origin and Fetch Metadata, and CORS. */
#ifndef GATEHOUSE_HTTP_ORIGIN_H
#define GATEHOUSE_HTTP_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "http/request.h"
#include "http/response.h"

/* Whose pages may call with cookies. */
struct origin_rules {
    struct str own;            /* origin of the public URL */
    const struct str *allowed; /* further origins */
    size_t allowed_count;
    /* Fields of an answer that scripts may read, told to everybody, and fields
     * they may send; NULL: those of the service itself. */
    const char *exposed, *accepted;
};

/* The origin (scheme://host[:port], lower case, default port dropped) of an
 * absolute URL as text in a; {NULL, 0} when it is none. */
struct str origin_of_url(struct arena *a, struct str url);

/* May a cookie-borne unsafe request pass? With an Origin it must be own or
 * allowed ("null" never); else Sec-Fetch-Site must be same-origin or none;
 * else Referer's origin must be own or allowed; with none of them: no.
 * Sec-Fetch-Site cross-site passes only with an allowed Origin. Sec-Fetch-Dest
 * must be empty (a script's request) when it came. */
bool origin_permits(struct arena *a, const struct http_request *r,
                    const struct origin_rules *rules);

/* Adds Vary: Origin and, for an allowed Origin, the CORS fields with
 * credentials; never "*". */
void origin_cors(struct http_response *res, const struct http_request *r,
                 const struct origin_rules *rules);

/* Answers a preflight (OPTIONS with Access-Control-Request-Method): 204 with
 * the methods given, or 403 for a foreign origin. */
void origin_preflight(struct http_response *res, const struct http_request *r,
                      const struct origin_rules *rules, const char *methods);

#endif
