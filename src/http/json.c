/* SPDX-License-Identifier: MIT */
/* json-c behind the strict scan: alone it would take duplicate keys, NUL in
 * keys, NaN and overlong UTF-8, and two readers would see two bodies. */
#include "http/json.h"

#include <errno.h>
#include <json-c/json.h>
#include <json-c/json_visit.h>
#include <limits.h>
#include <string.h>

#include "base/json_read.h"
#include "base/json_scan.h"

/* A run of bytes as long as the longest string a scan lets pass. */
#define JSON_WIPE 32768

static const struct json_limits json_foreign = {
    .depth = 16, .keys = 256, .string = JSON_WIPE};

static const char json_zeros[JSON_WIPE];

static void json_wipe_string(struct json_object *o)
{
    int n = json_object_get_string_len(o);

    /* Not longer than before: json-c writes into the old place. */
    if (n > 0 && n <= JSON_WIPE)
        (void)json_object_set_string_len(o, json_zeros, n);
}

/* Bodies carry passwords, and free() leaves them in the heap. */
static int json_wipe_visit(struct json_object *o, int flags,
                           struct json_object *parent, const char *key,
                           size_t *index, void *data)
{
    (void)flags;
    (void)parent;
    (void)key;
    (void)index;
    (void)data;
    if (json_object_is_type(o, json_type_string))
        json_wipe_string(o);
    return JSON_C_VISIT_RETURN_CONTINUE;
}

static void json_destroy(void *object)
{
    (void)json_c_visit(object, 0, json_wipe_visit, NULL);
    (void)json_object_put(object);
}

/* Lets the tokener read a string of n zeros. Before the body: its buffer grows
 * now and leaves no copies behind while it does. After: what it held is gone.
 */
static bool json_flood(struct json_tokener *tok, size_t n)
{
    static const char zeros[] = "0000000000000000000000000000000000000000"
                                "000000000000000000000000";
    const size_t step = sizeof(zeros) - 1;

    json_tokener_reset(tok);
    json_object_put(json_tokener_parse_ex(tok, "\"", 1));
    for (size_t i = 0; i < n; i += step)
        json_object_put(json_tokener_parse_ex(tok, zeros, (int)step));
    struct json_object *o = json_tokener_parse_ex(tok, "\"", 1);
    bool done = o != NULL;

    json_object_put(o);
    json_tokener_reset(tok);
    return done;
}

/* The scan comes first and decides alone what is JSON. */
static enum err json_object_of(struct arena *a, struct str text,
                               const struct json_limits *limits,
                               struct json_object **root_r)
{
    struct json_object *root = NULL;
    enum err e = json_scan(a, text, limits);

    if (e == ERR_OK)
        e = json_read_plain(a, text, &text);
    if (e != ERR_OK)
        return e;
    if (text.n > INT_MAX)
        return ERR_MALFORMED_JSON;
    struct json_tokener *tok = json_tokener_new();
    size_t longest = text.n < JSON_WIPE ? text.n : JSON_WIPE;

    if (tok == NULL)
        return ERR_NO_MEMORY;
    if (json_flood(tok, longest)) {
        json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
        /* Of want of memory only errno tells: json-c calls it malformed, or
         * goes on without the member. */
        errno = 0;
        root = json_tokener_parse_ex(tok, text.p, (int)text.n);
        if (errno == ENOMEM)
            e = ERR_NO_MEMORY;
        else if (root == NULL)
            e = ERR_MALFORMED_JSON;
        (void)json_flood(tok, longest);
    } else {
        e = ERR_NO_MEMORY;
    }
    json_tokener_free(tok);
    if (e != ERR_OK && root != NULL)
        json_destroy(root);
    else if (e == ERR_OK && arena_defer(a, json_destroy, root) != 0)
        e = ERR_NO_MEMORY;
    if (e == ERR_OK)
        *root_r = root;
    return e;
}

struct json_flaw {
    const char *code;
    const char *detail;
};

static const struct json_flaw json_unknown = {"UNKNOWN_FIELD",
                                              "This field is not known here"};
static const struct json_flaw json_missing = {"MISSING",
                                              "This field is needed"};
static const struct json_flaw json_wrong = {"WRONG_TYPE",
                                            "This field has a wrong type"};
static const struct json_flaw json_short = {"TOO_SHORT",
                                            "This field is too short"};
static const struct json_flaw json_long = {"TOO_LONG",
                                           "This field is too long"};
static const struct json_flaw json_range = {"OUT_OF_RANGE",
                                            "This number is out of range"};

/* More problems than room: the first ones are enough to start with. */
static void json_blame(struct json_body *body, const char *field,
                       const char *code, const char *detail)
{
    if (body->invalid_count < JSON_FIELDS_MAX)
        body->invalid[body->invalid_count++] =
            (struct http_invalid){field, code, detail};
}

