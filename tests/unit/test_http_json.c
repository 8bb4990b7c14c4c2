/* SPDX-License-Identifier: MIT */
/* Bodies against declared fields. */
#include "http_fixture.h"

#include <stdio.h>
#include <string.h>

#include "http/json.h"

/* Calls of the libraries that fail on demand (-Wl,--wrap). */
static bool no_tokener;
static bool no_text;
struct json_object;
struct json_tokener;
struct json_tokener *__real_json_tokener_new(void);
struct json_tokener *__wrap_json_tokener_new(void);
const char *__real_json_object_to_json_string_length(struct json_object *o,
                                                     int flags, size_t *n);
const char *__wrap_json_object_to_json_string_length(struct json_object *o,
                                                     int flags, size_t *n);

struct json_tokener *__wrap_json_tokener_new(void)
{
    return no_tokener ? NULL : __real_json_tokener_new();
}

const char *__wrap_json_object_to_json_string_length(struct json_object *o,
                                                     int flags, size_t *n)
{
    return no_text ? NULL
                   : __real_json_object_to_json_string_length(o, flags, n);
}

static const char *check_no_x(struct str text)
{
    return memchr(text.p, 'x', text.n) == NULL ? NULL : "HAS_X";
}

enum { F_NAME, F_NOTE, F_AGE, F_ON, F_DATA, F_ANY, F_COUNT };

static const struct json_field fields[F_COUNT] = {
    [F_NAME] = {"name", JSON_STRING, true, 2, 8, check_no_x},
    [F_NOTE] = {"note", JSON_STRING, false, 0, 0, NULL},
    [F_AGE] = {"age", JSON_INTEGER, false, 1, 130, NULL},
    [F_ON] = {"on", JSON_BOOLEAN, false, 0, 0, NULL},
    [F_DATA] = {"data", JSON_OBJECT, false, 0, 64, NULL},
    [F_ANY] = {"any", JSON_ANY, false, 0, 0, NULL},
};

static void every_declared_type_is_read(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct json_body body;

    (void)state;
    assert_int_equal(
        json_parse(a,
                   STR(" {\"name\":\"\\u0061b\\n\",\"note\":\"\",\"age\":130,"
                       "\"on\":true,\"data\":{\"a\":null,\"b\":[1,2.50,"
                       "9007199254740991],\"c\":\"\\/\"},\"any\":null} "),
                   fields, F_COUNT, &body),
        ERR_OK);
    assert_int_equal(body.invalid_count, 0);
    fixture_same(body.values[F_NAME].text, "ab\n");
    assert_int_equal(body.values[F_NAME].text.p[3], '\0');
    fixture_same(body.values[F_NOTE].text, "");
    assert_int_equal(body.values[F_AGE].integer, 130);
    assert_true(body.values[F_ON].boolean);
    fixture_same(body.values[F_DATA].text,
                 "{\"a\":null,\"b\":[1,2.50,9007199254740991],\"c\":\"/\"}");
    fixture_same(body.values[F_ANY].text, "null");
    for (size_t i = 0; i < F_COUNT; i++)
        assert_true(body.values[i].present);
    arena_free(&a);
}

static void an_escaped_pair_of_any_plane_is_its_character(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct json_body body;

    (void)state;
    assert_int_equal(
        json_parse(a, STR("{\"name\":\"\\ud837\\ude00\\ud83d\\ude00\"}"),
                   fields, F_COUNT, &body),
        ERR_OK);
    assert_int_equal(body.invalid_count, 0);
    fixture_same(body.values[F_NAME].text, "\xf0\x9d\xb8\x80\xf0\x9f\x98\x80");
    arena_free(&a);
}

static void what_did_not_come_is_absent(void **state)
{
    static const char *const cases[] = {
        "{\"name\":\"ab\"}",
        "{\"name\":\"ab\",\"note\":null,\"age\":null,\"on\":null,"
        "\"data\":null}",
    };
    struct arena *a = fixture_arena(1 << 16);
    struct json_body body;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(
            json_parse(a, str_of(cases[i]), fields, F_COUNT, &body), ERR_OK);
        for (size_t k = F_NOTE; k < F_COUNT; k++)
            assert_false(body.values[k].present);
    }
    arena_free(&a);
}

