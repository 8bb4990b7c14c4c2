/* SPDX-License-Identifier: MIT */
/* Cookies, the Authorization field, and who sent them through which proxy. */
#include "http_fixture.h"

static const struct http_limits limits = {
    .url = 64, .header = 1024, .body = 1024, .cookies = 4};

static struct http_request with_cookies(struct arena *a, const char *one,
                                        const char *two)
{
    const struct fixture_field fields[] = {
        {"COOKIE", one}, {two == NULL ? NULL : "COOKIE", two}, {NULL, NULL}};
    struct http_request r = fixture_request(a, fields);

    assert_int_equal(http_cookies_parse(a, &r, &limits), ERR_OK);
    return r;
}

/* R6265-5.6: names are compared exactly; what is broken is no cookie. */
static void r6265_5_6_a_cookie_has_its_exact_name(void **state)
{
    static const struct {
        const char *field, *value;
    } cases[] = {
        {"t=v", "v"},         {"a=1; t=v; b=2", "v"},
        {"a=1;t=v;b=2", "v"}, {"\tt = v ", "v"},
        {"t=", ""},           {"t=a=b", "a=b"},
        {"t=\"v\"", "\"v\""}, {"T=v", NULL},
        {"tt=v", NULL},       {"t", NULL},
        {"", NULL},           {";;;", NULL},
        {"=t=v", NULL},       {"=v", NULL},
        {"a t=v", NULL},      {"\"t\"=v", NULL},
        {"t\x01=v", NULL},    {"t\xc3\xa4=v", NULL},
        {"(t)=v", NULL},
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = with_cookies(a, cases[i].field, NULL);
        struct str value = STR("untouched");

        assert_int_equal(http_cookie(&r, STR("t"), &value), ERR_OK);
        fixture_same(value, cases[i].value);
    }
    arena_free(&a);
}

/* R6265-5.7: of two cookies neither wins, whoever joined them. */
static void r6265_5_7_a_cookie_that_came_twice_is_refused(void **state)
{
    static const struct {
        const char *one, *two;
    } cases[] = {
        {"t=1; t=2", NULL},      {"t=1;t=1", NULL},       {"t=1, t=2", NULL},
        {"t=1,t=2", NULL},       {"t=1", "t=2"},          {"t=1; a=2", "t=1"},
        {"a=1, t=2; t=3", NULL}, {"t=1; a=1, t=2", NULL}, {"t=; t=", NULL},
        {"a=1, t=1, t=2", NULL},
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = with_cookies(a, cases[i].one, cases[i].two);
        struct str value = STR("untouched");

        assert_int_equal(http_cookie(&r, STR("t"), &value),
                         ERR_DUPLICATE_CREDENTIALS);
        fixture_same(value, "untouched");
    }
    arena_free(&a);
}

/* A sub-domain cannot set __Host-t, but it can set a=1,__Host-t=evil. */
static void a_cookie_inside_another_value_is_not_believed(void **state)
{
    static const char *const cases[] = {
        "a=1,__Host-t=evil", "a=1, __Host-t=evil", "a=,__Host-t=evil; b=2",
        "a,__Host-t=evil",   ",__Host-t=evil",
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = with_cookies(a, cases[i], NULL);
        struct str value = STR("untouched");

        assert_int_equal(http_cookie(&r, STR("__Host-t"), &value), ERR_OK);
        fixture_same(value, NULL);
    }
    arena_free(&a);
}

static void cookies_past_the_limit_are_refused(void **state)
{
    static const struct {
        const char *one, *two;
        enum err want;
    } cases[] = {
        {"a=1; b=2; c=3; d=4", NULL, ERR_OK},
        {"a=1; b=2; c=3; d=4; ", NULL, ERR_OK},
        {"a=1; b=2; c=3; d=4; e=5", NULL, ERR_HEADER_TOO_LARGE},
        {"a=1,b=2,c=3,d=4,e=5", NULL, ERR_HEADER_TOO_LARGE},
        {"a=1; b=2; c=3", "d=4; e=5", ERR_HEADER_TOO_LARGE},
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = fixture_request(
            a, (const struct fixture_field[]){
                   {"COOKIE", cases[i].one},
                   {cases[i].two == NULL ? NULL : "COOKIE", cases[i].two},
                   {NULL, NULL}});

        assert_int_equal(http_cookies_parse(a, &r, &limits), cases[i].want);
    }
    arena_free(&a);
}

