/* SPDX-License-Identifier: MIT */
/* What sign-in, sessions, keys and health answer, member by member. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"

#define CURRENT "01938f6e-0000-7000-8000-0000000000ff"
#define OTHER "01938f6e-0000-7000-8000-000000000002"
#define CREDENTIALS "{\"email\":\"a@b.c\",\"password\":\"x\"}"
#define SUCCESS "{\"success\":true}"

static void post(struct api_fixture *f, const char *path, const char *body)
{
    api_request(f, METHOD_POST, path);
    api_body(f, "application/json", body);
}

static void with_access(struct api_fixture *f, enum http_method method,
                        const char *path)
{
    api_request(f, method, path);
    api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_ACCESS);
}

static void assert_answer(struct api_fixture *f, int status, const char *body)
{
    assert_int_equal(api_send(f), status);
    assert_string_equal(api_answer_body(f), body);
    assert_string_equal(f->res.content_type, "application/json; charset=utf-8");
}

static void register_says_success_and_signs_nobody_in(void **state)
{
    struct api_fixture *f = *state;

    post(f, "/api/auth/register", CREDENTIALS);
    assert_answer(f, 200, SUCCESS);
    assert_int_equal(api_answer_cookies(f), 0);
}

static void register_blames_the_field(void **state)
{
    static const struct {
        enum err error;
        const char *entry;
    } cases[] = {
        {ERR_EMAIL_INVALID, "{\"field\":\"email\",\"code\":\"EMAIL_INVALID\""},
        {ERR_PASSWORD_TOO_SHORT,
         "{\"field\":\"password\",\"code\":\"PASSWORD_TOO_SHORT\""},
        {ERR_PASSWORD_TOO_LONG,
         "{\"field\":\"password\",\"code\":\"PASSWORD_TOO_LONG\""},
        {ERR_PASSWORD_COMMON,
         "{\"field\":\"password\",\"code\":\"PASSWORD_COMMON\""},
        {ERR_PASSWORD_CONTEXT,
         "{\"field\":\"password\",\"code\":\"PASSWORD_CONTEXT\""},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        post(f, "/api/auth/register", CREDENTIALS);
        fake.account_register = cases[i].error;
        (void)api_send(f);
        api_assert_problem(f, 400, "VALIDATION_FAILED");
        assert_non_null(strstr(api_answer_body(f), cases[i].entry));
    }
    post(f, "/api/auth/register", CREDENTIALS);
    fake.account_register = ERR_UNAVAILABLE;
    (void)api_send(f);
    api_assert_problem(f, 503, "SERVICE_UNAVAILABLE");
}

#define LOGIN_REST                                                             \
    ",\"expiresIn\":900,\"refreshExpiresIn\":7884000,"                         \
    "\"sessionId\":\"" CURRENT "\",\"twoFactorRequired\":false,"               \
    "\"twoFactorMethods\":null,\"preferredTwoFactorMethod\":null,"             \
    "\"twoFactorAuthenticationToken\":null,\"location\":null}"
#define FACTORS                                                                \
    "\"emailVerified\":false,\"twoFactorAuthEnabled\":false,"                  \
    "\"twoFactorMethods\":[],\"preferredTwoFactorMethod\":null,"
#define LOGIN_USER                                                             \
    "{\"user\":{\"id\":\"subject-1\",\"email\":\"value@example.test\","        \
    "\"name\":\"Ann\",\"roles\":[\"ADMIN\",\"USER\"],\"groups\":[]," FACTORS   \
    "\"createdAt\":\"1970-01-01T00:00:01.000000Z\"},"

static void login_gives_user_and_tokens(void **state)
{
    struct api_fixture *f = *state;

    post(f, "/api/auth/login", CREDENTIALS);
    assert_answer(f, 200,
                  LOGIN_USER "\"accessToken\":\"new.access.token\","
                             "\"refreshToken\":\"new-refresh\","
                             "\"tokenType\":\"Bearer\"" LOGIN_REST);
}

/* with header authentication off no token is in a body. */
static void login_keeps_tokens_out_of_the_body(void **state)
{
    struct api_fixture *f = *state;

    f->config->tokens_header_authentication = false;
    post(f, "/api/auth/login", CREDENTIALS);
    assert_answer(f, 200,
                  LOGIN_USER "\"accessToken\":null,\"refreshToken\":null,"
                             "\"tokenType\":null" LOGIN_REST);
    assert_non_null(api_answer_cookie(f, "access_token"));
    assert_non_null(api_answer_cookie(f, "refresh_token"));
}

