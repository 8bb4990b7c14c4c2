/* SPDX-License-Identifier: MIT */
/* What must hold for every row of the route table, and finding rows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "api/routes.h"

static bool changes(const struct route *row)
{
    return row->method != METHOD_GET && row->method != METHOD_HEAD;
}

static void rows_are_complete(void **state)
{
    size_t count;
    const struct route *rows = routes_all(&count);

    (void)state;
    assert_true(count >= 22);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].pattern[0], '/');
        assert_true(rows[i].need < NEED_COUNT);
        assert_true(rows[i].csrf < CSRF_COUNT);
        assert_true(rows[i].body < BODY_COUNT);
        assert_non_null(rows[i].handle);
        assert_true(strlen(rows[i].name) > 0);
        assert_true(strlen(rows[i].summary) > 0);
        assert_true(rows[i].field_count <= JSON_FIELDS_MAX);
        assert_true(rows[i].method != METHOD_HEAD &&
                    rows[i].method != METHOD_OPTIONS);
    }
}

/* Each face has an address space of its own. */
static bool same_face(const struct route *one, const struct route *other)
{
    return ((one->marks ^ other->marks) & (ROUTE_CDI | ROUTE_FDI)) == 0;
}

static void no_row_is_there_twice(void **state)
{
    size_t count;
    const struct route *rows = routes_all(&count);

    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            if (rows[i].method == rows[k].method &&
                same_face(&rows[i], &rows[k]))
                assert_string_not_equal(rows[i].pattern, rows[k].pattern);
}

static void aliases_are_alike(void **state)
{
    size_t count;
    const struct route *rows = routes_all(&count);

    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            bool same = strcmp(rows[i].name, rows[k].name) == 0;

            assert_true(same == (rows[i].handle == rows[k].handle));
            if (!same)
                continue;
            assert_int_equal(rows[i].need, rows[k].need);
            assert_int_equal(rows[i].csrf, rows[k].csrf);
            assert_ptr_equal(rows[i].fields, rows[k].fields);
        }
}

/* whatever a cookie can open and that changes something is guarded. */
static void unsafe_rows_check_the_origin(void **state)
{
    size_t count;
    const struct route *rows = routes_all(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        /* These take no cookie, and refuse browsers (api/cdi.c). */
        if ((rows[i].marks & ROUTE_CDI) != 0)
            continue;
        if (changes(&rows[i]) && rows[i].need != NEED_API_KEY)
            assert_int_not_equal(rows[i].csrf, CSRF_NONE);
        if (rows[i].need == NEED_REFRESH)
            assert_int_not_equal(rows[i].csrf, CSRF_NONE);
        if (rows[i].need == NEED_NONE && changes(&rows[i]))
            assert_int_equal(rows[i].csrf, CSRF_ALWAYS);
    }
}

static void fields_stand_with_a_body(void **state)
{
    size_t count;
    const struct route *rows = routes_all(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].field_count > 0)
            assert_true(rows[i].body == BODY_JSON ||
                        rows[i].body == BODY_FORM || rows[i].body == BODY_CDI);
        if (rows[i].method == METHOD_GET)
            assert_int_equal(rows[i].body, BODY_NONE);
        for (size_t k = 0; k < rows[i].field_count; k++)
            assert_true(rows[i].fields[k].max > 0 || rows[i].body == BODY_CDI);
    }
}

static void every_row_is_found_by_its_own_path(void **state)
{
    struct str params[ROUTER_PARAMS_MAX];
    unsigned allow;
    size_t count;
    const struct route *rows = routes_all(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const unsigned face = rows[i].marks & ROUTE_FACES;
        struct str path = str_of(rows[i].pattern);

        /* What stands for the base path has been cut off by then. */
        if (face == ROUTE_FDI)
            path = (struct str){path.p + 5, path.n - 5};
        assert_ptr_equal(
            routes_find(face, rows[i].method, path, params, &allow), &rows[i]);
    }
}

