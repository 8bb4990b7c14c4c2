/* SPDX-License-Identifier: MIT */
/* Which credential is judged when several are there, and which are refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"

#define STATUS METHOD_GET, "/api/auth/status"
#define SESSIONS METHOD_GET, "/api/auth/sessions"
#define REFRESH METHOD_POST, "/api/auth/refresh"
#define OUT METHOD_POST, "/api/auth/logout"

enum setting { HEADER_FIRST, COOKIE_FIRST, NO_HEADER };

struct choice {
    const char *what;
    enum setting setting;
    enum http_method method;
    const char *path;
    const char *authorization, *access, *refresh; /* NULL: not sent */
    const char *judged_access, *judged_refresh;   /* "": none */
};

static const struct choice choices[] = {
    {"nothing", HEADER_FIRST, STATUS, NULL, NULL, NULL, "", ""},
    {"header only", HEADER_FIRST, STATUS, "Bearer h.h.h", NULL, NULL, "h.h.h",
     ""},
    {"cookie only", HEADER_FIRST, STATUS, NULL, "c.c.c", NULL, "c.c.c", ""},
    {"header wins", HEADER_FIRST, STATUS, "Bearer h.h.h", "c.c.c", NULL,
     "h.h.h", ""},
    {"a bad header is not rescued", HEADER_FIRST, STATUS, "Bearer junk",
     "c.c.c", NULL, "junk", ""},
    {"cookie wins", COOKIE_FIRST, STATUS, "Bearer h.h.h", "c.c.c", NULL,
     "c.c.c", ""},
    {"header when there is no cookie", COOKIE_FIRST, STATUS, "Bearer h.h.h",
     NULL, NULL, "h.h.h", ""},
    {"header off", NO_HEADER, STATUS, "Bearer h.h.h", NULL, NULL, "", ""},
    {"header off, cookie judged", NO_HEADER, STATUS, "Bearer h.h.h", "c.c.c",
     NULL, "c.c.c", ""},
    {"another scheme is none", HEADER_FIRST, STATUS, "Basic aDpo", NULL, NULL,
     "", ""},
    {"another scheme leaves the cookie", HEADER_FIRST, STATUS, "Basic aDpo",
     "c.c.c", NULL, "c.c.c", ""},
    {"an empty token is none", HEADER_FIRST, STATUS, "Bearer ", NULL, NULL, "",
     ""},
    {"an empty cookie is none", HEADER_FIRST, STATUS, NULL, "", NULL, "", ""},
    {"scheme in any case", HEADER_FIRST, SESSIONS, "bEARER h.h.h", NULL, NULL,
     "h.h.h", ""},
    {"a refresh cookie opens nothing", HEADER_FIRST, STATUS, NULL, NULL, "r",
     "", ""},
    {"refresh by header", HEADER_FIRST, REFRESH, "Bearer r", NULL, NULL, "",
     "r"},
    {"refresh by cookie", HEADER_FIRST, REFRESH, NULL, "c.c.c", "r", "", "r"},
    {"refresh header wins", HEADER_FIRST, REFRESH, "Bearer h", NULL, "r", "",
     "h"},
    {"refresh cookie wins", COOKIE_FIRST, REFRESH, "Bearer h", NULL, "r", "",
     "r"},
    {"access header beside refresh cookie", HEADER_FIRST, REFRESH,
     "Bearer h.h.h", NULL, "r", "", "r"},
    {"refresh header off", NO_HEADER, REFRESH, "Bearer h", NULL, NULL, "", ""},
    {"logout by access header", HEADER_FIRST, OUT, "Bearer h.h.h", NULL, NULL,
     "h.h.h", ""},
    {"logout by refresh header", HEADER_FIRST, OUT, "Bearer h", NULL, NULL, "",
     "h"},
    {"logout by both cookies", HEADER_FIRST, OUT, NULL, "c.c.c", "r", "c.c.c",
     "r"},
};

static void configure(struct api_fixture *f, enum setting s)
{
    f->config->tokens_header_authentication = s != NO_HEADER;
    f->config->tokens_prefer_header = s == HEADER_FIRST;
}

static void one_transport_is_judged(void **state)
{
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        const struct choice *c = &choices[i];

        configure(f, c->setting);
        api_request(f, c->method, c->path);
        api_field(f, "SEC_FETCH_SITE", "same-origin");
        if (c->authorization != NULL)
            api_field(f, "AUTHORIZATION", c->authorization);
        if (c->access != NULL)
            api_cookie_in(f, "access_token", c->access);
        if (c->refresh != NULL)
            api_cookie_in(f, "refresh_token", c->refresh);
        (void)api_send(f);
        if (strcmp(fake.access, c->judged_access) != 0 ||
            strcmp(fake.refresh, c->judged_refresh) != 0)
            fail_msg("%s: judged '%s' and '%s'", c->what, fake.access,
                     fake.refresh);
    }
}