static void login_hands_over_the_session_of_this_browser(void **state)
{
    struct api_fixture *f = *state;

    post(f, "/api/auth/login", CREDENTIALS);
    api_cookie_in(f, "refresh_token", FIXTURE_REFRESH);
    api_field(f, "SEC_FETCH_SITE", "same-origin");
    assert_int_equal(api_send(f), 200);
    assert_string_equal(fake.refresh, FIXTURE_REFRESH);
}

static void login_failures_set_no_cookie(void **state)
{
    static const struct {
        enum err error;
        int status;
        const char *code;
    } cases[] = {
        {ERR_INVALID_CREDENTIALS, 401, "INVALID_CREDENTIALS"},
        {ERR_EMAIL_INVALID, 401, "INVALID_CREDENTIALS"},
        {ERR_SESSION_LIMIT, 403, "SESSION_LIMIT_REACHED"},
        {ERR_TOO_MANY_REQUESTS, 429, "TOO_MANY_REQUESTS"},
        {ERR_UNCERTAIN, 503, "SERVICE_UNAVAILABLE"},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        post(f, "/api/auth/login", CREDENTIALS);
        fake.account_login = cases[i].error;
        (void)api_send(f);
        api_assert_problem(f, cases[i].status, cases[i].code);
        assert_int_equal(api_answer_cookies(f), 0);
    }
}

static void login_throttled_tells_when_to_come_again(void **state)
{
    struct api_fixture *f = *state;

    post(f, "/api/auth/login", CREDENTIALS);
    fake.account_login = ERR_TOO_MANY_REQUESTS;
    assert_int_equal(api_send(f), 429);
    assert_string_equal(api_answer_field(f, "Retry-After", 0), "77");
}

static void login_passes_other_failures_on(void **state)
{
    struct api_fixture *f = *state;

    post(f, "/api/auth/login", CREDENTIALS);
    fake.useragent = ERR_NO_MEMORY;
    assert_int_equal(api_send(f), 503);
    assert_int_equal(fake.handled, 0);
    f->config->csrf_anti_csrf = ANTI_CSRF_TOKEN;
    post(f, "/api/auth/login", CREDENTIALS);
    fake.seal_lookup = ERR_INTERNAL;
    assert_int_equal(api_send(f), 500);
    assert_int_equal(api_answer_cookies(f), 0);
}

static void refresh_gives_principal_and_tokens(void **state)
{
    static const enum http_method methods[] = {METHOD_POST, METHOD_GET};
    struct api_fixture *f = *state;

    for (size_t i = 0; i < 2; i++) {
        api_request(f, methods[i], "/api/auth/refresh");
        api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_REFRESH);
        assert_answer(f, 200,
                      "{\"principal\":{\"id\":\"subject-1\","
                      "\"email\":\"value@example.test\",\"name\":null,"
                      "\"roles\":[],\"groups\":[]," FACTORS
                      "\"createdAt\":null},"
                      "\"accessToken\":\"new.access.token\","
                      "\"refreshToken\":\"new-refresh\","
                      "\"tokenType\":\"Bearer\",\"expiresIn\":900,"
                      "\"refreshExpiresIn\":7884000,"
                      "\"sessionId\":\"" CURRENT "\","
                      "\"stepUpRequired\":false}");
        assert_int_equal(api_answer_cookies(f), 2);
    }
}

/* A session of somebody without an account refreshes as well. */
static void refresh_needs_no_account(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, METHOD_POST, "/api/auth/refresh");
    api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_REFRESH);
    fake.no_account = true;
    assert_int_equal(api_send(f), 200);
    assert_non_null(
        strstr(api_answer_body(f), "\"id\":\"subject-1\",\"email\":null"));
}

static void refresh_failures_keep_their_names(void **state)
{
    static const struct {
        enum err refresh;
        int status;
        const char *code;
    } cases[] = {
        {ERR_REFRESH_TOKEN_INVALID, 401, "REFRESH_TOKEN_INVALID"},
        {ERR_SESSION_INVALID, 401, "SESSION_INVALID"},
        {ERR_SESSION_EXPIRED, 401, "SESSION_EXPIRED"},
        {ERR_TOKEN_THEFT, 401, "TOKEN_THEFT_DETECTED"},
        {ERR_UNAVAILABLE, 503, "SERVICE_UNAVAILABLE"},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, METHOD_POST, "/api/auth/refresh");
        api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_REFRESH);
        fake.account_refresh = cases[i].refresh;
        (void)api_send(f);
        api_assert_problem(f, cases[i].status, cases[i].code);
        assert_int_equal(api_answer_cookies(f), 0);
    }
}