static void plain_http_is_for_probes(void **state)
{
    size_t count;
    const struct route *rows = routes_all(&count);

    (void)state;
    for (size_t i = 0; i < count; i++)
        if ((rows[i].marks & ROUTE_PLAIN) != 0)
            assert_int_equal(rows[i].need, NEED_NONE);
}

#define BIT(m) (1u << METHOD_##m)

static void finds_or_tells_the_methods(void **state)
{
    static const struct {
        enum http_method method;
        const char *path, *name; /* NULL: none */
        unsigned allow;
    } cases[] = {
        {METHOD_GET, "/api/auth/sessions", "session.list", 0},
        {METHOD_HEAD, "/api/auth/sessions", "session.list", 0},
        {METHOD_DELETE, "/api/auth/sessions/others", "session.revoke_others",
         0},
        {METHOD_DELETE, "/api/auth/sessions/x", "session.revoke", 0},
        {METHOD_DELETE, "/api/users/me/sessions/x", "session.revoke", 0},
        {METHOD_PATCH, "/api/auth/sessions/x", "session.label", 0},
        {METHOD_GET, "/healthz", "meta.healthz", 0},
        {METHOD_HEAD, "/api/auth/login", NULL, BIT(POST) | BIT(OPTIONS)},
        {METHOD_GET, "/api/auth/login", NULL, BIT(POST) | BIT(OPTIONS)},
        {METHOD_PUT, "/api/auth/refresh", NULL,
         BIT(GET) | BIT(HEAD) | BIT(POST) | BIT(OPTIONS)},
        {METHOD_OPTIONS, "/api/auth/logout", NULL, BIT(POST) | BIT(OPTIONS)},
        {METHOD_COUNT, "/api/auth/logout", NULL, BIT(POST) | BIT(OPTIONS)},
        {METHOD_POST, "/api/auth/sessions/x", NULL,
         BIT(DELETE) | BIT(PATCH) | BIT(OPTIONS)},
        {METHOD_GET, "/", NULL, 0},
        {METHOD_GET, "", NULL, 0},
        {METHOD_GET, "/api/auth/status/", NULL, 0},
        {METHOD_GET, "/API/auth/status", NULL, 0},
        {METHOD_GET, "/api/auth/statuses", NULL, 0},
        {METHOD_DELETE, "/api/auth/sessions/", NULL, 0},
        {METHOD_DELETE, "/api/auth/sessions/a/b", NULL, 0},
        {METHOD_COUNT, "/nothing", NULL, 0},
    };
    struct str params[ROUTER_PARAMS_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned allow;
        const struct route *row = routes_find(
            0, cases[i].method, str_of(cases[i].path), params, &allow);

        if (cases[i].name == NULL) {
            assert_null(row);
            assert_int_equal(allow, cases[i].allow);
            continue;
        }
        assert_non_null(row);
        assert_string_equal(row->name, cases[i].name);
    }
}

static void the_id_becomes_a_parameter(void **state)
{
    struct str params[ROUTER_PARAMS_MAX];
    unsigned allow;

    (void)state;
    assert_non_null(routes_find(0, METHOD_DELETE, STR("/api/auth/sessions/abc"),
                                params, &allow));
    assert_true(str_eq(params[0], STR("abc")));
}

static void every_word_for_the_docs_is_there(void **state)
{
    (void)state;
    for (int i = 0; i < NEED_COUNT; i++)
        assert_non_null(routes_need_text((enum route_need)i));
    for (int i = 0; i < CSRF_COUNT; i++)
        assert_non_null(routes_csrf_text((enum route_csrf)i));
    for (int i = 0; i < BODY_COUNT; i++)
        assert_non_null(routes_body_text((enum route_body)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(no_row_is_there_twice),
        cmocka_unit_test(aliases_are_alike),
        cmocka_unit_test(unsafe_rows_check_the_origin),
        cmocka_unit_test(fields_stand_with_a_body),
        cmocka_unit_test(every_row_is_found_by_its_own_path),
        cmocka_unit_test(plain_http_is_for_probes),
        cmocka_unit_test(finds_or_tells_the_methods),
        cmocka_unit_test(the_id_becomes_a_parameter),
        cmocka_unit_test(every_word_for_the_docs_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
