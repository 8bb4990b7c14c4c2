/* SPDX-License-Identifier: MIT */
/* Answers as the web server gets them. */
#include "http_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "http/response.h"

#define CSP                                                                    \
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
#define REQUEST_ID STR("0190a0b0-c0d0-7000-8000-0123456789ab")

static struct str text_of(struct http_response *r)
{
    struct str text = {NULL, 0};

    assert_int_equal(http_response_text(r, false, &text), ERR_OK);
    return text;
}

static struct str body_of(struct str text)
{
    const char *end = strstr(text.p, "\r\n\r\n");

    assert_non_null(end);
    return (struct str){end + 4, text.n - (size_t)(end + 4 - text.p)};
}

static bool has(struct str text, const char *part)
{
    return strstr(text.p, part) != NULL;
}

static size_t count_of(struct str text, const char *part)
{
    size_t n = 0;

    for (const char *p = text.p; (p = strstr(p, part)) != NULL; p++)
        n++;
    return n;
}

/* FCGI-2: no path leaves without a status. */
static void fcgi_2_an_untouched_answer_is_a_500(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);

    (void)state;
    fixture_same(text_of(&r), "Status: 500 Internal Server Error\r\n\r\n");
    arena_free(&a);
}

static void an_answer_is_status_fields_and_body(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);
    struct str text;

    (void)state;
    http_json_begin(&r, 200);
    json_str(&r.json, "a", STR("b\"\r\n"));
    http_json_end(&r);
    http_response_field(&r, "X-One", STR("1"));
    fixture_same(text_of(&r), "Status: 200 OK\r\n"
                              "Content-Type: application/json; charset=utf-8"
                              "\r\nX-One: 1\r\n\r\n{\"a\":\"b\\\"\\r\\n\"}");
    assert_int_equal(http_response_text(&r, true, &text), ERR_OK);
    fixture_same(text, "Status: 200 OK\r\n"
                       "Content-Type: application/json; charset=utf-8"
                       "\r\nX-One: 1\r\n\r\n");
    http_response_reset(&r, 299);
    fixture_same(text_of(&r), "Status: 299 Status\r\n\r\n");
    arena_free(&a);
}

/* no value ends its line, and a broken answer is a whole 500. */
static void a_1_2_1_a_split_answer_is_a_500(void **state)
{
    static const struct http_pair cases[] = {
        {{"X", 1}, {"a\r\nSet-Cookie: x=y", 18}},
        {{"X", 1}, {"a\nb", 3}},
        {{"X", 1}, {"a\rb", 3}},
        {{"X", 1}, {"a\0b", 3}},
        {{"X", 1}, {"a\x1b", 2}},
        {{"X", 1}, {"a\x7f", 2}},
        {{"X\r\nY", 4}, {"a", 1}},
        {{"X Y", 3}, {"a", 1}},
        {{"X:", 2}, {"a", 1}},
        {{"", 0}, {"a", 1}},
    };
    struct arena *a = fixture_arena(1 << 18);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_response r = http_response_new(a);

        http_json_begin(&r, 200);
        json_str(&r.json, "secret", STR("token"));
        http_json_end(&r);
        http_response_field(&r, "X-Kept", STR("no"));
        http_response_field(&r, cases[i].name.p, cases[i].value);
        struct str text = text_of(&r);

        assert_true(str_starts(text, STR("Status: 500 ")));
        assert_false(has(text, "Set-Cookie"));
        assert_false(has(text, "X-Kept"));
        assert_false(has(text, "token"));
        assert_true(has(text, "\"code\":\"INTERNAL_ERROR\""));
        assert_true(has(text, "Cache-Control: no-store"));
    }
    arena_free(&a);
}

static void more_fields_than_room_are_a_500(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);

    (void)state;
    http_response_reset(&r, 204);
    for (size_t i = 0; i < RESPONSE_FIELDS_MAX; i++)
        http_response_field(&r, "X-A", STR("1"));
    assert_true(str_starts(text_of(&r), STR("Status: 204 No Content\r\n")));
    http_response_field(&r, "X-A", STR("1"));
    assert_true(str_starts(text_of(&r), STR("Status: 500 ")));
    arena_free(&a);
}

