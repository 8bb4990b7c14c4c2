/* SPDX-License-Identifier: MIT */
/* Names and attributes of our cookies, set and cleared. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"

#include "domain/device.h"

static void login(struct api_fixture *f)
{
    api_request(f, METHOD_POST, "/api/auth/login");
    api_body(f, "application/json", "{\"email\":\"a@b.c\",\"password\":\"x\"}");
    assert_int_equal(api_send(f), 200);
}

static void logout(struct api_fixture *f)
{
    api_request(f, METHOD_POST, "/api/auth/logout");
    assert_int_equal(api_send(f), 200);
}

struct cookie_case {
    unsigned prefix, same_site;
    const char *domain;
    bool secure;
    const char *access, *refresh, *device; /* whole lines */
};

/* R6265-4.1.3 */
static void attributes_follow_the_configuration(void **state)
{
    static const struct cookie_case cases[] = {
        {PREFIX_NONE, SAME_SITE_STRICT, "", true,
         "access_token=new.access.token; Path=/; Max-Age=900; Secure; "
         "HttpOnly; SameSite=Strict",
         "refresh_token=new-refresh; Path=/api/auth; Max-Age=7884000; Secure; "
         "HttpOnly; SameSite=Strict",
         "device_token=device; Path=/api/auth; Max-Age=63072000; Secure; "
         "HttpOnly; SameSite=Strict"},
        {PREFIX_HOST, SAME_SITE_STRICT, "", true,
         "__Host-access_token=new.access.token; Path=/; Max-Age=900; Secure; "
         "HttpOnly; SameSite=Strict",
         "__Secure-refresh_token=new-refresh; Path=/api/auth; "
         "Max-Age=7884000; Secure; HttpOnly; SameSite=Strict",
         "__Secure-device_token=device; Path=/api/auth; Max-Age=63072000; "
         "Secure; HttpOnly; SameSite=Strict"},
        {PREFIX_SECURE, SAME_SITE_LAX, "example.test", true,
         "__Secure-access_token=new.access.token; Path=/; "
         "Domain=example.test; Max-Age=900; Secure; HttpOnly; SameSite=Lax",
         "__Secure-refresh_token=new-refresh; Path=/api/auth; "
         "Domain=example.test; Max-Age=7884000; Secure; HttpOnly; "
         "SameSite=Lax",
         "__Secure-device_token=device; Path=/api/auth; "
         "Domain=example.test; Max-Age=63072000; Secure; HttpOnly; "
         "SameSite=Strict"},
        {PREFIX_NONE, SAME_SITE_STRICT, "", false,
         "access_token=new.access.token; Path=/; Max-Age=900; HttpOnly; "
         "SameSite=Strict",
         "refresh_token=new-refresh; Path=/api/auth; Max-Age=7884000; "
         "HttpOnly; SameSite=Strict",
         "device_token=device; Path=/api/auth; Max-Age=63072000; HttpOnly; "
         "SameSite=Strict"},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f->config->cookies_prefix = cases[i].prefix;
        f->config->cookies_same_site = cases[i].same_site;
        f->config->cookies_domain = cases[i].domain;
        f->config->cookies_secure = cases[i].secure;
        login(f);
        assert_int_equal(api_answer_cookies(f), 3);
        assert_string_equal(api_answer_field(f, "Set-Cookie", 0),
                            cases[i].access);
        assert_string_equal(api_answer_field(f, "Set-Cookie", 1),
                            cases[i].refresh);
        assert_string_equal(api_answer_field(f, "Set-Cookie", 2),
                            cases[i].device);
    }
    f->config->cookies_domain = "";
}

/* R6265-5.5: what clears has the attributes of what sets. */
static void logout_clears_six_and_leaves_the_device(void **state)
{
    static const char *const names[][2] = {
        {"access_token", "; Path=/;"},
        {"refresh_token", "; Path=/api/auth;"},
        {"two_factor_authentication_token", "; Path=/;"},
        {"step_up_token", "; Path=/;"},
        {"oauth2_provider_connection_token", "SameSite=Lax"},
        {"session_token", "SameSite=Lax"},
    };
    struct api_fixture *f = *state;

    logout(f);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *line = api_answer_cookie(f, names[i][0]);

        assert_non_null(line);
        assert_non_null(strstr(line, "=; "));
        assert_non_null(strstr(line, "Max-Age=0"));
        assert_non_null(strstr(line, names[i][1]));
        assert_non_null(strstr(line, "HttpOnly"));
    }
    assert_int_equal(api_answer_cookies(f), 6);
    assert_null(api_answer_cookie(f, "device_token"));
}