struct logout_case {
    const char *what;
    bool access, refresh;
    enum err check, of_refresh, revoke;
    int status;
    unsigned revoked;
};

static void logout_ends_what_is_presented(void **state)
{
    static const struct logout_case cases[] = {
        {"nothing", false, false, ERR_OK, ERR_OK, ERR_OK, 200, 0},
        {"access", true, false, ERR_OK, ERR_OK, ERR_OK, 200, 1},
        {"refresh", false, true, ERR_OK, ERR_OK, ERR_OK, 200, 1},
        {"both", true, true, ERR_OK, ERR_OK, ERR_OK, 200, 2},
        {"expired access", true, true, ERR_ACCESS_TOKEN_EXPIRED, ERR_OK, ERR_OK,
         200, 1},
        {"already out", true, true, ERR_SESSION_INVALID, ERR_SESSION_INVALID,
         ERR_OK, 200, 0},
        {"ended meanwhile", true, true, ERR_OK, ERR_OK, ERR_NOT_FOUND, 200, 2},
        {"junk", false, true, ERR_OK, ERR_REFRESH_TOKEN_INVALID, ERR_OK, 200,
         0},
        {"no database at the check", true, false, ERR_UNAVAILABLE, ERR_OK,
         ERR_OK, 503, 0},
        {"no database at the end", true, false, ERR_OK, ERR_OK, ERR_UNAVAILABLE,
         503, 1},
        {"no database for refresh", false, true, ERR_OK, ERR_UNAVAILABLE,
         ERR_OK, 503, 0},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct logout_case *c = &cases[i];

        api_request(f, METHOD_POST, "/api/auth/logout");
        api_field(f, "ORIGIN", FIXTURE_ORIGIN);
        if (c->access)
            api_cookie_in(f, "access_token", FIXTURE_ACCESS);
        if (c->refresh)
            api_cookie_in(f, "refresh_token", FIXTURE_REFRESH);
        fake.session_check = c->check;
        fake.session_of_refresh = c->of_refresh;
        fake.session_revoke = c->revoke;
        if (api_send(f) != c->status || fake.sessions_revoked != c->revoked)
            fail_msg("%s: %d, %u", c->what, f->res.status,
                     fake.sessions_revoked);
        /* Never "you are out" when it may not be so. */
        assert_int_equal(api_answer_cookies(f), c->status == 200 ? 6 : 0);
    }
}

static void status_tells_nobody(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, METHOD_GET, "/api/auth/status");
    assert_answer(f, 200,
                  "{\"authenticated\":false,\"user\":null,\"sessionId\":null,"
                  "\"expiresAt\":null,\"accessTokenExpiresAt\":null,"
                  "\"stepUp\":false,\"emailVerified\":null,"
                  "\"twoFactorRequired\":false,\"twoFactorMethods\":null,"
                  "\"preferredTwoFactorMethod\":null}");
    assert_int_equal(fake.asked, 0);
}

static void status_tells_the_caller(void **state)
{
    struct api_fixture *f = *state;

    with_access(f, METHOD_GET, "/api/auth/status");
    assert_answer(f, 200,
                  "{\"authenticated\":true,\"user\":{\"id\":\"subject-1\","
                  "\"roles\":[\"USER\"],\"groups\":[]},"
                  "\"sessionId\":\"" CURRENT "\","
                  "\"expiresAt\":\"1970-01-01T00:00:03.000000Z\","
                  "\"accessTokenExpiresAt\":\"1970-01-01T00:15:01.000000Z\","
                  "\"stepUp\":false,\"emailVerified\":null,"
                  "\"twoFactorRequired\":false,\"twoFactorMethods\":null,"
                  "\"preferredTwoFactorMethod\":null}");
    assert_int_equal(fake.asked, 1);
}

/* So that a client knows it must refresh. */
static void status_refuses_a_dead_token(void **state)
{
    static const enum err errors[] = {ERR_ACCESS_TOKEN_EXPIRED,
                                      ERR_ACCESS_TOKEN_INVALID,
                                      ERR_SESSION_INVALID, ERR_SESSION_EXPIRED};
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        with_access(f, METHOD_GET, "/api/auth/status");
        fake.session_check = errors[i];
        (void)api_send(f);
        api_assert_problem(f, 401, err_code(errors[i]));
    }
}