static void vary_stays_one_field(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);

    (void)state;
    http_response_field(&r, "Vary", STR("Origin"));
    http_response_field(&r, "vary", STR("Cookie, Authorization"));
    http_response_field(&r, "Vary", STR("Cookie"));
    struct str text = text_of(&r);

    assert_true(has(text, "\r\nVary: Origin, Cookie, Authorization\r\n"));
    assert_int_equal(count_of(text, "ary:"), 1);
    arena_free(&a);
}

static const struct {
    struct http_cookie_spec spec;
    const char *want;
} cookies[] = {
    {{{"a", 1}, {"b", 1}, "/", NULL, "Strict", true, 900, false, 0},
     "Set-Cookie: a=b; Path=/; Max-Age=900; Secure; HttpOnly; "
     "SameSite=Strict\r\n"},
    {{{"__Secure-r", 10},
      {"b.c_-", 5},
      "/api/auth",
      "example.org",
      "Lax",
      true,
      7884000,
      false,
      0},
     "Set-Cookie: __Secure-r=b.c_-; Path=/api/auth; Domain=example.org; "
     "Max-Age=7884000; Secure; HttpOnly; SameSite=Lax\r\n"},
    {{{"a", 1}, {"", 0}, "/", NULL, "Strict", true, 0, false, 0},
     "Set-Cookie: a=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 "
     "00:00:00 GMT; Secure; HttpOnly; SameSite=Strict\r\n"},
    {{{"a", 1}, {"b", 1}, "/", NULL, "Strict", false, 1, false, 0},
     "Set-Cookie: a=b; Path=/; Max-Age=1; HttpOnly; SameSite=Strict\r\n"},
};

static void a_cookie_carries_its_attributes(void **state)
{
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cookies); i++) {
        struct http_response r = http_response_new(a);

        http_response_reset(&r, 204);
        http_response_cookie(&r, &cookies[i].spec);
        assert_true(has(text_of(&r), cookies[i].want));
    }
    arena_free(&a);
}

static void a_dated_cookie_tells_the_time_alone(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);
    struct http_cookie_spec c = {.name = STR("a"),
                                 .value = STR("b%2F"),
                                 .path = "/",
                                 .same_site = "None",
                                 .secure = true,
                                 .dated = true,
                                 .expires_s = 784111777};

    (void)state;
    http_response_reset(&r, 204);
    http_response_cookie(&r, &c);
    assert_true(has(text_of(&r),
                    "Set-Cookie: a=b%2F; Path=/; Expires=Sun, 06 Nov 1994 "
                    "08:49:37 GMT; Secure; HttpOnly; SameSite=None\r\n"));
    arena_free(&a);
}

static void what_is_replaced_or_taken_back_is_gone(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);
    const struct http_cookie_spec c = {
        .name = STR("a"), .value = STR("1"), .path = "/"};
    const struct http_cookie_spec other = {
        .name = STR("ab"), .value = STR("2"), .path = "/"};

    (void)state;
    http_response_reset(&r, 204);
    http_response_field(&r, "X-One", STR("1"));
    http_response_cookie(&r, &c);
    http_response_field(&r, "x-one", STR("2"));
    http_response_cookie(&r, &other);
    http_response_cookie(&r, &c);
    http_response_field(&r, "X-Two", STR("3"));
    http_response_replace(&r, "X-ONE", STR("4"));
    http_response_uncookie(&r, STR("a"));
    fixture_same(text_of(&r),
                 "Status: 204 No Content\r\n"
                 "Set-Cookie: ab=2; Path=/; Max-Age=0; "
                 "Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly\r\n"
                 "X-Two: 3\r\nX-ONE: 4\r\n\r\n");
    http_response_replace(&r, "X-Two", STR("a\r\nb"));
    assert_true(r.failed);
    arena_free(&a);
}

