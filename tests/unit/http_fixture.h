/* SPDX-License-Identifier: MIT */
/* Requests made of text, for the tests of src/http. */
#ifndef GATEHOUSE_TESTS_HTTP_FIXTURE_H
#define GATEHOUSE_TESTS_HTTP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "http/request.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FIXTURE_FIELDS 8

/* A header field; name NULL ends a list. */
struct fixture_field {
    const char *name, *value;
};

/* A request of these fields only. */
struct http_request fixture_request(struct arena *a,
                                    const struct fixture_field *fields);

/* Fails unless text is want; want NULL means {NULL, 0}. */
void fixture_same(struct str text, const char *want);

/* An arena that fails the test when there is none. */
struct arena *fixture_arena(size_t limit);

/* Runs work in arenas of growing size until it answers something else than
 * ERR_NO_MEMORY, which must be the answer of all smaller ones. */
void fixture_starve(enum err (*work)(struct arena *a), enum err want);

#endif