static enum err starve_cookies(struct arena *a)
{
    struct http_pair field = {STR("COOKIE"), STR("a=1; b=2")};
    struct http_request r = {.fields = &field, .field_count = 1};

    return http_cookies_parse(a, &r, &limits);
}

static void cookies_without_memory_are_told_so(void **state)
{
    (void)state;
    fixture_starve(starve_cookies, ERR_OK);
}

/* R6750-2: the scheme in any case, one blank or more, and the token. */
static void r6750_2_a_bearer_token_is_found(void **state)
{
    static const struct {
        const char *field, *token;
    } cases[] = {
        {"Bearer abc", "abc"},
        {"bearer abc", "abc"},
        {"BEARER  abc ", "abc"},
        {" Bearer abc", "abc"},
        {"Bearer\tabc", "abc"},
        {"Bearer a b", "a b"},
        {"Bearer", ""},
        {"Bearer ", ""},
        {"", NULL},
        {"abc", NULL},
        {"Bearerabc", NULL},
        {"Bearer:abc", NULL},
        {"Basic YTpi", NULL},
        {"Digest a=b, c=d", NULL},
        {"Bear abc", NULL},
        {"Basic a, Basic b", NULL},
        {"Basic Bearer abc", NULL},
    };
    struct arena *a = fixture_arena(1 << 16);
    struct http_request none =
        fixture_request(a, &(const struct fixture_field){NULL, NULL});
    struct str token = STR("untouched");

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request r = fixture_request(
            a, (const struct fixture_field[]){{"AUTHORIZATION", cases[i].field},
                                              {NULL, NULL}});

        assert_int_equal(http_bearer(&r, &token), ERR_OK);
        fixture_same(token, cases[i].token);
    }
    assert_int_equal(http_bearer(&none, &token), ERR_OK);
    fixture_same(token, NULL);
    arena_free(&a);
}

/* R9110-5.3: web servers join repeated fields with a comma. */
static void r9110_5_3_two_authorizations_are_refused(void **state)
{
    static const struct {
        const char *one, *two;
    } cases[] = {
        {"Bearer a, Bearer b", NULL}, {"Bearer a,Bearer a", NULL},
        {"Bearer a, Basic b", NULL},  {"Basic b, Bearer a", NULL},
        {"Bearer a,", NULL},          {", Bearer a", NULL},
        {"Bearer a, b", NULL},        {"Bearer a", "Bearer b"},
        {"Basic a", "Basic a"},       {"Basic a", "Bearer b"},
        {"bearer , BEARER b", NULL},
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *more = cases[i].two == NULL ? NULL : "AUTHORIZATION";
        struct http_request r = fixture_request(
            a, (const struct fixture_field[]){{"AUTHORIZATION", cases[i].one},
                                              {more, cases[i].two},
                                              {NULL, NULL}});
        struct str token = STR("untouched");

        assert_int_equal(http_bearer(&r, &token), ERR_DUPLICATE_CREDENTIALS);
        fixture_same(token, "untouched");
    }
    arena_free(&a);
}

struct proxy_case {
    const char *peer, *chain, *proto, *client;
    bool param, https;
};

static void judge_proxy(const struct proxy_case *c, const char *twice)
{
    struct arena *a = fixture_arena(4096);
    struct ip_net trusted[2];
    char text[IP_TEXT_LEN + 1];
    struct fixture_field fields[FIXTURE_FIELDS] = {{NULL, NULL}};
    size_t n = 0;

    assert_true(ip_net_parse(STR("10.0.0.0/8"), &trusted[0]));
    assert_true(ip_net_parse(STR("fd00::/8"), &trusted[1]));
    if (c->chain != NULL)
        fields[n++] = (struct fixture_field){"X_FORWARDED_FOR", c->chain};
    if (c->proto != NULL)
        fields[n++] = (struct fixture_field){"X_FORWARDED_PROTO", c->proto};
    if (twice != NULL)
        fields[n++] = (struct fixture_field){twice, "198.51.100.9"};
    struct http_request r = fixture_request(a, fields);

    (void)ip_parse(str_of(c->peer), &r.peer);
    http_origin_of(&r, trusted, 2, c->param);
    ip_text(&r.client, text);
    assert_string_equal(text, c->client);
    assert_int_equal(r.https, c->https);
    arena_free(&a);
}

