/* SPDX-License-Identifier: MIT */
/* Builds what a FastCGI peer sends, right or wrong. */
#ifndef GATEHOUSE_TESTS_UNIT_FCGI_WIRE_H
#define GATEHOUSE_TESTS_UNIT_FCGI_WIRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum wire_type {
    WIRE_BEGIN = 1,
    WIRE_ABORT = 2,
    WIRE_PARAMS = 4,
    WIRE_STDIN = 5,
    WIRE_DATA = 8,
    WIRE_GET_VALUES = 9
};
enum wire_role { WIRE_RESPONDER = 1, WIRE_AUTHORIZER = 2, WIRE_FILTER = 3 };

/* Bytes of a connection. */
struct wire {
    size_t n;
    uint8_t p[200 * 1024];
};

/* A new, empty one; freed with free(). */
struct wire *wire_new(void);

/* Appends bytes. */
void wire_put(struct wire *w, const void *p, size_t n);

/* Appends a record of request id with padding. */
void wire_record(struct wire *w, enum wire_type type, unsigned id,
                 struct str content);

/* BEGIN_REQUEST of request 1. */
void wire_begin(struct wire *w, unsigned role);

/* A pair's encoding in out (of room bytes); its length. */
size_t wire_pair(uint8_t *out, size_t room, struct str name, struct str value);

/* One PARAMS record with one pair. */
void wire_param(struct wire *w, struct str name, struct str value);

/* The end of PARAMS, the body as STDIN (one record) and its end. */
void wire_body(struct wire *w, struct str body);

/* A whole GET of target, without body. */
void wire_get(struct wire *w, unsigned role, const char *target);

#endif
