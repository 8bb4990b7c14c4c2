/* SPDX-License-Identifier: MIT */
/* One flaw of one field, found by the JSON reader and told in a problem. Apart
 * from both, because json-c and base/json_write.h share names. */
#ifndef GATEHOUSE_HTTP_INVALID_H
#define GATEHOUSE_HTTP_INVALID_H

/* A field of a validation problem. */
struct http_invalid {
    const char *field;
    const char *code;   /* UPPER_SNAKE */
    const char *detail; /* for people */
};

#endif
