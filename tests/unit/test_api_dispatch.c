/* SPDX-License-Identifier: MIT */
/* The order of the checks, media types, preflights and what every answer has.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"

static void a_fault_of_reading_comes_first(void **state)
{
    static const struct {
        enum err fault;
        int status;
        const char *code;
    } cases[] = {
        {ERR_BAD_REQUEST, 400, "BAD_REQUEST"},
        {ERR_BODY_TOO_LARGE, 413, "BODY_TOO_LARGE"},
        {ERR_URL_TOO_LONG, 414, "URL_TOO_LONG"},
        {ERR_HEADER_TOO_LARGE, 431, "HEADER_TOO_LARGE"},
        {ERR_NO_MEMORY, 503, "SERVICE_UNAVAILABLE"},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, METHOD_GET, "/nothing");
        f->req.https = false;
        f->req.fault = cases[i].fault;
        (void)api_send(f);
        api_assert_problem(f, cases[i].status, cases[i].code);
    }
}

/* */
static void plain_http_is_refused_but_for_probes(void **state)
{
    struct api_fixture *f = *state;
    size_t count;
    const struct route *rows = routes_all(&count);

    for (size_t i = 0; i < count; i++) {
        api_request_row(f, &rows[i], true);
        f->req.https = false;
        (void)api_send(f);
        if ((rows[i].marks & ROUTE_PLAIN) != 0)
            assert_int_equal(f->res.status, 200);
        else
            api_assert_problem(f, 403, "HTTPS_REQUIRED");
    }
    api_request(f, METHOD_GET, "/nothing");
    f->req.https = false;
    (void)api_send(f);
    api_assert_problem(f, 403, "HTTPS_REQUIRED");
}

static void plain_http_is_taken_where_configured(void **state)
{
    struct api_fixture *f = *state;

    f->config->http_require_https = false;
    api_request(f, METHOD_GET, "/api/auth/status");
    f->req.https = false;
    assert_int_equal(api_send(f), 200);
    assert_null(api_answer_field(f, "Strict-Transport-Security", 0));
}

static void every_good_request_is_answered(void **state)
{
    struct api_fixture *f = *state;
    size_t count;
    const struct route *rows = routes_all(&count);

    for (size_t i = 0; i < count; i++)
        for (int by_cookie = 0; by_cookie < 2; by_cookie++) {
            api_request_row(f, &rows[i], by_cookie == 1);
            api_assert_handled(f, &rows[i]);
        }
}

/* A body nobody may send is not even looked at. */
static void nobody_s_body_is_judged_before_the_sender(void **state)
{
    struct api_fixture *f = *state;
    size_t count;
    const struct route *rows = routes_all(&count);

    for (size_t i = 0; i < count; i++) {
        enum route_need need = rows[i].need;

        if (need != NEED_ACCESS && need != NEED_REFRESH && need != NEED_API_KEY)
            continue;
        api_request(f, rows[i].method, rows[i].pattern);
        api_body(f, "text/plain", "{broken");
        assert_int_equal(api_send(f), 401);
        assert_int_equal(fake.handled, 0);
    }
}

static void nothing_presented_says_so(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, METHOD_GET, "/api/auth/sessions");
    (void)api_send(f);
    api_assert_problem(f, 401, "AUTHENTICATION_REQUIRED");
    assert_string_equal(api_answer_field(f, "WWW-Authenticate", 0),
                        "Bearer realm=\"gatehouse\"");
    api_request(f, METHOD_POST, "/api/auth/refresh");
    (void)api_send(f);
    api_assert_problem(f, 401, "AUTHENTICATION_REQUIRED");
}

