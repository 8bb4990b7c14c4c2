/* SPDX-License-Identifier: MIT */
/* Bodies: what a handler is shown is what the fields declare. */
#include "fuzz.h"

#include <string.h>

#include "base/json_scan.h"
#include "http/json.h"

static const char *check_no_x(struct str text)
{
    return memchr(text.p, 'x', text.n) == NULL ? NULL : "HAS_X";
}

static const struct json_field fields[] = {
    {"name", JSON_STRING, true, 2, 8, check_no_x},
    {"note", JSON_STRING, false, 0, 0, NULL},
    {"age", JSON_INTEGER, false, 1, 130, NULL},
    {"on", JSON_BOOLEAN, false, 0, 0, NULL},
    {"data", JSON_OBJECT, false, 0, 64, NULL},
    {"any", JSON_ANY, false, 0, 0, NULL},
};
#define COUNT (sizeof(fields) / sizeof(fields[0]))

static void check_text(const struct json_field *f, struct str text)
{
    FUZZ_CHECK(text.p != NULL && text.p[text.n] == '\0');
    FUZZ_CHECK(strlen(text.p) == text.n);
    FUZZ_CHECK(str_utf8(text));
    FUZZ_CHECK((int64_t)text.n >= f->min);
    FUZZ_CHECK(f->max == 0 || (int64_t)text.n <= f->max);
    FUZZ_CHECK(f->check == NULL || f->check(text) == NULL);
}

static void check_value(struct arena *a, const struct json_field *f,
                        const struct json_value *v)
{
    const struct json_limits wide = {.depth = 16, .keys = 64, .string = 65536};

    FUZZ_CHECK(v->present || !f->required);
    if (!v->present)
        return;
    if (f->type == JSON_INTEGER)
        FUZZ_CHECK(v->integer >= f->min && v->integer <= f->max);
    else if (f->type != JSON_BOOLEAN)
        check_text(f, v->text);
    if (f->type == JSON_OBJECT)
        FUZZ_CHECK(json_scan(a, v->text, &wide) == ERR_OK);
}

static void check_flaws(const struct json_body *body)
{
    FUZZ_CHECK(body->invalid_count > 0);
    FUZZ_CHECK(body->invalid_count <= JSON_FIELDS_MAX);
    for (size_t i = 0; i < body->invalid_count; i++) {
        const struct http_invalid *flaw = &body->invalid[i];

        FUZZ_CHECK(flaw->field != NULL && flaw->detail != NULL);
        FUZZ_CHECK(str_utf8(str_of(flaw->field)));
        FUZZ_CHECK(strspn(flaw->code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") ==
                   strlen(flaw->code));
    }
}

static void run(struct arena *a, const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);
    enum err scanned =
        json_scan(a, size == 0 ? STR("{}") : text, &json_limits_default);
    struct json_body body;
    enum err e = json_parse(a, text, fields, COUNT, &body);

    FUZZ_CHECK(e == ERR_OK || e == ERR_VALIDATION || e == ERR_MALFORMED_JSON);
    FUZZ_CHECK((e == ERR_MALFORMED_JSON) == (scanned == ERR_MALFORMED_JSON));
    if (e == ERR_VALIDATION)
        check_flaws(&body);
    if (e != ERR_OK)
        return;
    FUZZ_CHECK(body.invalid_count == 0);
    for (size_t i = 0; i < COUNT; i++)
        check_value(a, &fields[i], &body.values[i]);
}

/* json-c's objects go with the arena, before leaks are looked for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();

    run(a, data, size);
    arena_reset(a);
    return 0;
}
