/* SPDX-License-Identifier: MIT */
/* Judges the records of a connection before libfcgi sees them: it takes any
 * length on trust and shows values as C strings, cut at a NUL. */
#ifndef GATEHOUSE_FCGI_GUARD_H
#define GATEHOUSE_FCGI_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Bytes looked at: the largest block of parameters and room for its records. */
#define GUARD_WINDOW ((size_t)72 * 1024)

enum guard_verdict {
    GUARD_MORE,    /* so far good, the parameters are not complete */
    GUARD_SOUND,   /* libfcgi may read it */
    GUARD_UNCLEAN, /* readable, but with a NUL or a '=' inside a name */
    GUARD_LARGE,   /* more than max bytes of parameters */
    GUARD_REFUSE   /* not the FastCGI we speak */
};

/* Judges the first n bytes of a connection. Wanted are BEGIN_REQUEST, PARAMS of
 * that request to their end, then at most its STDIN; management records,
 * aborts and further requests are refused. The bytes are moved about: peek them
 * anew before the next call. */
enum guard_verdict guard_judge(uint8_t *p, size_t n, size_t max);

/* Is the end of STDIN among the first n bytes of a connection, before they are
 * judged? Then reading what is judged sound afterwards waits for nothing. */
bool guard_whole(uint8_t *p, size_t n);

/* REQUEST_URI (borrowed) among the parameters in the first n bytes of a
 * connection, before they are judged; false when it is not to be seen there. */
bool guard_uri(uint8_t *p, size_t n, struct str *uri_r);

#endif