static void a_bent_cookie_is_a_500(void **state)
{
    static const struct http_cookie_spec cases[] = {
        {{"a", 1}, {"b;c", 3}, "/", NULL, "Strict", true, 1, false, 0},
        {{"a", 1}, {"b c", 3}, "/", NULL, "Strict", true, 1, false, 0},
        {{"a", 1}, {"b,c", 3}, "/", NULL, "Strict", true, 1, false, 0},
        {{"a", 1}, {"b\"", 2}, "/", NULL, "Strict", true, 1, false, 0},
        {{"a", 1}, {"b\\", 2}, "/", NULL, "Strict", true, 1, false, 0},
        {{"a", 1}, {"b\n", 2}, "/", NULL, "Strict", true, 1, false, 0},
        {{"a", 1}, {"b\0", 2}, "/", NULL, "Strict", true, 1, false, 0},
        {{"a", 1}, {"\xc3\xa4", 2}, "/", NULL, "Strict", true, 1, false, 0},
        {{"a=", 2}, {"b", 1}, "/", NULL, "Strict", true, 1, false, 0},
        {{"", 0}, {"b", 1}, "/", NULL, "Strict", true, 1, false, 0},
        {{"a", 1}, {"b", 1}, "/; Domain=x", NULL, "Strict", true, 1, false, 0},
        {{"a", 1}, {"b", 1}, "/", "x; Path=/", "Strict", true, 1, false, 0},
        {{"a", 1}, {"b", 1}, "/", NULL, "Lax;", true, 1, false, 0},
        {{"a", 1}, {"b", 1}, "/\r\nX: y", NULL, "Lax", true, 1, false, 0},
    };
    struct arena *a = fixture_arena(1 << 18);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_response r = http_response_new(a);

        http_response_reset(&r, 204);
        http_response_cookie(&r, &cases[i]);
        struct str text = text_of(&r);

        assert_true(str_starts(text, STR("Status: 500 ")));
        assert_false(has(text, "Set-Cookie"));
    }
    arena_free(&a);
}

/* name and value of 4096 bytes pass, one more does not. */
static void a_3_3_5_a_cookie_too_long_for_browsers_is_a_500(void **state)
{
    static char value[4096];
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    memset(value, 'v', sizeof(value));
    for (size_t n = 4095; n <= 4096; n++) {
        const struct http_cookie_spec c = {
            STR("a"), {value, n}, "/", NULL, "Strict", true, 1, false, 0};
        struct http_response r = http_response_new(a);

        http_response_cookie(&r, &c);
        assert_int_equal(r.failed, n == 4096);
    }
    arena_free(&a);
}

/* R6750-3: an error code only for who presented a token. */
static void r6750_3_a_401_names_its_challenge(void **state)
{
    static const struct {
        enum err e;
        const char *want;
    } cases[] = {
        {ERR_AUTHENTICATION_REQUIRED, ""},
        {ERR_INVALID_CREDENTIALS, ""},
        {ERR_API_KEY_INVALID, ""},
        {ERR_ACCESS_TOKEN_EXPIRED,
         ", error=\"invalid_token\", "
         "error_description=\"Access token expired\""},
        {ERR_ACCESS_TOKEN_INVALID,
         ", error=\"invalid_token\", "
         "error_description=\"Invalid access token\""},
        {ERR_REFRESH_TOKEN_INVALID,
         ", error=\"invalid_token\", "
         "error_description=\"Invalid refresh token\""},
        {ERR_SESSION_INVALID,
         ", error=\"invalid_token\", error_description=\"Invalid session\""},
        {ERR_SESSION_EXPIRED,
         ", error=\"invalid_token\", error_description=\"Session expired\""},
        {ERR_TOKEN_THEFT,
         ", error=\"invalid_token\", "
         "error_description=\"Session revoked after token reuse\""},
        {ERR_STEP_UP_REQUIRED,
         ", error=\"insufficient_user_authentication\", "
         "error_description=\"Step-up authentication required\""},
    };
    struct arena *a = fixture_arena(1 << 16);
    char line[256];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_response r = http_response_new(a);

        http_problem(&r, cases[i].e, NULL, REQUEST_ID, 0);
        (void)snprintf(line, sizeof(line),
                       "\r\nWWW-Authenticate: Bearer realm=\"gatehouse\"%s\r\n",
                       cases[i].want);
        assert_true(has(text_of(&r), line));
    }
    arena_free(&a);
}