static void json_flaw(struct json_body *body, const char *field,
                      const struct json_flaw *flaw)
{
    json_blame(body, field, flaw->code, flaw->detail);
}

/* Bytes, not characters: what the columns and hashes behind are bounded by. */
static void json_check_text(struct json_body *body, const struct json_field *f,
                            struct str text)
{
    int64_t n = (int64_t)text.n;

    if (n < f->min) {
        json_flaw(body, f->name, &json_short);
    } else if (f->max > 0 && n > f->max) {
        json_flaw(body, f->name, &json_long);
    } else if (f->check != NULL) {
        const char *code = f->check(text);

        if (code != NULL)
            json_blame(body, f->name, code, "This field has a wrong value");
    }
}

/* The value again as text: numbers keep their digits, nulls their place. */
static enum err json_as_text(struct json_object *o, struct str *text_r)
{
    size_t n = 0;
    const char *p = json_object_to_json_string_length(
        o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);

    if (p == NULL)
        return ERR_NO_MEMORY;
    *text_r = (struct str){p, n};
    return ERR_OK;
}

static struct str json_text(struct json_object *o)
{
    return (struct str){json_object_get_string(o),
                        (size_t)json_object_get_string_len(o)};
}

static bool json_is_flag(struct json_object *o)
{
    struct str text = {NULL, 0};

    if (json_object_is_type(o, json_type_string))
        text = json_text(o);
    return json_object_is_type(o, json_type_boolean) ||
           str_eq(text, STR("true")) || str_eq(text, STR("false"));
}

static bool json_all_are(struct json_object *array, enum json_type type)
{
    size_t n = json_object_array_length(array);

    for (size_t i = 0; i < n; i++)
        if (!json_object_is_type(json_object_array_get_idx(array, i), type))
            return false;
    return true;
}

/* Strict types: a number in quotes is a string, 1.0 is no integer. */
static bool json_type_fits(enum json_kind want, struct json_object *o)
{
    static const enum json_type types[] = {[JSON_STRING] = json_type_string,
                                           [JSON_INTEGER] = json_type_int,
                                           [JSON_BOOLEAN] = json_type_boolean,
                                           [JSON_OBJECT] = json_type_object};
    bool text = json_object_is_type(o, json_type_string) != 0;
    bool array = json_object_is_type(o, json_type_array) != 0;

    switch (want) {
    case JSON_ANY:
        return true;
    case JSON_IDENTIFIER:
        return text || json_object_is_type(o, json_type_int);
    case JSON_FLAG:
        return json_is_flag(o);
    case JSON_STRINGS:
        return text || (array && json_all_are(o, json_type_string));
    case JSON_OBJECTS:
        return array && json_all_are(o, json_type_object);
    case JSON_STRING:
    case JSON_INTEGER:
    case JSON_BOOLEAN:
    case JSON_OBJECT:
    default:
        return json_object_is_type(o, types[want]) != 0;
    }
}

/* Strings as they are, everything else as JSON text. */
static enum err json_item(struct json_object *o, struct str *text_r)
{
    if (!json_object_is_type(o, json_type_string))
        return json_as_text(o, text_r);
    *text_r = json_text(o);
    return ERR_OK;
}

static enum err json_items(struct arena *a, struct json_object *o,
                           struct json_value *v)
{
    bool array = json_object_is_type(o, json_type_array) != 0;
    size_t n = array ? json_object_array_length(o) : 1;
    struct str *items = arena_alloc(a, (n + 1) * sizeof(*items));
    enum err e = items == NULL ? ERR_NO_MEMORY : ERR_OK;

    for (size_t i = 0; i < n && e == ERR_OK; i++)
        e = json_item(array ? json_object_array_get_idx(o, i) : o, &items[i]);
    if (e != ERR_OK)
        return e;
    v->items = items;
    v->item_count = n;
    return ERR_OK;
}

/* What fits, as the value of its kind. */
static enum err json_convert(struct arena *a, enum json_kind kind,
                             struct json_object *o, struct json_value *v)
{
    switch (kind) {
    case JSON_STRING:
    case JSON_IDENTIFIER:
        return json_item(o, &v->text);
    case JSON_INTEGER:
        v->integer = json_object_get_int64(o);
        return ERR_OK;
    case JSON_BOOLEAN:
        v->boolean = json_object_get_boolean(o) != 0;
        return ERR_OK;
    case JSON_FLAG:
        v->boolean = json_object_is_type(o, json_type_string)
                         ? str_eq(json_text(o), STR("true"))
                         : json_object_get_boolean(o) != 0;
        return ERR_OK;
    case JSON_STRINGS:
    case JSON_OBJECTS:
        return json_items(a, o, v);
    case JSON_OBJECT:
    case JSON_ANY:
    default:
        return json_as_text(o, &v->text);
    }
}

static enum err json_take(struct arena *a, struct json_body *body,
                          const struct json_field *f, struct json_object *o,
                          struct json_value *v)
{
    enum err e = ERR_OK;

