/* SPDX-License-Identifier: MIT */
/* JSON text written into a buffer; commas and escapes are handled here. */
#ifndef GATEHOUSE_BASE_JSON_WRITE_H
#define GATEHOUSE_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/str.h"

/* A writer over a buffer. key NULL means "an element of an array". Errors stay
 * in the buffer (buf_done). */
struct json_out {
    struct buf *buf;
    bool comma;
};

/* A writer that appends to b. */
struct json_out json_out(struct buf *b);

/* Opens and closes an object or an array. */
void json_open(struct json_out *j, const char *key, char bracket);
/* Closes what was opened; bracket is '}' or ']'. */
void json_close(struct json_out *j, char bracket);

/* A string member; null when text.p is NULL. Invalid UTF-8 becomes U+FFFD. */
void json_str(struct json_out *j, const char *key, struct str text);
/* Blank-separated words as an array of strings. */
void json_words(struct json_out *j, const char *key, struct str words);
/* An integer member. */
void json_int(struct json_out *j, const char *key, int64_t v);
/* A boolean member. */
void json_bool(struct json_out *j, const char *key, bool v);
/* A null member. */
void json_null(struct json_out *j, const char *key);
/* An id as its text. */
void json_id(struct json_out *j, const char *key, const struct id *id);
/* Microseconds since 1970 as RFC 3339 text; null for 0. */
void json_time(struct json_out *j, const char *key, int64_t us);
/* Text that is JSON already (checked by json_scan or written here). */
void json_raw(struct json_out *j, const char *key, struct str json);

#endif