static const char list_answer[] =
    "[{\"id\":\"" CURRENT "\",\"current\":true,\"label\":\"Desk\","
    "\"device\":\"Chrome on Windows\",\"browser\":\"Chrome\","
    "\"os\":\"Windows\",\"deviceType\":\"desktop\",\"userAgent\":\"agent\","
    "\"ipAddress\":\"192.0.2.1\",\"location\":null,"
    "\"createdAt\":\"1970-01-01T00:00:01.000000Z\","
    "\"lastActiveAt\":\"1970-01-01T00:00:02.000000Z\","
    "\"expiresAt\":\"1970-01-01T00:00:03.000000Z\","
    "\"authMethods\":[\"pwd\"]},"
    "{\"id\":\"" OTHER "\",\"current\":false,\"label\":null,"
    "\"device\":\"Unknown browser\",\"browser\":\"\",\"os\":\"\","
    "\"deviceType\":\"desktop\",\"userAgent\":\"agent\",\"ipAddress\":null,"
    "\"location\":null,\"createdAt\":\"1970-01-01T00:00:01.000000Z\","
    "\"lastActiveAt\":\"1970-01-01T00:00:02.000000Z\","
    "\"expiresAt\":\"1970-01-01T00:00:03.000000Z\","
    "\"authMethods\":[\"pwd\"]}]";

static void the_list_is_a_bare_array_on_every_alias(void **state)
{
    static const char *const paths[] = {
        "/api/auth/sessions", "/api/auth/session", "/api/users/me/sessions"};
    struct api_fixture *f = *state;

    for (size_t i = 0; i < 3; i++) {
        with_access(f, METHOD_GET, paths[i]);
        assert_answer(f, 200, list_answer);
    }
}

static void a_broken_list_is_no_half_answer(void **state)
{
    struct api_fixture *f = *state;

    with_access(f, METHOD_GET, "/api/auth/sessions");
    fake.session_list = ERR_UNAVAILABLE;
    (void)api_send(f);
    api_assert_problem(f, 503, "SERVICE_UNAVAILABLE");
    assert_int_equal(api_answer_body(f)[0], '{');
}

struct revoke_case {
    const char *path;
    enum err error;
    int status;
    size_t cookies;
    const char *body; /* NULL: a problem */
};

static void sessions_are_revoked(void **state)
{
    static const struct revoke_case cases[] = {
        {"/api/auth/sessions/" OTHER, ERR_OK, 200, 0, SUCCESS},
        {"/api/users/me/sessions/" OTHER, ERR_OK, 200, 0, SUCCESS},
        {"/api/auth/sessions/" CURRENT, ERR_OK, 200, 6, SUCCESS},
        {"/api/auth/sessions/" OTHER, ERR_NOT_FOUND, 404, 0, NULL},
        {"/api/auth/sessions/" OTHER, ERR_UNAVAILABLE, 503, 0, NULL},
        {"/api/auth/sessions/junk", ERR_OK, 404, 0, NULL},
        {"/api/auth/sessions/" OTHER "0", ERR_OK, 404, 0, NULL},
        {"/api/auth/sessions/others", ERR_OK, 200, 0,
         "{\"success\":true,\"count\":2}"},
        {"/api/auth/sessions/others", ERR_UNAVAILABLE, 503, 0, NULL},
        {"/api/users/me/sessions/others", ERR_OK, 404, 0, NULL},
        {"/api/auth/sessions", ERR_OK, 200, 6,
         "{\"success\":true,\"count\":3}"},
        {"/api/users/me/sessions", ERR_OK, 200, 6,
         "{\"success\":true,\"count\":3}"},
        {"/api/auth/sessions", ERR_UNAVAILABLE, 503, 0, NULL},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        with_access(f, METHOD_DELETE, cases[i].path);
        fake.session_revoke = cases[i].error;
        if (api_send(f) != cases[i].status)
            fail_msg("%s: %d", cases[i].path, f->res.status);
        if (cases[i].body != NULL)
            assert_string_equal(api_answer_body(f), cases[i].body);
        assert_int_equal(api_answer_cookies(f), cases[i].cookies);
    }
}

/* An unknown, a foreign and a malformed id are one and the same answer. */
static void unknown_ids_cannot_be_told_apart(void **state)
{
    struct api_fixture *f = *state;
    char first[512];

    with_access(f, METHOD_DELETE, "/api/auth/sessions/junk");
    assert_int_equal(api_send(f), 404);
    (void)snprintf(first, sizeof(first), "%s", api_answer_body(f));
    with_access(f, METHOD_DELETE, "/api/auth/sessions/" OTHER);
    fake.session_revoke = ERR_NOT_FOUND;
    assert_int_equal(api_send(f), 404);
    assert_string_equal(api_answer_body(f), first);
}