/* F49: one kind of token is never taken for another. */
static void an_access_token_does_not_refresh(void **state)
{
    struct api_fixture *f = *state;

    configure(f, HEADER_FIRST);
    api_request(f, REFRESH);
    api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_ACCESS);
    (void)api_send(f);
    api_assert_problem(f, 401, "REFRESH_TOKEN_INVALID");
    assert_int_equal(fake.handled, 0);
}

static void a_refresh_token_opens_nothing(void **state)
{
    struct api_fixture *f = *state;

    configure(f, HEADER_FIRST);
    api_request(f, SESSIONS);
    api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_REFRESH);
    (void)api_send(f);
    api_assert_problem(f, 401, "ACCESS_TOKEN_INVALID");
}

/* R6265-5.7, A-15.3.7: a second copy is never chosen from. */
static void duplicates_are_refused_on_every_route(void **state)
{
    static const char *const names[] = {
        "access_token",
        "refresh_token",
        "two_factor_authentication_token",
        "step_up_token",
        "oauth2_provider_connection_token",
        "session_token",
        "device_token",
    };
    struct api_fixture *f = *state;
    size_t count;
    const struct route *rows = routes_all(&count);

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            /* The other faces have cookies of their own. */
            if ((rows[i].marks & ROUTE_FACES) != 0)
                break;
            api_request_row(f, &rows[i], false);
            api_cookie_in(f, names[k], "one");
            api_cookie_in(f, names[k], "two");
            (void)api_send(f);
            api_assert_problem(f, 400, "DUPLICATE_CREDENTIALS");
            assert_int_equal(fake.asked, 0);
        }
}

static void two_authorizations_are_refused(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, STATUS);
    api_field(f, "AUTHORIZATION", "Bearer a.b.c, Bearer d.e.f");
    (void)api_send(f);
    api_assert_problem(f, 400, "DUPLICATE_CREDENTIALS");
}

struct key_case {
    const char *authorization, *field;
    int status;
    const char *judged;
};

static void api_keys_come_in_one_place(void **state)
{
    static const struct key_case cases[] = {
        {"Bearer " FIXTURE_API_KEY, NULL, 200, FIXTURE_API_KEY},
        {NULL, FIXTURE_API_KEY, 200, FIXTURE_API_KEY},
        {NULL, NULL, 401, ""},
        {"Basic Z2hr", NULL, 401, ""},
        {"Bearer " FIXTURE_ACCESS, NULL, 401, FIXTURE_ACCESS},
        {NULL, "ghk_other", 401, "ghk_other"},
        {NULL, FIXTURE_API_KEY ", " FIXTURE_API_KEY, 401,
         FIXTURE_API_KEY ", " FIXTURE_API_KEY},
        {"Bearer " FIXTURE_API_KEY, FIXTURE_API_KEY, 400, ""},
    };
    struct api_fixture *f = *state;

    configure(f, NO_HEADER); /* which is about people's tokens only */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, METHOD_POST, "/api/auth/introspect");
        if (cases[i].authorization != NULL)
            api_field(f, "AUTHORIZATION", cases[i].authorization);
        if (cases[i].field != NULL)
            api_field(f, "X_API_KEY", cases[i].field);
        api_cookie_in(f, "access_token", FIXTURE_ACCESS);
        api_body(f, "application/json", "{\"token\":\"x\"}");
        assert_int_equal(api_send(f), cases[i].status);
        assert_string_equal(fake.api_key, cases[i].judged);
    }
}

static void the_device_token_reaches_the_sign_in(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, METHOD_POST, "/api/auth/login");
    api_cookie_in(f, "device_token", "known");
    api_body(f, "application/json", "{\"email\":\"a@b.c\",\"password\":\"x\"}");
    assert_int_equal(api_send(f), 200);
    assert_string_equal(fake.device_token, "known");
}

int main(void)
{
#define CASE(f)                                                                \
    cmocka_unit_test_setup_teardown(f, api_fixture_setup, api_fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(one_transport_is_judged),
        CASE(an_access_token_does_not_refresh),
        CASE(a_refresh_token_opens_nothing),
        CASE(duplicates_are_refused_on_every_route),
        CASE(two_authorizations_are_refused),
        CASE(api_keys_come_in_one_place),
        CASE(the_device_token_reaches_the_sign_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
