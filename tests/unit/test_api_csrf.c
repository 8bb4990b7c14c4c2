/* SPDX-License-Identifier: MIT */
/* Cross-site requests against every route that a cookie can open, by cases
 * made from the route table. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"

#define FOREIGN "https://evil.test"

/* What a browser says about where a request comes from. */
struct source {
    const char *origin, *site, *dest, *referer;
    bool permitted;
};

/* SFM-1, SFM-2, SFM-3, A-3.4.2 */
static const struct source sources[] = {
    {NULL, NULL, NULL, NULL, false},
    {FIXTURE_ORIGIN, NULL, NULL, NULL, true},
    {FIXTURE_ORIGIN, "same-origin", "empty", NULL, true},
    {"https://app.test", "same-site", NULL, NULL, true},
    {"https://app.test", "cross-site", NULL, NULL, true},
    {NULL, "same-origin", NULL, NULL, true},
    {NULL, "none", NULL, NULL, true},
    {NULL, NULL, NULL, FIXTURE_ORIGIN "/page", true},
    {FOREIGN, NULL, NULL, NULL, false},
    {FOREIGN, "cross-site", NULL, NULL, false},
    {FOREIGN, "same-origin", NULL, NULL, false},
    {"null", NULL, NULL, NULL, false},
    {"null", "same-origin", NULL, NULL, false},
    {FIXTURE_ORIGIN ".evil.test", NULL, NULL, NULL, false},
    {"http://id.test", NULL, NULL, NULL, false},
    {FIXTURE_ORIGIN ":8443", NULL, NULL, NULL, false},
    {FIXTURE_ORIGIN "@evil.test", NULL, NULL, NULL, false},
    {"", NULL, NULL, NULL, false},
    {NULL, "cross-site", NULL, NULL, false},
    {NULL, "same-site", NULL, NULL, false},
    {NULL, "unheard-of", NULL, NULL, false},
    {NULL, NULL, NULL, FOREIGN "/" FIXTURE_ORIGIN, false},
    {FIXTURE_ORIGIN, "same-origin", "document", NULL, false},
    {FIXTURE_ORIGIN, "cross-site", NULL, NULL, false},
};

static void add(struct api_fixture *f, const char *name, const char *value)
{
    if (value != NULL)
        api_field(f, name, value);
}

static void come_from(struct api_fixture *f, const struct source *s)
{
    add(f, "ORIGIN", s->origin);
    add(f, "SEC_FETCH_SITE", s->site);
    add(f, "SEC_FETCH_DEST", s->dest);
    add(f, "REFERER", s->referer);
}

/* Drops the good Origin that a row's request has. */
static void forget_origin(struct api_fixture *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->req.field_count; i++)
        if (!str_eq(f->fields[i].name, STR("ORIGIN")))
            f->fields[kept++] = f->fields[i];
    f->req.field_count = kept;
}

static void judge(struct api_fixture *f, const struct route *row,
                  const struct source *s)
{
    api_request_row(f, row, true);
    forget_origin(f);
    if (row->need == NEED_NONE)
        api_cookie_in(f, "refresh_token", FIXTURE_REFRESH);
    come_from(f, s);
    if (s->permitted) {
        api_assert_handled(f, row);
        return;
    }
    (void)api_send(f);
    api_assert_problem(f, 403, "CROSS_SITE_REQUEST");
    assert_int_equal(fake.handled, 0);
    assert_int_equal(api_answer_cookies(f), 0);
}

/* */
static void every_guarded_row_refuses_foreign_pages(void **state)
{
    struct api_fixture *f = *state;
    size_t guarded = 0;
    size_t count;
    const struct route *rows = routes_all(&count);

    for (size_t i = 0; i < count; i++) {
        if (rows[i].csrf == CSRF_NONE || (rows[i].marks & ROUTE_FACES) != 0)
            continue;
        guarded++;
        for (size_t k = 0; k < sizeof(sources) / sizeof(sources[0]); k++)
            judge(f, &rows[i], &sources[k]);
    }
    assert_true(guarded >= 12);
}