/* The member of the error texts and the codes the client may test for. */
static void refusals_keep_their_names(void **state)
{
    static const struct {
        enum err error;
        int status;
        const char *code, *title;
    } cases[] = {
        {ERR_ACCESS_TOKEN_EXPIRED, 401, "ACCESS_TOKEN_EXPIRED",
         "\"error\":\"Access token expired\""},
        {ERR_ACCESS_TOKEN_INVALID, 401, "ACCESS_TOKEN_INVALID",
         "\"error\":\"Invalid access token\""},
        {ERR_SESSION_INVALID, 401, "SESSION_INVALID",
         "\"error\":\"Invalid session\""},
        {ERR_SESSION_EXPIRED, 401, "SESSION_EXPIRED",
         "\"error\":\"Session expired\""},
        {ERR_UNAVAILABLE, 503, "SERVICE_UNAVAILABLE",
         "\"error\":\"Service unavailable\""},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, METHOD_GET, "/api/auth/status");
        api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_ACCESS);
        fake.session_check = cases[i].error;
        (void)api_send(f);
        api_assert_problem(f, cases[i].status, cases[i].code);
        assert_non_null(strstr(api_answer_body(f), cases[i].title));
        assert_true((cases[i].status == 503) ==
                    (api_answer_field(f, "Retry-After", 0) != NULL));
    }
}

static void foreign_methods_get_405_and_allow(void **state)
{
    static const struct {
        enum http_method method;
        const char *path, *allow; /* NULL: 404 */
    } cases[] = {
        {METHOD_COUNT, "/api/auth/login", "POST, OPTIONS"},
        {METHOD_GET, "/api/auth/login", "POST, OPTIONS"},
        {METHOD_DELETE, "/api/auth/status", "GET, HEAD, OPTIONS"},
        {METHOD_PUT, "/api/auth/refresh", "GET, HEAD, POST, OPTIONS"},
        {METHOD_POST, "/api/auth/sessions/x", "PATCH, DELETE, OPTIONS"},
        {METHOD_COUNT, "/nothing", NULL},
        {METHOD_GET, "/api", NULL},
        {METHOD_OPTIONS, "/nothing", NULL},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, cases[i].method, cases[i].path);
        (void)api_send(f);
        if (cases[i].allow == NULL) {
            api_assert_problem(f, 404, "NOT_FOUND");
            continue;
        }
        api_assert_problem(f, 405, "METHOD_NOT_ALLOWED");
        assert_string_equal(api_answer_field(f, "Allow", 0), cases[i].allow);
    }
}

static void options_tell_the_methods(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, METHOD_OPTIONS, "/api/auth/login");
    assert_int_equal(api_send(f), 204);
    assert_string_equal(api_answer_field(f, "Allow", 0), "POST, OPTIONS");
}

/* */
static void preflights_are_for_known_origins(void **state)
{
    static const struct {
        const char *origin;
        int status;
    } cases[] = {
        {"https://app.test", 204},      {FIXTURE_ORIGIN, 204},
        {"https://evil.test", 403},     {"null", 403},
        {"https://app.test.evil", 403}, {"https://APP.test", 403},
        {"http://app.test", 403},       {"*", 403},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, METHOD_OPTIONS, "/api/auth/sessions/x");
        api_field(f, "ORIGIN", cases[i].origin);
        api_field(f, "ACCESS_CONTROL_REQUEST_METHOD", "DELETE");
        assert_int_equal(api_send(f), cases[i].status);
        const char *allowed =
            api_answer_field(f, "Access-Control-Allow-Origin", 0);
        if (cases[i].status == 204)
            assert_string_equal(allowed, cases[i].origin);
        else
            assert_null(allowed);
    }
}

static void a_refusal_can_be_read_by_an_allowed_page(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, METHOD_GET, "/api/auth/sessions");
    api_field(f, "ORIGIN", "https://app.test");
    assert_int_equal(api_send(f), 401);
    assert_string_equal(api_answer_field(f, "Access-Control-Allow-Origin", 0),
                        "https://app.test");
    assert_string_equal(api_answer_field(f, "Vary", 0), "Origin");
}

/* */
static void every_answer_is_hardened(void **state)
{
    static const char *const names[] = {
        "X-Content-Type-Options", "Content-Security-Policy",
        "Referrer-Policy",        "Strict-Transport-Security",
        "Cache-Control",
    };
    struct api_fixture *f = *state;
    size_t count;
    const struct route *rows = routes_all(&count);

    for (size_t i = 0; i < count * 2; i++) {
        bool good = i % 2 == 0;

        api_request_row(f, &rows[i / 2], true);
        if (!good)
            f->req.fault = ERR_BAD_REQUEST;
        (void)api_send(f);
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
            assert_non_null(api_answer_field(f, names[k], 0));
        if (strcmp(rows[i / 2].pattern, "/.well-known/jwks.json") != 0)
            assert_string_equal(api_answer_field(f, "Cache-Control", 0),
                                "no-store");
    }
}

