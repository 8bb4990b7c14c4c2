/* SPDX-License-Identifier: MIT */
/* Reads JSON text that json_scan has judged, without copying it: members in
 * their order, values as they stand. The counterpart of json_write. */
#ifndef GATEHOUSE_BASE_JSON_READ_H
#define GATEHOUSE_BASE_JSON_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* A walk over the members of an object or the elements of an array. */
struct json_walk {
    struct str rest; /* what is left of the inside */
    bool object;
};

/* One of them. Texts lie in the text that was read. */
struct json_part {
    struct str key; /* between its quotes, escapes as they stand; {NULL, 0} in
                     * an array */
    struct str value;
};

/* Begins a walk over text; of what is neither object nor array nothing comes.
 */
struct json_walk json_walk(struct str text);

/* The next part; false: there is none. */
bool json_walk_next(struct json_walk *w, struct json_part *part_r);

/* Text of a string value, unescaped, in the arena with a NUL behind.
 * ERR_VALIDATION when value is no string, ERR_NO_MEMORY. */
enum err json_read_text(struct arena *a, struct str value, struct str *text_r);

/* The same of a key as it came in a part. ERR_NO_MEMORY. */
enum err json_read_key(struct arena *a, struct str key, struct str *text_r);

/* The whole text with each escaped pair of surrogates (RFC 8259 section 7) as
 * the character it stands for: json-c takes the characters U+nDC00 to U+nDFFF
 * of every plane for halves of a pair, when they are escaped. *plain_r is text
 * itself when there is none. ERR_NO_MEMORY. */
enum err json_read_plain(struct arena *a, struct str text, struct str *plain_r);

/* The value of the member of that name; {NULL, 0} when there is none. The name
 * is compared with the key as it stands, so it may hold nothing that is
 * escaped. */
struct str json_read_member(struct str object, struct str name);

/* An integer value; false for anything else, 1.0 included. */
bool json_read_int(struct str value, int64_t *n_r);

/* A number value, as a double; false for anything else. */
bool json_read_number(struct str value, double *n_r);

/* A boolean value; false for anything else. */
bool json_read_bool(struct str value, bool *b_r);

/* Is it null? */
bool json_read_null(struct str value);

/* Do both say the same: members in any order, numbers by their value, strings
 * by their characters? ERR_NO_MEMORY. */
enum err json_read_same(struct arena *a, struct str one, struct str other,
                        bool *same_r);

#endif