static void a_header_credential_needs_no_origin(void **state)
{
    struct api_fixture *f = *state;
    size_t count;
    const struct route *rows = routes_all(&count);

    for (size_t i = 0; i < count; i++) {
        if (rows[i].csrf != CSRF_COOKIE)
            continue;
        api_request_row(f, &rows[i], false);
        api_field(f, "ORIGIN", FOREIGN);
        api_assert_handled(f, &rows[i]);
    }
}

/* SFM-4: login CSRF. A program without browser fields may sign in. */
static void sign_in_is_guarded_when_a_browser_asks(void **state)
{
    struct api_fixture *f = *state;
    size_t count;
    const struct route *rows = routes_all(&count);

    for (size_t i = 0; i < count; i++) {
        if (rows[i].csrf != CSRF_ALWAYS || (rows[i].marks & ROUTE_FACES) != 0)
            continue;
        for (size_t k = 0; k < sizeof(sources) / sizeof(sources[0]); k++) {
            bool silent = k == 0;

            api_request_row(f, &rows[i], false);
            come_from(f, &sources[k]);
            if (silent || sources[k].permitted)
                api_assert_handled(f, &rows[i]);
            else
                assert_int_equal(api_send(f), 403);
        }
    }
}

static void reading_needs_no_origin(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, METHOD_GET, "/api/auth/sessions");
    api_cookie_in(f, "access_token", FIXTURE_ACCESS);
    assert_int_equal(api_send(f), 200);
}

static void request_out(struct api_fixture *f, bool by_cookie)
{
    api_request(f, METHOD_DELETE, "/api/auth/sessions");
    api_field(f, "ORIGIN", FIXTURE_ORIGIN);
    if (by_cookie)
        api_cookie_in(f, "access_token", FIXTURE_ACCESS);
    else
        api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_ACCESS);
}

static void header_mode_wants_a_field_of_ones_own(void **state)
{
    static const struct {
        const char *field;
        bool by_cookie;
        int status;
    } cases[] = {
        {NULL, true, 403},          {"X_REQUESTED_WITH", true, 200},
        {"RID", true, 200},         {"X_CSRF_TOKEN", true, 403},
        {"X_REQUESTED", true, 403}, {NULL, false, 200},
    };
    struct api_fixture *f = *state;

    f->config->csrf_anti_csrf = ANTI_CSRF_HEADER;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        request_out(f, cases[i].by_cookie);
        add(f, cases[i].field, "x");
        assert_int_equal(api_send(f), cases[i].status);
    }
}

static void header_mode_does_not_replace_the_origin(void **state)
{
    struct api_fixture *f = *state;

    f->config->csrf_anti_csrf = ANTI_CSRF_HEADER;
    api_request(f, METHOD_DELETE, "/api/auth/sessions");
    api_cookie_in(f, "access_token", FIXTURE_ACCESS);
    api_field(f, "ORIGIN", FOREIGN);
    api_field(f, "X_REQUESTED_WITH", "x");
    assert_int_equal(api_send(f), 403);
}

/* The token a sign-in tells. */
static void sign_in_token(struct api_fixture *f, char token[64])
{
    const char *at;

    api_request(f, METHOD_POST, "/api/auth/login");
    api_body(f, "application/json", "{\"email\":\"a@b.c\",\"password\":\"x\"}");
    assert_int_equal(api_send(f), 200);
    at = strstr(api_answer_body(f), "\"csrfToken\":\"");
    assert_non_null(at);
    (void)snprintf(token, 64, "%.43s", at + strlen("\"csrfToken\":\""));
}