static void empty_text_is_an_empty_object(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct json_body body;

    (void)state;
    assert_int_equal(json_parse(a, STR(""), NULL, 0, &body), ERR_OK);
    assert_int_equal(json_parse(a, (struct str){NULL, 0}, NULL, 0, &body),
                     ERR_OK);
    assert_int_equal(json_parse(a, STR("{}"), NULL, 0, &body), ERR_OK);
    assert_int_equal(json_parse(a, STR(""), fields, F_COUNT, &body),
                     ERR_VALIDATION);
    assert_string_equal(body.invalid[0].code, "MISSING");
    arena_free(&a);
}

/* strict types, bounds, and no field that was not asked for. */
static void a_1_5_2_a_wrong_field_is_told_by_name(void **state)
{
    static const struct {
        const char *text, *field, *code;
    } cases[] = {
        {"{}", "name", "MISSING"},
        {"{\"name\":null}", "name", "WRONG_TYPE"},
        {"{\"name\":1}", "name", "WRONG_TYPE"},
        {"{\"name\":true}", "name", "WRONG_TYPE"},
        {"{\"name\":[\"ab\"]}", "name", "WRONG_TYPE"},
        {"{\"name\":{\"a\":\"ab\"}}", "name", "WRONG_TYPE"},
        {"{\"name\":\"a\"}", "name", "TOO_SHORT"},
        {"{\"name\":\"\"}", "name", "TOO_SHORT"},
        {"{\"name\":\"123456789\"}", "name", "TOO_LONG"},
        {"{\"name\":\"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\"}", "name",
         "TOO_LONG"},
        {"{\"name\":\"axb\"}", "name", "HAS_X"},
        {"{\"name\":\"ab\",\"age\":0}", "age", "OUT_OF_RANGE"},
        {"{\"name\":\"ab\",\"age\":131}", "age", "OUT_OF_RANGE"},
        {"{\"name\":\"ab\",\"age\":-9007199254740991}", "age", "OUT_OF_RANGE"},
        {"{\"name\":\"ab\",\"age\":\"5\"}", "age", "WRONG_TYPE"},
        {"{\"name\":\"ab\",\"age\":5.0}", "age", "WRONG_TYPE"},
        {"{\"name\":\"ab\",\"age\":5e0}", "age", "WRONG_TYPE"},
        {"{\"name\":\"ab\",\"on\":\"true\"}", "on", "WRONG_TYPE"},
        {"{\"name\":\"ab\",\"on\":1}", "on", "WRONG_TYPE"},
        {"{\"name\":\"ab\",\"data\":[]}", "data", "WRONG_TYPE"},
        {"{\"name\":\"ab\",\"data\":\"{}\"}", "data", "WRONG_TYPE"},
        {"{\"name\":\"ab\",\"data\":{\"a\":\"01234567890123456789012345678901"
         "2345678901234567890123456789\"}}",
         "data", "TOO_LONG"},
        {"{\"name\":\"ab\",\"role\":\"admin\"}", "role", "UNKNOWN_FIELD"},
        {"{\"name\":\"ab\",\"Name\":\"ab\"}", "Name", "UNKNOWN_FIELD"},
        {"{\"name\":\"ab\",\"\":1}", "", "UNKNOWN_FIELD"},
        {"{\"name\":\"ab\",\"__proto__\":{}}", "__proto__", "UNKNOWN_FIELD"},
    };
    struct arena *a = fixture_arena(1 << 18);
    struct json_body body;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(
            json_parse(a, str_of(cases[i].text), fields, F_COUNT, &body),
            ERR_VALIDATION);
        assert_int_equal(body.invalid_count, 1);
        assert_string_equal(body.invalid[0].field, cases[i].field);
        assert_string_equal(body.invalid[0].code, cases[i].code);
        assert_non_null(body.invalid[0].detail);
    }
    arena_free(&a);
}

