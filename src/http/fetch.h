/* SPDX-License-Identifier: MIT */
/* Asks other servers over HTTP, narrowly: https only (http to a loopback
 * address), no redirects, no proxy of the environment, bounded time and size.
 * fetch.c alone includes libcurl in this folder. */
#ifndef GATEHOUSE_HTTP_FETCH_H
#define GATEHOUSE_HTTP_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define FETCH_CONNECT_S 3
#define FETCH_TOTAL_S 10
#define FETCH_ANSWER_MAX 262144 /* bytes of a body that are taken */

struct fetch; /* connections of one process, kept while they are good */

/* ERR_NO_MEMORY. Release with fetch_free. */
enum err fetch_new(struct fetch **f_r);

/* Closes, frees and NULLs *f; safe on NULL. */
void fetch_free(struct fetch **f);

/* One request. Borrowed; the strings are NUL-terminated. */
struct fetch_ask {
    const char *url;
    const char *ca_file;       /* "": the system's authorities */
    const char *accept;        /* value of Accept; NULL: application/json */
    const char *authorization; /* value of Authorization; NULL: none */
    const char *content_type;  /* of body; NULL: a GET without body */
    struct str body;
};

/* What came back. Texts in the arena. */
struct fetch_answer {
    long status;             /* as the peer said it; redirects included */
    struct str content_type; /* lower case, without parameters; may be empty */
    int64_t max_age_s;       /* of Cache-Control; -1: not told; no-store: 0 */
    struct str body;
    const char *why; /* static text for the log when ERR_UNAVAILABLE */
    bool late;       /* the same, for all the time there was was waited for */
};

/* Asks and waits. ERR_OK for any whole HTTP answer, whatever its status;
 * ERR_UNAVAILABLE: no connection, bad TLS, time or size exceeded, an address
 * that may not be asked (answer_r->why says which, without address or secret,
 * answer_r->late that it was time);
 * ERR_NO_MEMORY. */
enum err fetch(struct fetch *f, struct arena *a, const struct fetch_ask *ask,
               struct fetch_answer *answer_r);

/* All that is asked from now on has ms milliseconds together (each still at
 * most FETCH_TOTAL_S); 0: no such bound. For the one who does a piece of work
 * that takes several requests. */
void fetch_budget(struct fetch *f, int64_t ms);

/* May url be asked? https, or http to 127.0.0.0/8, [::1] or localhost; without
 * user part and fragment. */
bool fetch_may(struct str url);

#endif