static void token_mode_wants_the_token_of_the_session(void **state)
{
    struct api_fixture *f = *state;
    char good[64], wrong[64];
    const struct {
        const char *token;
        bool by_cookie;
        int status;
    } cases[] = {
        {NULL, true, 403}, {"", true, 403},      {wrong, true, 403},
        {good, true, 200}, {"short", true, 403}, {NULL, false, 200},
    };

    f->config->csrf_anti_csrf = ANTI_CSRF_TOKEN;
    sign_in_token(f, good);
    (void)snprintf(wrong, sizeof(wrong), "%s", good);
    wrong[10] = wrong[10] == 'A' ? 'B' : 'A';
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        request_out(f, cases[i].by_cookie);
        add(f, "X_CSRF_TOKEN", cases[i].token);
        assert_int_equal(api_send(f), cases[i].status);
    }
}

static void token_mode_guards_refresh_and_logout(void **state)
{
    static const char *const paths[] = {"/api/auth/refresh",
                                        "/api/auth/logout"};
    struct api_fixture *f = *state;
    char token[64];

    f->config->csrf_anti_csrf = ANTI_CSRF_TOKEN;
    for (size_t i = 0; i < 4; i++) {
        bool with = i % 2 == 1;

        sign_in_token(f, token);
        api_request(f, METHOD_POST, paths[i / 2]);
        api_cookie_in(f, "refresh_token", FIXTURE_REFRESH);
        api_field(f, "ORIGIN", FIXTURE_ORIGIN);
        if (with)
            api_field(f, "X_CSRF_TOKEN", token);
        assert_int_equal(api_send(f), with ? 200 : 403);
    }
}

/* A page that was loaded anew asks who it is. */
static void token_mode_tells_the_token_at_status(void **state)
{
    struct api_fixture *f = *state;

    f->config->csrf_anti_csrf = ANTI_CSRF_TOKEN;
    api_request(f, METHOD_GET, "/api/auth/status");
    api_cookie_in(f, "access_token", FIXTURE_ACCESS);
    assert_int_equal(api_send(f), 200);
    assert_non_null(strstr(api_answer_body(f), "\"csrfToken\":\""));
}

static void token_mode_leaves_a_dead_refresh_token_to_its_handler(void **state)
{
    struct api_fixture *f = *state;

    f->config->csrf_anti_csrf = ANTI_CSRF_TOKEN;
    api_request(f, METHOD_POST, "/api/auth/refresh");
    api_cookie_in(f, "refresh_token", "junk");
    api_field(f, "ORIGIN", FIXTURE_ORIGIN);
    fake.refresh_token_open = ERR_REFRESH_TOKEN_INVALID;
    fake.account_refresh = ERR_REFRESH_TOKEN_INVALID;
    (void)api_send(f);
    api_assert_problem(f, 401, "REFRESH_TOKEN_INVALID");
}

static void a_failing_hash_refuses(void **state)
{
    struct api_fixture *f = *state;

    f->config->csrf_anti_csrf = ANTI_CSRF_TOKEN;
    request_out(f, true);
    api_field(f, "X_CSRF_TOKEN", "x");
    fake.seal_lookup = ERR_INTERNAL;
    assert_int_equal(api_send(f), 500);
    assert_int_equal(fake.handled, 0);
}

int main(void)
{
#define CASE(f)                                                                \
    cmocka_unit_test_setup_teardown(f, api_fixture_setup, api_fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(every_guarded_row_refuses_foreign_pages),
        CASE(a_header_credential_needs_no_origin),
        CASE(sign_in_is_guarded_when_a_browser_asks),
        CASE(reading_needs_no_origin),
        CASE(header_mode_wants_a_field_of_ones_own),
        CASE(header_mode_does_not_replace_the_origin),
        CASE(token_mode_wants_the_token_of_the_session),
        CASE(token_mode_guards_refresh_and_logout),
        CASE(token_mode_tells_the_token_at_status),
        CASE(token_mode_leaves_a_dead_refresh_token_to_its_handler),
        CASE(a_failing_hash_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
