/* SPDX-License-Identifier: MIT */
/* Methods, targets and query parameters. */
#include "http_fixture.h"

#include <string.h>

static const struct http_limits limits = {
    .url = 64, .header = 1024, .body = 1024, .cookies = 4};

static void only_the_seven_methods_are_known(void **state)
{
    static const char *const foreign[] = {"get",   "GET ", "TRACE",   "CONNECT",
                                          "POSTX", "",     "PROPFIND"};

    (void)state;
    for (unsigned m = 0; m < METHOD_COUNT; m++)
        assert_int_equal(
            http_method_of(str_of(http_method_text((enum http_method)m))), m);
    for (size_t i = 0; i < COUNT(foreign); i++)
        assert_int_equal(http_method_of(str_of(foreign[i])), METHOD_COUNT);
    assert_string_equal(http_method_text(METHOD_COUNT), "");
}

static void a_field_is_found_by_its_exact_name(void **state)
{
    struct arena *a = fixture_arena(4096);
    struct http_request r = fixture_request(
        a, (const struct fixture_field[]){
               {"HOST", "one"}, {"HOST", "two"}, {"X_A", ""}, {NULL, NULL}});

    (void)state;
    fixture_same(http_field(&r, "HOST"), "one");
    fixture_same(http_field(&r, "X_A"), "");
    fixture_same(http_field(&r, "host"), NULL);
    fixture_same(http_field(&r, "X_"), NULL);
    arena_free(&a);
}

static void a_1_1_1_a_good_target_is_decoded_once(void **state)
{
    static const struct {
        const char *target, *path, *query;
    } cases[] = {
        {"/", "/", NULL},
        {"/api/auth/login", "/api/auth/login", NULL},
        {"/a?", "/a", ""},
        {"/a?b=c?d&e=%2f", "/a", "b=c?d&e=%2f"},
        {"/a%20b", "/a b", NULL},
        {"/%61pi", "/api", NULL},
        {"/%252e%252e", "/%2e%2e", NULL},
        {"/%E2%82%AC", "/\xe2\x82\xac", NULL},
        {"/a/", "/a/", NULL},
        {"/...", "/...", NULL},
        {"/.a/b.", "/.a/b.", NULL},
        {"/a+b", "/a+b", NULL},
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = {.target = str_of(cases[i].target)};

        assert_int_equal(http_target_parse(a, &r, &limits), ERR_OK);
        fixture_same(r.path, cases[i].path);
        fixture_same(r.query, cases[i].query);
    }
    arena_free(&a);
}

static void a_target_with_two_readings_is_refused(void **state)
{
    static const char *const cases[] = {
        "",           "api",       "*",       "http://h/a", "//",
        "//a",        "/a//b",     "/a//",    "/.",         "/..",
        "/a/./b",     "/a/../b",   "/a/..",   "/%2e%2e/a",  "/%2E",
        "/a%2fb",     "/a%2Fb",    "/a%5cb",  "/a%5Cb",     "/a\\b",
        "/a%00b",     "/a%",       "/a%4",    "/a%4g",      "/a%zz",
        "/a%0ab",     "/a%0d%0ab", "/a%1bb",  "/a%7fb",     "/a b",
        "/a\tb",      "/a\x7f",    "/a#b",    "/%ff",       "/%c0%af",
        "/%ed%a0%80", "/\xff",     "/%C2%85", "/%e2%80%a8", "/a?b\nc",
        "/a?b c",     "/a?b\\c",
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = {.target = str_of(cases[i])};

        assert_int_equal(http_target_parse(a, &r, &limits), ERR_BAD_REQUEST);
        fixture_same(r.path, NULL);
    }
    arena_free(&a);
}

static void a_target_past_the_limit_is_told_so(void **state)
{
    char text[66] = "/";
    struct http_request r = {.target = {text, 64}};
    struct arena *a = fixture_arena(4096);

    (void)state;
    memset(text + 1, 'a', 64);
    assert_int_equal(http_target_parse(a, &r, &limits), ERR_OK);
    r.target.n = 65;
    assert_int_equal(http_target_parse(a, &r, &limits), ERR_URL_TOO_LONG);
    text[0] = 'x';
    assert_int_equal(http_target_parse(a, &r, &limits), ERR_URL_TOO_LONG);
    arena_free(&a);
}

static enum err starve_target(struct arena *a)
{
    struct http_request r = {.target = STR("/a%20b?c")};

    return http_target_parse(a, &r, &limits);
}

static void a_target_without_memory_is_told_so(void **state)
{
    (void)state;
    fixture_starve(starve_target, ERR_OK);
}

static void a_query_parameter_is_decoded_as_a_form_does(void **state)
{
    static const struct {
        const char *query, *value;
    } cases[] = {
        {NULL, NULL},       {"", NULL},
        {"b=1", NULL},      {"a=1", "1"},
        {"b=2&a=1&c", "1"}, {"a=", ""},
        {"a", ""},          {"A=1", NULL},
        {"aa=1", NULL},     {"a=x+y", "x y"},
        {"a=x%2By", "x+y"}, {"a=b=c", "b=c"},
        {"%61=1", "1"},     {"a=%E2%82%AC", "\xe2\x82\xac"},
        {"a=1&&b", "1"},    {"a=1;a=2", "1;a=2"},
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = {.query = str_of(cases[i].query)};
        struct str value = STR("untouched");

        assert_int_equal(http_query(a, &r, STR("a"), &value), ERR_OK);
        fixture_same(value, cases[i].value);
    }
    arena_free(&a);
}

/* a parameter that came twice is refused. */
static void a_15_3_7_a_doubtful_query_is_refused(void **state)
{
    static const char *const cases[] = {
        "a=1&a=1", "a=1&a=2", "a=1&%61=2", "a=&a=", "a=1&b=2&a=3",
        "a=%",     "a=%4",    "a=%zz",     "%zz=1", "a=%00",
        "a=%ff",   "%00=1",   "a=\xff",
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = {.query = str_of(cases[i])};
        struct str value = STR("untouched");

        assert_int_equal(http_query(a, &r, STR("a"), &value), ERR_BAD_REQUEST);
        fixture_same(value, "untouched");
    }
    arena_free(&a);
}

static enum err starve_query(struct arena *a)
{
    struct http_request r = {.query = STR("b=1&a=%20")};
    struct str value;

    return http_query(a, &r, STR("a"), &value);
}

static void a_query_without_memory_is_told_so(void **state)
{
    (void)state;
    fixture_starve(starve_query, ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_seven_methods_are_known),
        cmocka_unit_test(a_field_is_found_by_its_exact_name),
        cmocka_unit_test(a_1_1_1_a_good_target_is_decoded_once),
        cmocka_unit_test(a_target_with_two_readings_is_refused),
        cmocka_unit_test(a_target_past_the_limit_is_told_so),
        cmocka_unit_test(a_target_without_memory_is_told_so),
        cmocka_unit_test(a_query_parameter_is_decoded_as_a_form_does),
        cmocka_unit_test(a_15_3_7_a_doubtful_query_is_refused),
        cmocka_unit_test(a_query_without_memory_is_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
