/* SPDX-License-Identifier: MIT */
/* Patterns and the paths that fit them. */
#include "http_fixture.h"

#include "http/router.h"

static void a_pattern_takes_its_own_paths(void **state)
{
    static const struct {
        const char *pattern, *path, *one, *two;
    } cases[] = {
        {"/", "/", "-", "-"},
        {"/api/auth/login", "/api/auth/login", "-", "-"},
        {"/s/{id}", "/s/42", "42", "-"},
        {"/s/{id}", "/s/{id}", "{id}", "-"},
        {"/u/{user}/s/{id}", "/u/a/s/b", "a", "b"},
        {"/{a}/{b}", "/x y/%2e", "x y", "%2e"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str params[ROUTER_PARAMS_MAX] = {STR("-"), STR("-")};

        assert_true(
            router_match(cases[i].pattern, str_of(cases[i].path), params));
        fixture_same(params[0], cases[i].one);
        fixture_same(params[1], cases[i].two);
    }
}

static void a_pattern_takes_nothing_else(void **state)
{
    static const struct {
        const char *pattern, *path;
    } cases[] = {
        {"/", ""},
        {"/", "//"},
        {"/", "/a"},
        {"/a", "/A"},
        {"/a", "/a/"},
        {"/a", "/a/b"},
        {"/a", "a"},
        {"/a", "/ab"},
        {"/a/b", "/a"},
        {"/s/{id}", "/s"},
        {"/s/{id}", "/s/"},
        {"/s/{id}", "/s//"},
        {"/s/{id}", "/s/42/"},
        {"/s/{id}", "/s/42/x"},
        {"/s/{id}", "/t/42"},
        {"/s/{id}/x", "/s/42/y"},
        {"/{a}/{b}/{c}", "/1/2/3"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str params[ROUTER_PARAMS_MAX] = {STR("-"), STR("-")};

        assert_false(
            router_match(cases[i].pattern, str_of(cases[i].path), params));
        fixture_same(params[0], "-");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_takes_its_own_paths),
        cmocka_unit_test(a_pattern_takes_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