/* but not "cookies": the device cookie must stay. */
static void logout_sends_clear_site_data(void **state)
{
    struct api_fixture *f = *state;

    logout(f);
    assert_string_equal(api_answer_field(f, "Clear-Site-Data", 0),
                        "\"cache\", \"storage\"");
}

static void only_our_prefix_is_read(void **state)
{
    static const struct {
        unsigned prefix;
        const char *name;
        bool read;
    } cases[] = {
        {PREFIX_NONE, "access_token", true},
        {PREFIX_NONE, "__Host-access_token", false},
        {PREFIX_NONE, "Access_Token", false},
        {PREFIX_SECURE, "__Secure-access_token", true},
        {PREFIX_SECURE, "access_token", false},
        {PREFIX_HOST, "__Host-access_token", true},
        {PREFIX_HOST, "__host-access_token", false},
        {PREFIX_HOST, "__Secure-access_token", false},
        {PREFIX_HOST, "access_token", false},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f->config->cookies_prefix = cases[i].prefix;
        api_request(f, METHOD_GET, "/api/auth/sessions");
        api_cookie_in(f, cases[i].name, FIXTURE_ACCESS);
        assert_int_equal(api_send(f), cases[i].read ? 200 : 401);
    }
}

struct clear_case {
    enum err error;
    bool by_cookie, cleared;
};

/* SA-59: a fault of ours signs nobody out. */
static void only_the_end_of_a_session_clears(void **state)
{
    static const struct clear_case cases[] = {
        {ERR_SESSION_INVALID, true, true},
        {ERR_SESSION_EXPIRED, true, true},
        {ERR_TOKEN_THEFT, true, true},
        {ERR_SESSION_INVALID, false, false},
        {ERR_SESSION_EXPIRED, false, false},
        {ERR_TOKEN_THEFT, false, false},
        {ERR_ACCESS_TOKEN_EXPIRED, true, false},
        {ERR_ACCESS_TOKEN_INVALID, true, false},
        {ERR_UNAVAILABLE, true, false},
        {ERR_UNCERTAIN, true, false},
        {ERR_RETRY, true, false},
        {ERR_SCHEMA, true, false},
        {ERR_NO_MEMORY, true, false},
        {ERR_INTERNAL, true, false},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct clear_case *c = &cases[i];
        size_t expected = c->cleared ? 2 : 0;

        api_request(f, METHOD_GET, "/api/auth/sessions");
        if (c->by_cookie)
            api_cookie_in(f, "access_token", FIXTURE_ACCESS);
        else
            api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_ACCESS);
        fake.session_check = c->error;
        assert_int_equal(api_send(f), err_status(c->error));
        assert_int_equal(api_answer_cookies(f), expected);

        api_request(f, METHOD_POST, "/api/auth/refresh");
        if (c->by_cookie)
            api_cookie_in(f, "refresh_token", FIXTURE_REFRESH);
        else
            api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_REFRESH);
        api_field(f, "ORIGIN", FIXTURE_ORIGIN);
        fake.account_refresh = c->error;
        assert_int_equal(api_send(f), err_status(c->error));
        assert_int_equal(api_answer_cookies(f), expected);
    }
}

static void the_device_cookie_lives_two_years(void **state)
{
    (void)state;
    assert_int_equal(DEVICE_TOKEN_LIFETIME_S, 63072000);
}

int main(void)
{
#define CASE(f)                                                                \
    cmocka_unit_test_setup_teardown(f, api_fixture_setup, api_fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(attributes_follow_the_configuration),
        CASE(logout_clears_six_and_leaves_the_device),
        CASE(logout_sends_clear_site_data),
        CASE(only_our_prefix_is_read),
        CASE(only_the_end_of_a_session_clears),
        CASE(the_device_cookie_lives_two_years),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
