/* SPDX-License-Identifier: MIT */
/* FastCGI on a connection we accepted: parameters and body in under hard
 * limits, the answer out. fcgi.c alone includes fcgiapp.h. */
#ifndef GATEHOUSE_FCGI_FCGI_H
#define GATEHOUSE_FCGI_FCGI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "http/request.h"

enum fcgi_role {
    FCGI_ROLE_RESPONDER,
    FCGI_ROLE_AUTHORIZER,
    FCGI_ROLE_OTHER,
    FCGI_ROLE_MOVED /* somebody else reads it: there is no request */
};

struct fcgi; /* one worker's reader and writer */

/* Limits and trust for what is read. */
struct fcgi_rules {
    struct http_limits limits;
    const struct ip_net *trusted; /* proxies */
    size_t trusted_count;
    int io_timeout_s; /* for the whole request, and for each write */
    /* Asked, when REQUEST_URI is seen and before anything is taken from fd,
     * whether somebody else reads it; then our fd is closed. NULL: never. */
    bool (*move)(void *data, int fd, struct str uri);
    void *data;
};

/* Prepares libfcgi. ERR_INTERNAL, ERR_NO_MEMORY. Owned by the caller. */
enum err fcgi_new(struct fcgi **f_r);

/* Frees and NULLs *f; safe on NULL. */
void fcgi_free(struct fcgi **f);

/* Reads one request from the connected descriptor fd (taken over: it is closed
 * by fcgi_finish or on error). What the client did wrong is request_r->fault
 * with the rest filled as far as it goes; ERR_BAD_REQUEST means the peer does
 * not speak FastCGI, is too slow or went away, and nothing can be answered.
 * The role is BEGIN_REQUEST's; the body of an AUTHORIZER is never read. */
enum err fcgi_read(struct fcgi *f, int fd, struct arena *a,
                   const struct fcgi_rules *rules,
                   struct http_request *request_r, enum fcgi_role *role_r);

/* Sends the whole CGI text (beginning with "Status:"), once a request.
 * ERR_UNAVAILABLE when the peer does not take it. */
enum err fcgi_write(struct fcgi *f, struct str text);

/* Ends the request and closes the connection; one not answered yet is answered
 * 503, because an empty answer lets an authorizer's client in (lighttpd). Safe
 * when none is open. */
void fcgi_finish(struct fcgi *f);

#endif