static void labels_are_set(void **state)
{
    static const struct {
        const char *path, *body;
        enum err error;
        int status;
    } cases[] = {
        {"/api/auth/sessions/" OTHER, "{\"label\":\"Desk\"}", ERR_OK, 200},
        {"/api/auth/sessions/" OTHER, "{\"label\":\"\"}", ERR_OK, 200},
        {"/api/auth/sessions/" OTHER, "{}", ERR_OK, 400},
        {"/api/auth/sessions/" OTHER, "{\"label\":7}", ERR_OK, 400},
        {"/api/auth/sessions/" OTHER, "{\"label\":\"a\\nb\"}", ERR_OK, 400},
        {"/api/auth/sessions/" OTHER, "{\"label\":\"x\"}", ERR_VALIDATION, 400},
        {"/api/auth/sessions/" OTHER, "{\"label\":\"x\"}", ERR_NOT_FOUND, 404},
        {"/api/auth/sessions/junk", "{\"label\":\"x\"}", ERR_OK, 404},
        {"/api/auth/sessions/others", "{\"label\":\"x\"}", ERR_OK, 404},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        with_access(f, METHOD_PATCH, cases[i].path);
        api_body(f, "application/json", cases[i].body);
        fake.session_label = cases[i].error;
        assert_int_equal(api_send(f), cases[i].status);
        if (cases[i].error == ERR_VALIDATION)
            assert_non_null(strstr(api_answer_body(f), "\"field\":\"label\""));
    }
}

static void session_data_is_kept_and_given(void **state)
{
    static const struct {
        const char *body;
        enum err error;
        int status;
    } cases[] = {
        {"{}", ERR_OK, 200},
        {"{\"cart\":[1,2,{\"x\":null}]}", ERR_OK, 200},
        {"[]", ERR_OK, 400},
        {"", ERR_OK, 400},
        {"{\"a\":1,\"a\":2}", ERR_OK, 400},
        {"{}", ERR_SESSION_INVALID, 401},
    };
    struct api_fixture *f = *state;

    with_access(f, METHOD_GET, "/api/auth/session/data");
    assert_answer(f, 200, "{\"kept\":1}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        with_access(f, METHOD_PUT, "/api/auth/session/data");
        api_body(f, "application/json", cases[i].body);
        fake.data_put = cases[i].error;
        assert_int_equal(api_send(f), cases[i].status);
    }
}

static void session_data_ends_at_64_kib(void **state)
{
    struct api_fixture *f = *state;

    for (size_t over = 0; over < 2; over++) {
        with_access(f, METHOD_PUT, "/api/auth/session/data");
        size_t n = 65536 + over;
        char *text = arena_alloc(f->arena, n + 1);

        assert_non_null(text);
        memset(text, ' ', n);
        text[0] = '{';
        text[n - 1] = '}';
        api_body(f, "application/json", text);
        assert_int_equal(api_send(f), over == 0 ? 200 : 413);
    }
}

static void an_answer_that_does_not_fit_is_a_500(void **state)
{
    struct api_fixture *f = *state;

    with_access(f, METHOD_GET, "/api/auth/status");
    f->res.failed = true;
    assert_int_equal(api_send(f), 500);
    api_assert_problem(f, 500, "INTERNAL_ERROR");
}

int main(void)
{
#define CASE(f)                                                                \
    cmocka_unit_test_setup_teardown(f, api_fixture_setup, api_fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(register_says_success_and_signs_nobody_in),
        CASE(register_blames_the_field),
        CASE(login_gives_user_and_tokens),
        CASE(login_keeps_tokens_out_of_the_body),
        CASE(login_hands_over_the_session_of_this_browser),
        CASE(login_failures_set_no_cookie),
        CASE(login_throttled_tells_when_to_come_again),
        CASE(login_passes_other_failures_on),
        CASE(refresh_gives_principal_and_tokens),
        CASE(refresh_needs_no_account),
        CASE(refresh_failures_keep_their_names),
        CASE(logout_ends_what_is_presented),
        CASE(status_tells_nobody),
        CASE(status_tells_the_caller),
        CASE(status_refuses_a_dead_token),
        CASE(the_list_is_a_bare_array_on_every_alias),
        CASE(a_broken_list_is_no_half_answer),
        CASE(sessions_are_revoked),
        CASE(unknown_ids_cannot_be_told_apart),
        CASE(labels_are_set),
        CASE(session_data_is_kept_and_given),
        CASE(session_data_ends_at_64_kib),
        CASE(an_answer_that_does_not_fit_is_a_500),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
