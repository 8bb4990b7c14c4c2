/* SPDX-License-Identifier: MIT */
/* A request as plain data: what the front end read, checked and decoded. */
#ifndef GATEHOUSE_HTTP_REQUEST_H
#define GATEHOUSE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"

enum http_method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_COUNT /* anything else: 405 */
};

/* A name and a value as they came. */
struct http_pair {
    struct str name, value;
};

/* Limits of one request, bytes unless said. */
struct http_limits {
    size_t url, header, body, cookies /* count */;
};

/* One request. Everything lives in the request's arena. Header fields keep
 * their CGI form (HTTP_X_Y is "X_Y" here): nothing about identity is believed
 * from them but the token. */
struct http_request {
    enum http_method method;
    struct str method_text;
    struct str target;        /* path?query as received */
    struct str path;          /* decoded once, "/" first, no "." segments */
    struct str query;         /* raw, without '?' */
    struct http_pair *fields; /* header fields, name upper-case, '_' */
    size_t field_count;
    struct http_pair *cookies; /* every cookie, in order */
    size_t cookie_count;
    struct str body;
    struct ip peer;   /* REMOTE_ADDR of the web server */
    struct ip client; /* peer, or behind trusted proxies */
    bool https;
    bool refused;           /* by the web server's gate: what is it to say? */
    bool gate;              /* may the client pass to somebody else? */
    bool mute;              /* Apache asks: it hands on a yes or no alone */
    struct str method_once; /* before the web server's own redirect */
    struct str host;
    struct str request_id; /* made by us, UUID text */
    enum err fault;        /* found while reading; answered before all else */
    bool target_fault;     /* it is the target's, and nothing else is wrong */
};

/* The method's enumerator; METHOD_COUNT for a foreign one. */
enum http_method http_method_of(struct str text);

/* Text of a method. Static. */
const char *http_method_text(enum http_method m);

/* The value of header field `name` (upper-case, '_'); {NULL, 0} if absent. */
struct str http_field(const struct http_request *r, const char *name);

/* Splits target into path and query, decodes the path once (RFC 3986):
 * ERR_BAD_REQUEST for a bad escape, an escaped NUL, '/' or '\\', control bytes,
 * bad UTF-8,
 * "." or ".." segments, an empty segment ("//") or a missing leading '/';
 * ERR_URL_TOO_LONG past limits->url. */
enum err http_target_parse(struct arena *a, struct http_request *r,
                           const struct http_limits *limits);

/* Reads the Cookie field(s): pairs parted by ';' (lighttpd) or by ',' where the
 * server joined repeated fields (Apache). ERR_HEADER_TOO_LARGE past
 * limits->cookies. Broken pairs are dropped; a pair behind a ',' is kept with
 * the value {NULL, 0}, for it may be the tail of another cookie's value: it
 * counts as a duplicate but is never believed. */
enum err http_cookies_parse(struct arena *a, struct http_request *r,
                            const struct http_limits *limits);

/* The cookie of that exact name: ERR_OK and value_r ({NULL, 0} when absent), or
 * ERR_DUPLICATE_CREDENTIALS when it came more than once. */
enum err http_cookie(const struct http_request *r, struct str name,
                     struct str *value_r);

/* The token of "Authorization: Bearer …" (scheme in any case): ERR_OK and
 * token_r ({NULL, 0} when the field is absent or of another scheme, empty but
 * not NULL for a scheme without token), ERR_DUPLICATE_CREDENTIALS when a web
 * server joined two fields. */
enum err http_bearer(const struct http_request *r, struct str *token_r);

/* One query parameter, percent-decoded ('+' is a blank): ERR_BAD_REQUEST when
 * it repeats, is badly escaped, no UTF-8 or holds NUL; value_r {NULL, 0} when
 * absent. */
enum err http_query(struct arena *a, const struct http_request *r,
                    struct str name, struct str *value_r);

/* Sets client and https from peer: only when peer is in `trusted` are the
 * X-Forwarded-For (rightmost address that is not trusted) and -Proto fields
 * (the rightmost) believed, each only if it came once. https_param is what the
 * web server itself said. */
void http_origin_of(struct http_request *r, const struct ip_net *trusted,
                    size_t trusted_count, bool https_param);

#endif
