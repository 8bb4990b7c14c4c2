/* SPDX-License-Identifier: MIT */
/* The strict JSON judge against json-c: whatever it takes has one reading. */
#include "fuzz.h"

#include <json-c/json.h>
#include <json-c/json_visit.h>

#include "base/json_read.h"
#include "base/json_scan.h"

static int count_member(struct json_object *o, int flags,
                        struct json_object *parent, const char *key,
                        size_t *index, void *data)
{
    size_t *count = data;

    (void)o;
    (void)parent;
    (void)index;
    if ((flags & JSON_C_VISIT_SECOND) == 0 && key != NULL)
        ++*count;
    return JSON_C_VISIT_RETURN_CONTINUE;
}

/* Colons outside of strings: one for each member the text has. */
static size_t colons(struct str text)
{
    size_t count = 0;
    bool inside = false;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (inside && c == '\\')
            i++;
        else if (c == '"')
            inside = !inside;
        else
            count += !inside && c == ':';
    }
    return count;
}

/* Members at every depth, as the reader walks them. */
static size_t walk(struct str text)
{
    struct json_walk w = json_walk(text);
    struct json_part part;
    size_t count = 0;

    while (json_walk_next(&w, &part))
        count += (part.key.p != NULL) + walk(part.value);
    return count;
}

/* The reader sees the text as json-c does: all of it, and the same again in
 * the words of another writer. */
static void check_read(struct arena *a, struct str text, struct str again)
{
    bool same = false;

    FUZZ_CHECK(walk(text) == colons(text));
    FUZZ_CHECK(json_read_same(a, text, text, &same) == ERR_OK && same);
    FUZZ_CHECK(json_read_same(a, text, again, &same) == ERR_OK && same);
}

/* json-c silently drops the first of two members with one name. */
static void check_tree(struct arena *a, struct json_object *root,
                       struct str text)
{
    const struct json_limits wide = {.depth = 16, .keys = 64, .string = 65536};
    size_t members = 0;
    struct str again = {NULL, 0};

    FUZZ_CHECK(json_object_is_type(root, json_type_object));
    (void)json_c_visit(root, 0, count_member, &members);
    FUZZ_CHECK(members == colons(text));
    again.p = json_object_to_json_string_length(root, JSON_C_TO_STRING_PLAIN,
                                                &again.n);
    FUZZ_CHECK(json_scan(a, again, &wide) == ERR_OK);
    FUZZ_CHECK(colons(again) == members);
    check_read(a, text, again);
}

/* Cut before its last brace it is not JSON any more. */
static void check_end(struct arena *a, struct str text)
{
    while (text.n > 0 && text.p[text.n - 1] != '}')
        text.n--;
    FUZZ_CHECK(text.n > 0);
    text.n--;
    FUZZ_CHECK(json_scan(a, text, &json_limits_default) == ERR_MALFORMED_JSON);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct str text = fuzz_text(data, size);
    enum err e = json_scan(a, text, &json_limits_default);

    FUZZ_CHECK(e == ERR_OK || e == ERR_MALFORMED_JSON);
    if (e != ERR_OK)
        return 0;
    FUZZ_CHECK(str_utf8(text));
    struct json_tokener *tok = json_tokener_new();

    FUZZ_CHECK(tok != NULL);
    json_tokener_set_flags(tok,
                           JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct str plain;

    FUZZ_CHECK(json_read_plain(a, text, &plain) == ERR_OK);
    FUZZ_CHECK(plain.n <= text.n);
    struct json_object *root =
        json_tokener_parse_ex(tok, plain.p, (int)plain.n);

    FUZZ_CHECK(root != NULL);
    check_tree(a, root, text);
    check_end(a, text);
    json_object_put(root);
    json_tokener_free(tok);
    return 0;
}