/* R9110-15.5.2 and R9110-10.2.3, for every error there is. */
static void r9110_every_problem_has_the_fields_of_its_status(void **state)
{
    struct arena *a = fixture_arena(1 << 20);

    (void)state;
    for (unsigned e = ERR_OK + 1; e < ERR_COUNT; e++) {
        struct http_response r = http_response_new(a);
        int status = err_status((enum err)e);

        http_problem(&r, (enum err)e, NULL, REQUEST_ID, 0);
        struct str text = text_of(&r);

        assert_int_equal(has(text, "WWW-Authenticate: "), status == 401);
        assert_int_equal(has(text, "Retry-After: 1\r\n"),
                         status == 429 || status == 503);
        assert_true(has(
            text, "Content-Type: application/problem+json; charset=utf-8\r\n"));
        assert_false(has(text, " Status\r\n"));
        assert_int_equal(json_scan(a, body_of(text), &json_limits_default),
                         ERR_OK);
    }
    arena_free(&a);
}

/* R9457-3: the members of a problem. */
static void r9457_3_a_problem_has_its_members(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);

    (void)state;
    http_problem(&r, ERR_SESSION_INVALID, NULL, REQUEST_ID, 0);
    fixture_same(body_of(text_of(&r)),
                 "{\"type\":\"urn:gatehouse:problem:session-invalid\","
                 "\"title\":\"Invalid session\",\"status\":401,"
                 "\"detail\":\"Invalid session\",\"code\":\"SESSION_INVALID\","
                 "\"error\":\"Invalid session\",\"instance\":"
                 "\"urn:uuid:0190a0b0-c0d0-7000-8000-0123456789ab\"}");
    http_problem(&r, ERR_TOO_MANY_REQUESTS, "Try \"later\"",
                 (struct str){NULL, 0}, 17);
    struct str text = text_of(&r);

    assert_true(has(text, "Retry-After: 17\r\n"));
    fixture_same(body_of(text),
                 "{\"type\":\"urn:gatehouse:problem:too-many-requests\","
                 "\"title\":\"Too many requests\",\"status\":429,"
                 "\"detail\":\"Try \\\"later\\\"\","
                 "\"code\":\"TOO_MANY_REQUESTS\","
                 "\"error\":\"Too many requests\"}");
    arena_free(&a);
}

static void a_problem_keeps_fields_and_replaces_the_body(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);

    (void)state;
    http_json_begin(&r, 200);
    json_str(&r.json, "half", STR("written"));
    http_response_field(&r, "X-Kept", STR("yes"));
    http_response_field(&r, "WWW-Authenticate", STR("Bearer x=\"y\""));
    http_response_field(&r, "Retry-After", STR("9"));
    http_problem(&r, ERR_ACCESS_TOKEN_INVALID, NULL, REQUEST_ID, 0);
    http_problem(&r, ERR_UNAVAILABLE, NULL, REQUEST_ID, 3);
    struct str text = text_of(&r);

    assert_true(str_starts(text, STR("Status: 503 ")));
    assert_false(has(text, "half"));
    assert_true(has(text, "X-Kept: yes\r\n"));
    assert_int_equal(count_of(text, "WWW-Authenticate: "), 1);
    assert_int_equal(count_of(text, "Retry-After: "), 1);
    arena_free(&a);
}

static void no_error_as_a_problem_is_a_500(void **state)
{
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);

    (void)state;
    http_problem(&r, ERR_OK, NULL, REQUEST_ID, 0);
    assert_int_equal(r.status, 500);
    arena_free(&a);
}

static void a_validation_problem_lists_its_fields(void **state)
{
    static const struct http_invalid fields[] = {
        {"email", "MISSING", "This field is needed"},
        {"a\"\n", "UNKNOWN_FIELD", NULL},
    };
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);

    (void)state;
    http_problem_fields(&r, fields, COUNT(fields), REQUEST_ID);
    struct str text = text_of(&r);

    assert_true(str_starts(text, STR("Status: 400 Bad Request\r\n")));
    assert_true(has(text, "\"code\":\"VALIDATION_FAILED\""));
    assert_true(has(text,
                    ",\"errors\":[{\"field\":\"email\",\"code\":\"MISSING\","
                    "\"detail\":\"This field is needed\"},"
                    "{\"field\":\"a\\\"\\n\",\"code\":\"UNKNOWN_FIELD\","
                    "\"detail\":null}]}"));
    arena_free(&a);
}