static void problems_past_the_room_are_left_out(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct json_body body;
    char text[512] = "{\"k0\":0";

    (void)state;
    for (unsigned i = 1; i < 20; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                       ",\"k%u\":0", i);
    text[strlen(text)] = '}';
    assert_int_equal(json_parse(a, str_of(text), fields, F_COUNT, &body),
                     ERR_VALIDATION);
    assert_int_equal(body.invalid_count, JSON_FIELDS_MAX);
    assert_string_equal(body.invalid[JSON_FIELDS_MAX - 1].field, "k11");
    arena_free(&a);
}

/* R8259-2, R7493-2.3, A-1.5.3, A-15.3.7: what json-c alone would take. */
static void r8259_2_text_with_two_readings_is_malformed(void **state)
{
    static const struct str cases[] = {
        {"[]", 2},
        {"\"a\"", 3},
        {"null", 4},
        {"{", 1},
        {"{}x", 3},
        {"{}{}", 4},
        {"\xef\xbb\xbf{}", 5},
        {"{}\0", 3},
        {" ", 1},
        {"{'name':'ab'}", 13},
        {"{\"name\":\"ab\",\"name\":\"cd\"}", 25},
        {"{\"name\":\"ab\",\"n\\u0061me\":\"cd\"}", 30},
        {"{\"any\":NaN}", 11},
        {"{\"any\":Infinity}", 16},
        {"{\"any\":01}", 10},
        {"{\"any\":1.}", 10},
        {"{\"any\":9007199254740992}", 24},
        {"{\"any\":1e999}", 13},
        {"{\"any\":\"\\u0000\"}", 16},
        {"{\"a\\u0000b\":1}", 14},
        {"{\"any\":\"\\ud800\"}", 16},
        {"{\"any\":\"\xc0\xaf\"}", 12},
        {"{\"any\":\"\xff\"}", 11},
        {"{\"any\":\"\n\"}", 11},
        {"{\"any\":1,}", 10},
        {"{/**/}", 6},
        {"{\"any\" 1}", 9},
    };
    struct arena *a = fixture_arena(1 << 20);
    struct json_body body;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(json_parse(a, cases[i], fields, F_COUNT, &body),
                         ERR_MALFORMED_JSON);
    arena_free(&a);
}

/* JSON-LIM: a string of 8192 bytes is read whole, a longer one is refused. */
static void json_lim_the_longest_string_is_read_whole(void **state)
{
    static char text[8192 + 16];
    struct arena *a = fixture_arena(1 << 20);
    struct json_body body;

    (void)state;
    for (size_t n = 8192; n <= 8193; n++) {
        size_t head = strlen(strcpy(text, "{\"any\":\""));

        memset(text + head, 'a', n);
        memcpy(text + head + n, "\"}", 3);
        enum err e = json_parse(a, str_of(text), &fields[F_ANY], 1, &body);

        assert_int_equal(e, n == 8192 ? ERR_OK : ERR_MALFORMED_JSON);
    }
    arena_free(&a);
}

static void more_fields_than_room_are_our_mistake(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct json_body body;

    (void)state;
    assert_int_equal(
        json_parse(a, STR("{}"), fields, JSON_FIELDS_MAX + 1, &body),
        ERR_INTERNAL);
    arena_free(&a);
}

static enum err starve_json(struct arena *a)
{
    struct json_body body;

    return json_parse(a, STR("{\"name\":\"ab\",\"data\":{\"a\":[1]}}"), fields,
                      F_COUNT, &body);
}

static void a_body_without_memory_is_told_so(void **state)
{
    (void)state;
    fixture_starve(starve_json, ERR_OK);
}

static void a_library_without_memory_is_told_so(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct json_body body;

    (void)state;
    no_tokener = true;
    assert_int_equal(json_parse(a, STR("{}"), NULL, 0, &body), ERR_NO_MEMORY);
    no_tokener = false;
    no_text = true;
    assert_int_equal(
        json_parse(a, STR("{\"any\":[]}"), &fields[F_ANY], 1, &body),
        ERR_NO_MEMORY);
    no_text = false;
    arena_free(&a);
}

static const struct json_field foreign[] = {
    {"id", JSON_IDENTIFIER, false, 0, 8, check_no_x},
    {"on", JSON_FLAG, false, 0, 0, NULL},
    {"list", JSON_STRINGS, false, 0, 0, NULL},
    {"keys", JSON_OBJECTS, false, 0, 0, NULL},
    {"name", JSON_STRING, true, 1, 8, NULL},
};

