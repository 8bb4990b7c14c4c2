/* SPDX-License-Identifier: MIT */
/* The JSON reader: parts come in their order, texts unescaped, and two texts
 * that say the same are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_read.h"
#include "base/json_scan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1u << 20);
    return arena == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void assert_str(struct str have, const char *want)
{
    assert_true(str_eq(have, str_of(want)));
}

static void members_come_in_their_order_as_they_stand(void **state)
{
    static const char text[] =
        " { \"a\" : 1 , \"b\\\"}\" :[1, {\"x\":\"]\"} ],\"\":\"\\\\\" , "
        "\"n\":null,\"o\":{ } }\n";
    static const char *const want[][2] = {{"a", "1"},
                                          {"b\\\"}", "[1, {\"x\":\"]\"} ]"},
                                          {"", "\"\\\\\""},
                                          {"n", "null"},
                                          {"o", "{ }"}};
    struct json_walk w = json_walk(str_of(text));
    struct json_part part;

    (void)state;
    assert_int_equal(json_scan(arena, str_of(text), &json_limits_default),
                     ERR_OK);
    assert_true(w.object);
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_true(json_walk_next(&w, &part));
        assert_str(part.key, want[i][0]);
        assert_str(part.value, want[i][1]);
    }
    assert_false(json_walk_next(&w, &part));
    assert_false(json_walk_next(&w, &part));
}

static void elements_come_without_keys(void **state)
{
    struct json_walk w = json_walk(STR("[ true,\"a,b\" ,[ ],-1.5e3]"));
    static const char *const want[] = {"true", "\"a,b\"", "[ ]", "-1.5e3"};
    struct json_part part;

    (void)state;
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_true(json_walk_next(&w, &part));
        assert_null(part.key.p);
        assert_str(part.value, want[i]);
    }
    assert_false(json_walk_next(&w, &part));
}

static void nothing_comes_of_what_holds_no_parts(void **state)
{
    static const char *const texts[] = {"", "{}", "[ ]", "1", "\"{\"", "null"};
    struct json_part part;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct json_walk w = json_walk(str_of(texts[i]));

        assert_false(json_walk_next(&w, &part));
    }
}

static void texts_are_unescaped(void **state)
{
    static const char *const cases[][2] = {
        {"\"\"", ""},
        {"\"a b\"", "a b"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e4\\u20ac\"", "A\xc3\xa4\xe2\x82\xac"},
        {"\"\\ud83d\\ude00!\"", "\xf0\x9f\x98\x80!"},
        {"\"\xc3\xa4\"", "\xc3\xa4"},
    };
    struct str text;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(json_read_text(arena, str_of(cases[i][0]), &text),
                         ERR_OK);
        assert_str(text, cases[i][1]);
    }
}

static void escaped_pairs_become_their_characters(void **state)
{
    static const char *const cases[][2] = {
        {"{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}"},
        {"{\"\\uD877\\uDE00\":\"\\ud83d\\ude00!\"}",
         "{\"\xf0\xad\xb8\x80\":\"\xf0\x9f\x98\x80!\"}"},
        {"[\"\\\\ud83d\\\\ude00\"]", "[\"\\\\ud83d\\\\ude00\"]"},
        {"[\"\\\\\\ud83d\\ude00\\n\"]", "[\"\\\\\xf0\x9f\x98\x80\\n\"]"},
        {"[\"\\u0022\\u00e4\\\"\"]", "[\"\\u0022\\u00e4\\\"\"]"},
        {"[\"\\ud83d\"]", "[\"\\ud83d\"]"},
        {"", ""},
        {"\\", "\\"},
    };
    struct str plain;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(json_read_plain(arena, str_of(cases[i][0]), &plain),
                         ERR_OK);
        assert_str(plain, cases[i][1]);
    }
}

static void only_strings_are_texts(void **state)
{
    static const char *const values[] = {"1",         "true", "null",
                                         "{\"a\":1}", "[]",   ""};
    struct str text = STR("kept");

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++)
        assert_int_equal(json_read_text(arena, str_of(values[i]), &text),
                         ERR_VALIDATION);
    assert_str(text, "kept");
}

static void a_key_may_begin_like_a_value(void **state)
{
    struct str text;

    (void)state;
    assert_int_equal(json_read_key(arena, STR("{\\u0061"), &text), ERR_OK);
    assert_str(text, "{a");
}

static void a_member_is_found_by_name(void **state)
{
    const struct str object = STR("{\"x\":{\"y\":2},\"y\":[3],\"z\":null}");

    (void)state;
    assert_str(json_read_member(object, STR("y")), "[3]");
    assert_str(json_read_member(object, STR("z")), "null");
    assert_null(json_read_member(object, STR("w")).p);
    assert_null(json_read_member(STR("[\"y\"]"), STR("y")).p);
    assert_null(json_read_member(STR("7"), STR("y")).p);
}

static void numbers_and_switches_are_read_strictly(void **state)
{
    static const char *const no_int[] = {"1.0",  "1e2", "\"1\"", "true",
                                         "null", "",    "-"};
    int64_t n = 5;
    double d = 0;
    bool b = false;

    (void)state;
    for (size_t i = 0; i + 1 < COUNT(no_int); i++)
        assert_false(json_read_int(str_of(no_int[i]), &n));
    assert_int_equal(n, 5);
    assert_true(json_read_int(STR("-9007199254740991"), &n));
    assert_true(n == -9007199254740991);
    assert_true(json_read_number(STR("0.25"), &d));
    assert_true(d > 0.24 && d < 0.26);
    assert_false(json_read_number(STR("\"1\""), &d));
    assert_true(json_read_bool(STR("true"), &b) && b);
    assert_true(json_read_bool(STR("false"), &b) && !b);
    assert_false(json_read_bool(STR("null"), &b));
    assert_false(json_read_bool(STR("\"true\""), &b));
    assert_true(json_read_null(STR("null")));
    assert_false(json_read_null(STR("\"null\"")));
}

static void same_and_different(void **state)
{
    static const struct {
        const char *one, *other;
        bool same;
    } cases[] = {
        {"{}", " { } ", true},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
        {"{\"a\":1}", "{\"\\u0061\":1.0}", true},
        {"\"\\u00e4\"", "\"\xc3\xa4\"", true},
        {"[1,[2,{\"x\":null}]]", "[ 1, [2,{\"x\" : null}] ]", true},
        {"1e2", "100", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
        {"{\"a\":1,\"b\":1}", "{\"a\":1,\"c\":1}", false},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1,1]", false},
        {"[]", "{}", false},
        {"1", "\"1\"", false},
        {"null", "false", false},
        {"{\"a\":null}", "{}", false},
        {"\"a\"", "\"A\"", false},
        {"0", "false", false},
    };
    bool same;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(json_read_same(arena, str_of(cases[i].one),
                                        str_of(cases[i].other), &same),
                         ERR_OK);
        assert_int_equal(same, cases[i].same);
        assert_int_equal(json_read_same(arena, str_of(cases[i].other),
                                        str_of(cases[i].one), &same),
                         ERR_OK);
        assert_int_equal(same, cases[i].same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_their_order_as_they_stand),
        cmocka_unit_test(elements_come_without_keys),
        cmocka_unit_test(nothing_comes_of_what_holds_no_parts),
        cmocka_unit_test(texts_are_unescaped),
        cmocka_unit_test(escaped_pairs_become_their_characters),
        cmocka_unit_test(only_strings_are_texts),
        cmocka_unit_test(a_key_may_begin_like_a_value),
        cmocka_unit_test(a_member_is_found_by_name),
        cmocka_unit_test(numbers_and_switches_are_read_strictly),
        cmocka_unit_test(same_and_different),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
