/* SPDX-License-Identifier: MIT */
/* A strict judge of JSON text (RFC 8259, I-JSON RFC 7493). It runs before any
 * library parses the text, so that every parser behind it sees the same. */
#ifndef GATEHOUSE_BASE_JSON_SCAN_H
#define GATEHOUSE_BASE_JSON_SCAN_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct json_limits {
    size_t depth;  /* nested objects and arrays */
    size_t keys;   /* members of one object, elements of one array */
    size_t string; /* bytes of one string or key, before unescaping */
};

/* depth 16, 64 keys, 8192 bytes. */
extern const struct json_limits json_limits_default;

/* One JSON object and nothing else: UTF-8 without BOM, no duplicate key (after
 * unescaping), no NUL, lone surrogate or noncharacter, no leading zero,
 * integers within 2^53, other numbers finite, none over 128 bytes, no NaN, no
 * comment, no trailing byte but white space. ERR_MALFORMED_JSON, or
 * ERR_NO_MEMORY when keys do not fit the arena. */
enum err json_scan(struct arena *a, struct str text,
                   const struct json_limits *limits);

#endif