static void what_others_made_is_picked_from(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct json_value v[COUNT(foreign)];

    (void)state;
    assert_int_equal(
        json_pick(a,
                  STR("{\"more\":[{}],\"id\":-9007199254740991,\"on\":\"true\","
                      "\"list\":[\"a\",\"\"],\"keys\":[{\"a\":[1]},{}],"
                      "\"name\":\"n\",\"x\":null}"),
                  foreign, COUNT(foreign), v),
        ERR_VALIDATION); /* 17 digits: longer than 8 bytes */
    assert_int_equal(
        json_pick(a,
                  STR("{\"more\":[{}],\"id\":-12,\"on\":\"true\","
                      "\"list\":[\"a\",\"\"],\"keys\":[{\"a\":[1]},{}],"
                      "\"name\":\"n\",\"x\":null}"),
                  foreign, COUNT(foreign), v),
        ERR_OK);
    fixture_same(v[0].text, "-12");
    assert_true(v[1].boolean);
    assert_int_equal(v[2].item_count, 2);
    fixture_same(v[2].items[0], "a");
    fixture_same(v[2].items[1], "");
    assert_int_equal(v[3].item_count, 2);
    fixture_same(v[3].items[0], "{\"a\":[1]}");
    fixture_same(v[3].items[1], "{}");
    assert_int_equal(json_pick(a,
                               STR("{\"name\":\"n\",\"id\":\"07\",\"on\":"
                                   "false,\"list\":\"one\",\"keys\":[]}"),
                               foreign, COUNT(foreign), v),
                     ERR_OK);
    fixture_same(v[0].text, "07");
    assert_true(v[1].present);
    assert_false(v[1].boolean);
    assert_int_equal(v[2].item_count, 1);
    fixture_same(v[2].items[0], "one");
    assert_true(v[3].present);
    assert_int_equal(v[3].item_count, 0);
    arena_free(&a);
}

static void what_does_not_fit_is_not_picked(void **state)
{
    static const struct {
        const char *text;
        enum err e;
    } cases[] = {
        {"{}", ERR_VALIDATION},
        {"{\"name\":null}", ERR_VALIDATION},
        {"{\"name\":\"123456789\"}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"id\":1.0}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"id\":true}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"id\":\"x\"}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"on\":\"TRUE\"}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"on\":1}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"list\":[1]}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"list\":[null]}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"list\":{}}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"keys\":{}}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"keys\":[[]]}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"keys\":\"{}\"}", ERR_VALIDATION},
        {"{\"name\":\"n\",\"more\":1,\"more\":1}", ERR_MALFORMED_JSON},
        {"{\"name\":\"n\"}x", ERR_MALFORMED_JSON},
        {"[]", ERR_MALFORMED_JSON},
        {"", ERR_MALFORMED_JSON},
    };
    struct arena *a = fixture_arena(1 << 18);
    struct json_value v[COUNT(foreign)];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum err e =
            json_pick(a, str_of(cases[i].text), foreign, COUNT(foreign), v);

        if (e != cases[i].e)
            fail_msg("%s: %s", cases[i].text, err_name(e));
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_made_is_picked_from),
        cmocka_unit_test(what_does_not_fit_is_not_picked),
        cmocka_unit_test(every_declared_type_is_read),
        cmocka_unit_test(an_escaped_pair_of_any_plane_is_its_character),
        cmocka_unit_test(what_did_not_come_is_absent),
        cmocka_unit_test(empty_text_is_an_empty_object),
        cmocka_unit_test(a_1_5_2_a_wrong_field_is_told_by_name),
        cmocka_unit_test(problems_past_the_room_are_left_out),
        cmocka_unit_test(r8259_2_text_with_two_readings_is_malformed),
        cmocka_unit_test(json_lim_the_longest_string_is_read_whole),
        cmocka_unit_test(more_fields_than_room_are_our_mistake),
        cmocka_unit_test(a_body_without_memory_is_told_so),
        cmocka_unit_test(a_library_without_memory_is_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
