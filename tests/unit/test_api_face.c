/* SPDX-License-Identifier: MIT */
/* Which face a path belongs to, and what of it names application and tenant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/face.h"
#include "api/routes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct config *config;
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    config = config_load(NULL, stderr);
    arena = arena_new(1u << 16);
    return config == NULL || arena == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    config_free(&config);
    arena_free(&arena);
    return 0;
}

static void face_on(bool cdi, const char *base)
{
    config->cdi_enabled = cdi;
    config->cdi_base_path = base;
}

static void assert_str(struct str have, const char *want)
{
    assert_true(str_eq(have, str_of(want)));
}

static void application_and_tenant_are_cut_off_C04(void **state)
{
    static const struct {
        const char *path, *rest, *app, *tenant;
        bool given;
    } cases[] = {
        {"/apiversion", "/apiversion", "public", "public", false},
        {"/hello", "/hello", "public", "public", false},
        {"/", "/", "public", "public", false},
        {"/public/hello", "/hello", "public", "public", true},
        {"/t1/hello", "/hello", "public", "t1", true},
        {"/appid-a/hello", "/hello", "a", "public", false},
        {"/appid-a/t1/hello", "/hello", "a", "t1", true},
        {"/appid-a", "/", "a", "public", false},
        {"/appid-public/public/hello", "/hello", "public", "public", true},
        {"/APPID-A/T1/Hello", "/hello", "a", "t1", true},
        {"/hello/", "/hello", "public", "public", false},
        {"/appid-a/recipe/multitenancy/tenant/v2",
         "/recipe/multitenancy/tenant/v2", "a", "public", false},
        {"/appid-a/t-2/recipe/multitenancy/tenant/v2",
         "/recipe/multitenancy/tenant/v2", "a", "t-2", true},
    };

    (void)state;
    face_on(true, "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct face f = face_of(config, arena, str_of(cases[i].path));

        assert_int_equal(f.mark, ROUTE_CDI);
        assert_str(f.path, cases[i].rest);
        assert_str(f.app, cases[i].app);
        assert_str(f.tenant, cases[i].tenant);
        assert_int_equal(f.tenant_given, cases[i].given);
    }
}

/* What is no name, no known address, or a word that begins addresses. */
static void nothing_else_is_taken_for_a_name_C04(void **state)
{
    static const char *const paths[] = {
        "/recipe/hello",          "/users/hello",
        "/config/hello",          "/t_1/hello",
        "/t1/t2/hello",           "/t1/appid-a/hello",
        "/appid-/hello",          "/t1/nothing",
        "/appid-a/t1/nothing",    "/appid-a/b/c/hello",
        "/appid-a/appid-b/hello",
    };
    struct str params[ROUTER_PARAMS_MAX];
    unsigned allow;

    (void)state;
    face_on(true, "");
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct face f = face_of(config, arena, str_of(paths[i]));

        assert_int_equal(f.mark, ROUTE_CDI);
        assert_null(routes_find(f.mark, METHOD_GET, f.path, params, &allow));
        assert_int_equal(allow, 0);
    }
}

static void a_base_path_comes_first(void **state)
{
    static const char *const outside[] = {"/hello", "/core", "/corehello",
                                          "/t1/core/hello", "/Core/hello"};

    (void)state;
    face_on(true, "/core");
    struct face f = face_of(config, arena, STR("/core/appid-a/t1/hello"));

    assert_int_equal(f.mark, ROUTE_CDI);
    assert_str(f.path, "/hello");
    assert_str(f.app, "a");
    assert_str(f.tenant, "t1");
    for (size_t i = 0; i < COUNT(outside); i++)
        assert_int_equal(face_of(config, arena, str_of(outside[i])).mark, 0);
}

static void a_face_that_is_off_has_no_paths(void **state)
{
    (void)state;
    face_on(false, "");
    assert_int_equal(face_of(config, arena, STR("/hello")).mark, 0);
    assert_int_equal(face_of(config, arena, STR("/auth/signin")).mark, 0);
}

/* A lane is looked for before there is memory for the request. */
static void a_path_is_judged_without_memory(void **state)
{
    (void)state;
    face_on(true, "");
    struct face f = face_of(config, NULL, STR("/appid-a/t1/hello"));

    assert_int_equal(f.mark, ROUTE_CDI);
    assert_str(f.path, "/hello");
}

static void rows_of_one_face_are_none_of_another(void **state)
{
    struct str params[ROUTER_PARAMS_MAX];
    unsigned allow;

    (void)state;
    assert_null(routes_find(0, METHOD_GET, STR("/apiversion"), params, &allow));
    assert_int_equal(allow, 0);
    assert_null(routes_find(ROUTE_CDI, METHOD_GET, STR("/api/auth/status"),
                            params, &allow));
    assert_int_equal(allow, 0);
    assert_null(
        routes_find(ROUTE_FDI, METHOD_GET, STR("/apiversion"), params, &allow));
    assert_int_equal(allow, 0);
    assert_non_null(
        routes_find(ROUTE_CDI, METHOD_GET, STR("/apiversion"), params, &allow));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(application_and_tenant_are_cut_off_C04),
        cmocka_unit_test(nothing_else_is_taken_for_a_name_C04),
        cmocka_unit_test(a_base_path_comes_first),
        cmocka_unit_test(a_face_that_is_off_has_no_paths),
        cmocka_unit_test(a_path_is_judged_without_memory),
        cmocka_unit_test(rows_of_one_face_are_none_of_another),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