    if (!json_type_fits(f->type, o)) {
        json_flaw(body, f->name, &json_wrong);
        return ERR_OK;
    }
    v->present = true;
    e = json_convert(a, f->type, o, v);
    if (f->type == JSON_INTEGER && (v->integer < f->min || v->integer > f->max))
        json_flaw(body, f->name, &json_range);
    if (e == ERR_OK && v->text.p != NULL)
        json_check_text(body, f, v->text);
    return e;
}

/* A field nobody declared is refused, not skipped: "role" or "verified" sent
 * along must not even look accepted (mass assignment). */
static bool json_declared(const char *name, const struct json_field *fields,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, fields[i].name) == 0)
            return true;
    return false;
}

/* What is looked for. */
struct json_wanted {
    const struct json_field *fields;
    size_t count;
    bool null; /* stands for a member that is absent */
};

/* The declared members; what is wrong with them goes to body. */
static enum err json_take_all(struct arena *a, struct json_object *root,
                              const struct json_wanted *wanted,
                              struct json_body *body, struct json_value *values)
{
    const struct json_field *fields = wanted->fields;
    struct json_object *o = NULL;
    enum err e = ERR_OK;

    for (size_t i = 0; i < wanted->count && e == ERR_OK; i++) {
        bool there = json_object_object_get_ex(root, fields[i].name, &o) != 0;

        if (there && o == NULL && fields[i].type != JSON_ANY && wanted->null)
            there = fields[i].required;
        if (there)
            e = json_take(a, body, &fields[i], o, &values[i]);
        else if (fields[i].required)
            json_flaw(body, fields[i].name, &json_missing);
    }
    return e;
}

static void json_refuse_others(struct json_object *root,
                               const struct json_field *fields, size_t count,
                               struct json_body *body)
{
    struct json_object_iterator at = json_object_iter_begin(root);
    struct json_object_iterator end = json_object_iter_end(root);

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *name = json_object_iter_peek_name(&at);

        if (!json_declared(name, fields, count))
            json_flaw(body, name, &json_unknown);
    }
}

enum err json_parse(struct arena *a, struct str text,
                    const struct json_field *fields, size_t count,
                    struct json_body *body_r)
{
    struct json_object *root = NULL;

    if (count > JSON_FIELDS_MAX)
        return ERR_INTERNAL;
    enum err e = json_object_of(a, text.n == 0 ? STR("{}") : text,
                                &json_limits_default, &root);

    if (e != ERR_OK)
        return e;
    memset(body_r, 0, sizeof(*body_r));
    json_refuse_others(root, fields, count, body_r);
    e = json_take_all(a, root, &(struct json_wanted){fields, count, true},
                      body_r, body_r->values);
    return e == ERR_OK && body_r->invalid_count > 0 ? ERR_VALIDATION : e;
}

enum err json_parse_open(struct arena *a, struct str text,
                         const struct json_field *fields, size_t count,
                         struct json_body *body_r)
{
    struct json_object *root = NULL;

    if (count > JSON_FIELDS_MAX)
        return ERR_INTERNAL;
    enum err e =
        json_object_of(a, text.n == 0 ? STR("{}") : text, &json_foreign, &root);

    if (e != ERR_OK)
        return e;
    memset(body_r, 0, sizeof(*body_r));
    e = json_take_all(a, root, &(struct json_wanted){fields, count, false},
                      body_r, body_r->values);
    return e == ERR_OK && body_r->invalid_count > 0 ? ERR_VALIDATION : e;
}

enum err json_pick(struct arena *a, struct str text,
                   const struct json_field *fields, size_t count,
                   struct json_value *values_r)
{
    struct json_body flaws = {.invalid_count = 0};
    struct json_object *root = NULL;
    enum err e = json_object_of(a, text, &json_foreign, &root);

    if (e != ERR_OK)
        return e;
    memset(values_r, 0, count * sizeof(*values_r));
    e = json_take_all(a, root, &(struct json_wanted){fields, count, true},
                      &flaws, values_r);
    return e == ERR_OK && flaws.invalid_count > 0 ? ERR_VALIDATION : e;
}

enum err json_members(struct arena *a, struct str text, json_member *each,
                      void *data)
{
    struct json_object *root = NULL;
    enum err e = json_object_of(a, text, &json_limits_default, &root);

    if (e != ERR_OK)
        return e;
    struct json_object_iterator at = json_object_iter_begin(root);
    struct json_object_iterator end = json_object_iter_end(root);

    for (; e == ERR_OK && !json_object_iter_equal(&at, &end);
         json_object_iter_next(&at)) {
        struct str value = STR("null");
        struct json_object *o = json_object_iter_peek_value(&at);

        if (o != NULL)
            e = json_as_text(o, &value);
        if (e == ERR_OK)
            e = each(data, str_of(json_object_iter_peek_name(&at)), value);
    }
    return e;
}