struct media_case {
    const char *path, *type, *body;
    int status;
};

/* what a form of a foreign page can send is refused. */
static void media_types_are_exact(void **state)
{
    static const char in[] = "{\"email\":\"a@b.c\",\"password\":\"x\"}";
    static const struct media_case cases[] = {
        {"/api/auth/login", "application/json", in, 200},
        {"/api/auth/login", "application/json; charset=utf-8", in, 200},
        {"/api/auth/login", "Application/JSON;charset=UTF-8", in, 200},
        {"/api/auth/login", "application/json; charset=\"utf-8\"", in, 200},
        {"/api/auth/login", NULL, in, 415},
        {"/api/auth/login", "", in, 415},
        {"/api/auth/login", NULL, "", 415},
        {"/api/auth/login", "text/plain", in, 415},
        {"/api/auth/login", "text/json", in, 415},
        {"/api/auth/login", "application/jsonp", in, 415},
        {"/api/auth/login", "application/json; charset=utf-16", in, 415},
        {"/api/auth/login", "application/json; x=y", in, 415},
        {"/api/auth/login", "application/json, text/plain", in, 415},
        {"/api/auth/login", "application/x-www-form-urlencoded", in, 415},
        {"/api/auth/login", "multipart/form-data; boundary=x", in, 415},
        {"/api/auth/logout", NULL, "", 200},
        {"/api/auth/logout", "application/json", "", 200},
        {"/api/auth/logout", "application/json", "{}", 200},
        {"/api/auth/logout", NULL, "{}", 415},
        {"/api/auth/logout", "text/plain", "", 415},
        {"/api/auth/logout", "application/x-www-form-urlencoded", "", 415},
        {"/api/auth/logout", "application/json", "{\"x\":1}", 400},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, METHOD_POST, cases[i].path);
        api_body(f, cases[i].type, cases[i].body);
        if (api_send(f) != cases[i].status)
            fail_msg("%s as %s: %d", cases[i].path, cases[i].type,
                     f->res.status);
        assert_true(cases[i].status == 200 || fake.handled == 0);
    }
}

struct field_case {
    const char *path, *body, *field, *code;
};

static void wrong_fields_are_named(void **state)
{
    static const struct field_case cases[] = {
        {"/api/auth/login", "{}", "email", "MISSING"},
        {"/api/auth/login", "{\"email\":\"a@b.c\"}", "password", "MISSING"},
        {"/api/auth/login", "{\"email\":1,\"password\":\"x\"}", "email",
         "WRONG_TYPE"},
        {"/api/auth/login", "{\"email\":null,\"password\":\"x\"}", "email",
         "WRONG_TYPE"},
        {"/api/auth/login", "{\"email\":[\"a\"],\"password\":\"x\"}", "email",
         "WRONG_TYPE"},
        {"/api/auth/login", "{\"email\":\"\",\"password\":\"x\"}", "email",
         "TOO_SHORT"},
        {"/api/auth/login",
         "{\"email\":\"a\",\"password\":\"x\",\"admin\":true}", "admin",
         "UNKNOWN_FIELD"},
        {"/api/auth/register",
         "{\"email\":\"a\\u0007@b.c\",\"password\":\"x\"}", "email",
         "CONTROL_CHARACTER"},
        {"/api/auth/register",
         "{\"email\":\"a@b.c\",\"password\":\"x\",\"name\":\"a\\u2028b\"}",
         "name", "CONTROL_CHARACTER"},
        {"/api/auth/register",
         "{\"email\":\"a@b.c\",\"password\":\"x\",\"roles\":[\"ADMIN\"]}",
         "roles", "UNKNOWN_FIELD"},
    };
    struct api_fixture *f = *state;
    char expected[128];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, METHOD_POST, cases[i].path);
        api_body(f, "application/json", cases[i].body);
        (void)api_send(f);
        api_assert_problem(f, 400, "VALIDATION_FAILED");
        (void)snprintf(expected, sizeof(expected),
                       "{\"field\":\"%s\",\"code\":\"%s\"", cases[i].field,
                       cases[i].code);
        if (strstr(api_answer_body(f), expected) == NULL)
            fail_msg("no %s in %s", expected, api_answer_body(f));
        assert_int_equal(fake.handled, 0);
    }
}