/* the client's address comes from trusted sources only. */
static void a_15_3_4_only_a_trusted_proxy_is_believed(void **state)
{
    static const struct proxy_case cases[] = {
        {"192.0.2.1", NULL, NULL, "192.0.2.1", true, true},
        {"192.0.2.1", "198.51.100.1", "https", "192.0.2.1", false, false},
        {"192.0.2.1", "10.0.0.1", "http", "192.0.2.1", true, true},
        {"", "198.51.100.1", "https", "", false, false},
        {"10.0.0.1", "198.51.100.1", "https", "198.51.100.1", false, true},
        {"10.0.0.1", "198.51.100.1", "HTTPS", "198.51.100.1", false, true},
        {"10.0.0.1", "198.51.100.1", "http", "198.51.100.1", true, false},
        {"10.0.0.1", "198.51.100.1", "", "198.51.100.1", true, true},
        {"10.0.0.1", "198.51.100.1", NULL, "198.51.100.1", true, true},
        {"10.0.0.1", NULL, "https, http", "10.0.0.1", true, false},
        {"10.0.0.1", NULL, "http, https", "10.0.0.1", false, true},
        {"10.0.0.1", NULL, "ftp", "10.0.0.1", true, false},
        {"fd00::1", "2001:db8::5", NULL, "2001:db8::5", false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        judge_proxy(&cases[i], NULL);
}

/* what stands left of the first foreign address is the client's. */
static void a_4_1_3_a_forged_chain_is_not_believed(void **state)
{
    static const struct proxy_case cases[] = {
        {"10.0.0.1", "203.0.113.9, 198.51.100.1", NULL, "198.51.100.1", false,
         false},
        {"10.0.0.1", "203.0.113.9,198.51.100.1,10.2.3.4", NULL, "198.51.100.1",
         false, false},
        {"10.0.0.1", "10.9.9.9", NULL, "10.9.9.9", false, false},
        {"10.0.0.1", "10.9.9.9, 10.8.8.8", NULL, "10.9.9.9", false, false},
        {"10.0.0.1", "198.51.100.1, nonsense", NULL, "10.0.0.1", false, false},
        {"10.0.0.1", "nonsense, 10.8.8.8", NULL, "10.8.8.8", false, false},
        {"10.0.0.1", "198.51.100.1:80", NULL, "10.0.0.1", false, false},
        {"10.0.0.1", "198.51.100.1,", NULL, "10.0.0.1", false, false},
        {"10.0.0.1", ",10.8.8.8", NULL, "10.8.8.8", false, false},
        {"10.0.0.1", "", NULL, "10.0.0.1", false, false},
        {"10.0.0.1", "unknown", NULL, "10.0.0.1", false, false},
    };
    static const struct proxy_case twice = {"10.0.0.1", "198.51.100.1", "https",
                                            "10.0.0.1", false,          true};
    static const struct proxy_case scheme = {
        "10.0.0.1", "198.51.100.1", "https", "198.51.100.1", false, false};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        judge_proxy(&cases[i], NULL);
    judge_proxy(&twice, "X_FORWARDED_FOR");
    judge_proxy(&scheme, "X_FORWARDED_PROTO");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r6265_5_6_a_cookie_has_its_exact_name),
        cmocka_unit_test(r6265_5_7_a_cookie_that_came_twice_is_refused),
        cmocka_unit_test(a_cookie_inside_another_value_is_not_believed),
        cmocka_unit_test(cookies_past_the_limit_are_refused),
        cmocka_unit_test(cookies_without_memory_are_told_so),
        cmocka_unit_test(r6750_2_a_bearer_token_is_found),
        cmocka_unit_test(r9110_5_3_two_authorizations_are_refused),
        cmocka_unit_test(a_15_3_4_only_a_trusted_proxy_is_believed),
        cmocka_unit_test(a_4_1_3_a_forged_chain_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
