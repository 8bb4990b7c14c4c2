/* SPDX-License-Identifier: MIT */
/* JSON bodies: strict scan, json-c behind it, and declared fields checked
 * before a handler sees them. json.c alone includes json-c. */
#ifndef GATEHOUSE_HTTP_JSON_H
#define GATEHOUSE_HTTP_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "http/invalid.h"

enum json_kind {
    JSON_STRING,
    JSON_INTEGER,
    JSON_BOOLEAN,
    JSON_OBJECT,     /* kept as text */
    JSON_ANY,        /* kept as text */
    JSON_IDENTIFIER, /* a string, or an integer by its digits */
    JSON_FLAG,       /* a boolean, or "true" or "false" in quotes */
    JSON_STRINGS,    /* an array of strings; one string counts as an array */
    JSON_OBJECTS     /* an array of objects, each kept as text */
};

/* One field a route takes: name, type, whether it must be there, bounds (value
 * of an integer; bytes of a string or text, where max 0 leaves only the scan's
 * limit) and a further check of texts that answers NULL or an UPPER_SNAKE code
 * (static text). null counts as absent where the field is optional, as a wrong
 * type where it is required, and as itself for JSON_ANY. */
struct json_field {
    const char *name;
    enum json_kind type;
    bool required;
    int64_t min, max;
    const char *(*check)(struct str text);
};

/* What came for a field. */
struct json_value {
    bool present;
    bool boolean;
    struct str
        text; /* string (NUL-terminated, may not hold NUL), or JSON text */
    int64_t integer;
    const struct str *items; /* of the last two kinds */
    size_t item_count;
};

#define JSON_FIELDS_MAX 12

/* A parsed body: a value per declared field, and what is wrong with it. */
struct json_body {
    struct json_value values[JSON_FIELDS_MAX];
    struct http_invalid invalid[JSON_FIELDS_MAX];
    size_t invalid_count;
};

/* Parses text against count (at most JSON_FIELDS_MAX) fields. Unknown field,
 * wrong type, missing field, bound, check: ERR_VALIDATION with an entry each
 * (and body_r filled). Malformed text or no object: ERR_MALFORMED_JSON. Empty
 * text counts as {}. Texts live, and are wiped, with the arena. */
enum err json_parse(struct arena *a, struct str text,
                    const struct json_field *fields, size_t count,
                    struct json_body *body_r);

/* The same for a body that may hold further members, which are ignored, and in
 * which null is of a wrong type for every kind but JSON_ANY. Larger texts are
 * taken, as by json_pick. */
enum err json_parse_open(struct arena *a, struct str text,
                         const struct json_field *fields, size_t count,
                         struct json_body *body_r);

/* Picks count declared members out of an object somebody else made and ignores
 * the others; values_r has room for count. Larger texts are taken than from
 * clients: 256 members or elements, strings of 32768 bytes. ERR_VALIDATION when
 * one is missing or does not fit; ERR_MALFORMED_JSON. Texts live, and are
 * wiped, with the arena. */
enum err json_pick(struct arena *a, struct str text,
                   const struct json_field *fields, size_t count,
                   struct json_value *values_r);

/* Gets a member of an object: its name and its value as JSON text. */
typedef enum err json_member(void *data, struct str name, struct str value);

/* Calls each for the members of a JSON object in their order; a result other
 * than ERR_OK stops and is returned. ERR_MALFORMED_JSON, also for what is no
 * object. Texts live with the arena. */
enum err json_members(struct arena *a, struct str text, json_member *each,
                      void *data);

#endif