/* */
static void a_3_4_every_answer_is_hardened_once(void **state)
{
    static const char *const lines[] = {
        "X-Content-Type-Options: nosniff\r\n",
        CSP,
        "Referrer-Policy: no-referrer\r\n",
        "X-Frame-Options: DENY\r\n",
        "Cross-Origin-Resource-Policy: same-origin\r\n",
        "Cache-Control: no-store\r\n",
        "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n",
    };
    struct arena *a = fixture_arena(1 << 16);
    struct http_response r = http_response_new(a);

    (void)state;
    http_response_harden(&r, 31536000);
    http_response_harden(&r, 31536000);
    struct str text = text_of(&r);

    for (size_t i = 0; i < COUNT(lines); i++)
        assert_int_equal(count_of(text, lines[i]), 1);
    http_response_reset(&r, 200);
    http_response_field(&r, "cache-control", STR("public, max-age=300"));
    http_response_harden(&r, 0);
    text = text_of(&r);
    assert_false(has(text, "no-store"));
    assert_false(has(text, "Strict-Transport-Security"));
    arena_free(&a);
}

static enum err starve_response(struct arena *a)
{
    const struct http_cookie_spec c = {
        STR("a"), STR("b"), "/", "example.org", "Strict", true, 900, false, 0};
    struct http_response r = http_response_new(a);
    struct str text = {NULL, 0};

    http_response_field(&r, "Vary", STR("Origin"));
    http_response_field(&r, "Vary", STR("Cookie"));
    http_response_cookie(&r, &c);
    http_problem(&r, ERR_SESSION_EXPIRED, NULL, REQUEST_ID, 0);
    http_problem(&r, ERR_UNAVAILABLE, NULL, REQUEST_ID, 5);
    http_response_harden(&r, 1);
    enum err e = http_response_text(&r, false, &text);

    /* Whatever did not fit, what comes out has a status. */
    if (e == ERR_OK && !str_starts(text, STR("Status: 503 ")) &&
        !str_starts(text, STR("Status: 500 ")))
        return ERR_INTERNAL;
    return e == ERR_OK && str_starts(text, STR("Status: 500 ")) ? ERR_NO_MEMORY
                                                                : e;
}

static void an_answer_without_memory_is_a_500_or_none(void **state)
{
    (void)state;
    fixture_starve(starve_response, ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fcgi_2_an_untouched_answer_is_a_500),
        cmocka_unit_test(an_answer_is_status_fields_and_body),
        cmocka_unit_test(a_1_2_1_a_split_answer_is_a_500),
        cmocka_unit_test(more_fields_than_room_are_a_500),
        cmocka_unit_test(vary_stays_one_field),
        cmocka_unit_test(a_cookie_carries_its_attributes),
        cmocka_unit_test(a_dated_cookie_tells_the_time_alone),
        cmocka_unit_test(what_is_replaced_or_taken_back_is_gone),
        cmocka_unit_test(a_bent_cookie_is_a_500),
        cmocka_unit_test(a_3_3_5_a_cookie_too_long_for_browsers_is_a_500),
        cmocka_unit_test(r6750_3_a_401_names_its_challenge),
        cmocka_unit_test(r9110_every_problem_has_the_fields_of_its_status),
        cmocka_unit_test(r9457_3_a_problem_has_its_members),
        cmocka_unit_test(a_problem_keeps_fields_and_replaces_the_body),
        cmocka_unit_test(no_error_as_a_problem_is_a_500),
        cmocka_unit_test(a_validation_problem_lists_its_fields),
        cmocka_unit_test(a_3_4_every_answer_is_hardened_once),
        cmocka_unit_test(an_answer_without_memory_is_a_500_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