/* F45 */
static void malformed_bodies_are_refused(void **state)
{
    static const char *const bodies[] = {
        "[]",
        "null",
        "\"text\"",
        "{\"email\":\"a\",\"email\":\"b\",\"password\":\"x\"}",
        "{\"email\":\"a\",\"password\":\"x\"}x",
        "{\"email\":\"\xff\",\"password\":\"x\"}",
        "{\"email\":\"a\",\"password\":\"x\",}",
        "{'email':'a'}",
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        api_request(f, METHOD_POST, "/api/auth/login");
        api_body(f, "application/json", bodies[i]);
        (void)api_send(f);
        api_assert_problem(f, 400, "MALFORMED_JSON");
    }
}

static void activity_is_stamped_after_the_answer(void **state)
{
    static const struct {
        enum http_method method;
        const char *path;
        unsigned touched;
    } cases[] = {
        {METHOD_GET, "/api/auth/status", 1},
        {METHOD_GET, "/api/auth/sessions", 1},
        {METHOD_DELETE, "/api/auth/sessions/others", 1},
        {METHOD_DELETE, "/api/auth/sessions", 0},
        {METHOD_DELETE,
         "/api/auth/sessions/01938f6e-0000-7000-8000-0000000000ff", 0},
        {METHOD_DELETE,
         "/api/auth/sessions/01938f6e-0000-7000-8000-000000000002", 1},
        {METHOD_POST, "/api/auth/logout", 0},
        {METHOD_GET, "/healthz", 0},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, cases[i].method, cases[i].path);
        api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_ACCESS);
        assert_int_equal(api_send(f), 200);
        assert_int_equal(fake.touched, 0);
        fake.touch = ERR_UNAVAILABLE; /* which disturbs nobody */
        dispatch_after(&f->call);
        assert_int_equal(fake.touched, cases[i].touched);
    }
}

static void a_refused_token_stamps_nothing(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, METHOD_GET, "/api/auth/sessions");
    api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_ACCESS);
    fake.session_check = ERR_SESSION_INVALID;
    assert_int_equal(api_send(f), 401);
    dispatch_after(&f->call);
    assert_int_equal(fake.touched, 0);
}

/* a user agent that is no clean text reaches no event. */
static void a_dirty_user_agent_is_left_out(void **state)
{
    static const struct {
        const char *agent;
        bool kept;
    } cases[] = {{"Mozilla/5.0", true},
                 {"bad\nline", false},
                 {"bad\xff", false},
                 {"bad\x1b[31m", false},
                 {"\xc2\x85", false}};
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, METHOD_GET, "/healthz");
        api_field(f, "USER_AGENT", cases[i].agent);
        assert_int_equal(api_send(f), 200);
        assert_true((f->ctx.client.user_agent.p != NULL) == cases[i].kept);
    }
}

int main(void)
{
#define CASE(f)                                                                \
    cmocka_unit_test_setup_teardown(f, api_fixture_setup, api_fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_fault_of_reading_comes_first),
        CASE(plain_http_is_refused_but_for_probes),
        CASE(plain_http_is_taken_where_configured),
        CASE(every_good_request_is_answered),
        CASE(nobody_s_body_is_judged_before_the_sender),
        CASE(nothing_presented_says_so),
        CASE(refusals_keep_their_names),
        CASE(foreign_methods_get_405_and_allow),
        CASE(options_tell_the_methods),
        CASE(preflights_are_for_known_origins),
        CASE(a_refusal_can_be_read_by_an_allowed_page),
        CASE(every_answer_is_hardened),
        CASE(media_types_are_exact),
        CASE(wrong_fields_are_named),
        CASE(malformed_bodies_are_refused),
        CASE(activity_is_stamped_after_the_answer),
        CASE(a_refused_token_stamps_nothing),
        CASE(a_dirty_user_agent_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
