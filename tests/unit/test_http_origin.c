/* SPDX-License-Identifier: MIT */
/* Who may call with cookies, and who may read the answer. */
#include "http_fixture.h"

#include "http/origin.h"

#define OWN "https://id.example.org"
#define APP "https://app.example.net:8443"

static const struct str allowed[] = {{APP, sizeof(APP) - 1}};
static const struct origin_rules rules = {
    .own = {OWN, sizeof(OWN) - 1}, .allowed = allowed, .allowed_count = 1};

static void an_url_has_one_origin(void **state)
{
    static const struct {
        const char *url, *origin;
    } cases[] = {
        {"https://a.example", "https://a.example"},
        {"HTTPS://A.Example/Path", "https://a.example"},
        {"https://a.example:443/x", "https://a.example"},
        {"http://a.example:80", "http://a.example"},
        {"http://a.example:443", "http://a.example:443"},
        {"https://a.example:8443?q", "https://a.example:8443"},
        {"https://a.example#f", "https://a.example"},
        {"https://a.example:", "https://a.example"},
        {"https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443"},
        {"https://[::1]", "https://[::1]"},
        {"http://127.0.0.1:8080/a/b?c", "http://127.0.0.1:8080"},
        {"capacitor://localhost", "capacitor://localhost"},
        {"chrome-extension://abc/x.html", "chrome-extension://abc"},
        {"null", NULL},
        {"", NULL},
        {"/path", NULL},
        {"//a.example", NULL},
        {"://a.example", NULL},
        {"https:a.example", NULL},
        {"https:/a.example", NULL},
        {"https://", NULL},
        {"https:///x", NULL},
        {"https://:443", NULL},
        {"https://user@a.example", NULL},
        {"https://id.example.org@evil.example", NULL},
        {"https://a.example:0", NULL},
        {"https://a.example:65536", NULL},
        {"https://a.example:8x", NULL},
        {"https://a.example:-1", NULL},
        {"https://a example", NULL},
        {"https://a\\b", NULL},
        {"https://a%2eb", NULL},
        {"https://[::1", NULL},
        {"https://[]", NULL},
        {"https://[::1]x", NULL},
        {"https://[g::1]x", NULL},
        {"ht tp://a", NULL},
        {"javascript:alert(1)", NULL},
        {"data:text/html,x", NULL},
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        fixture_same(origin_of_url(a, str_of(cases[i].url)), cases[i].origin);
    fixture_same(origin_of_url(a, (struct str){"https://a\0b", 11}), NULL);
    arena_free(&a);
}

static enum err starve_origin(struct arena *a)
{
    struct str text = origin_of_url(a, STR("https://a.example:8443/x"));

    return text.p == NULL ? ERR_NO_MEMORY : ERR_OK;
}

static void an_url_without_memory_has_no_origin(void **state)
{
    (void)state;
    fixture_starve(starve_origin, ERR_OK);
}

struct origin_case {
    const char *origin, *site, *dest, *referer;
    bool permitted;
};

static struct http_request request_of(struct arena *a,
                                      const struct origin_case *c)
{
    struct fixture_field fields[FIXTURE_FIELDS] = {{NULL, NULL}};
    size_t n = 0;

    if (c->origin != NULL)
        fields[n++] = (struct fixture_field){"ORIGIN", c->origin};
    if (c->site != NULL)
        fields[n++] = (struct fixture_field){"SEC_FETCH_SITE", c->site};
    if (c->dest != NULL)
        fields[n++] = (struct fixture_field){"SEC_FETCH_DEST", c->dest};
    if (c->referer != NULL)
        fields[n++] = (struct fixture_field){"REFERER", c->referer};
    return fixture_request(a, fields);
}

static void judge(const struct origin_case *cases, size_t count)
{
    struct arena *a = fixture_arena(1 << 16);

    for (size_t i = 0; i < count; i++) {
        struct http_request r = request_of(a, &cases[i]);

        if (origin_permits(a, &r, &rules) != cases[i].permitted)
            fail_msg("case %zu", i);
    }
    arena_free(&a);
}

/* SFM-1: a cross-site page passes only when its origin is on the list. */
static void sfm_1_cross_site_needs_an_allowed_origin(void **state)
{
    static const struct origin_case cases[] = {
        {OWN, "same-origin", "empty", NULL, true},
        {APP, "cross-site", "empty", NULL, true},
        {APP, "same-site", "empty", NULL, true},
        {OWN, "cross-site", "empty", NULL, false},
        {"https://evil.example", "cross-site", "empty", NULL, false},
        {"https://evil.example", "same-origin", "empty", OWN "/", false},
        {"https://evil.example", "same-site", "empty", NULL, false},
        {"null", "cross-site", "empty", NULL, false},
        {NULL, "cross-site", "empty", OWN "/", false},
        {NULL, "same-site", "empty", OWN "/", false},
        {NULL, "same-origin", "empty", NULL, true},
        {NULL, "none", NULL, NULL, true},
        {NULL, "Same-Origin", NULL, NULL, false},
        {NULL, "", NULL, OWN "/", false},
        {NULL, "nonsense", NULL, NULL, false},
    };

    (void)state;
    judge(cases, COUNT(cases));
}

/* SFM-2: without Fetch Metadata, Origin and then Referer must match. */
static void sfm_2_without_metadata_origin_then_referer_must_match(void **state)
{
    static const struct origin_case cases[] = {
        {OWN, NULL, NULL, NULL, true},
        {APP, NULL, NULL, NULL, true},
        {NULL, NULL, NULL, OWN, true},
        {NULL, NULL, NULL, OWN "/page?x=1", true},
        {NULL, NULL, NULL, "HTTPS://ID.Example.org:443/", true},
        {NULL, NULL, NULL, NULL, false},
        {NULL, NULL, NULL, "", false},
        {NULL, NULL, NULL, "/page", false},
        {NULL, NULL, NULL, "https://evil.example/" OWN, false},
        {NULL, NULL, NULL, OWN "@evil.example/", false},
        {NULL, NULL, NULL, OWN ".evil.example/", false},
        {"", NULL, NULL, OWN "/", false},
        {"null", NULL, NULL, OWN "/", false},
        {"https://evil.example", NULL, NULL, OWN "/", false},
    };

    (void)state;
    judge(cases, COUNT(cases));
}

/* near misses of an origin are no origin. */
static void a_3_4_2_an_origin_matches_whole_or_not(void **state)
{
    static const struct origin_case cases[] = {
        {OWN "/", NULL, NULL, NULL, false},
        {OWN ":443", NULL, NULL, NULL, false},
        {OWN ":8443", NULL, NULL, NULL, false},
        {OWN ".evil.example", NULL, NULL, NULL, false},
        {"https://evil"
         "id.example.org",
         NULL, NULL, NULL, false},
        {"https://a.id.example.org", NULL, NULL, NULL, false},
        {"https://example.org", NULL, NULL, NULL, false},
        {"http://id.example.org", NULL, NULL, NULL, false},
        {"https://ID.example.org", NULL, NULL, NULL, false},
        {OWN " ", NULL, NULL, NULL, false},
        {OWN ", " OWN, NULL, NULL, NULL, false},
        {OWN ", https://evil.example", NULL, NULL, NULL, false},
        {"https://app.example.net", NULL, NULL, NULL, false},
        {"*", NULL, NULL, NULL, false},
    };

    (void)state;
    judge(cases, COUNT(cases));
}

/* SFM-3: navigations, forms and images do not change anything. */
static void sfm_3_only_scripts_may_ask(void **state)
{
    static const struct origin_case cases[] = {
        {OWN, "same-origin", "empty", NULL, true},
        {OWN, "same-origin", "document", NULL, false},
        {OWN, "same-origin", "iframe", NULL, false},
        {OWN, "same-origin", "image", NULL, false},
        {APP, "cross-site", "document", NULL, false},
        {NULL, "none", "document", NULL, false},
        {OWN, NULL, "", NULL, false},
    };

    (void)state;
    judge(cases, COUNT(cases));
}

static struct str value_of(const struct http_response *res, const char *name)
{
    for (size_t i = 0; i < res->field_count; i++)
        if (str_eq_nocase(res->fields[i].name, str_of(name)))
            return res->fields[i].value;
    return (struct str){NULL, 0};
}

/* an allowed origin is named, a foreign one learns nothing. */
static void a_3_4_2_cors_names_the_origin_or_nobody(void **state)
{
    static const struct {
        const char *origin, *allow;
    } cases[] = {
        {APP, APP},   {OWN, OWN},
        {NULL, NULL}, {"null", NULL},
        {"", NULL},   {"https://evil.example", NULL},
        {"*", NULL},  {APP ".evil.example", NULL},
    };
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct origin_case c = {cases[i].origin, NULL, NULL, NULL, false};
        struct http_request r = request_of(a, &c);
        struct http_response res = http_response_new(a);

        origin_cors(&res, &r, &rules);
        fixture_same(value_of(&res, "Vary"), "Origin");
        fixture_same(value_of(&res, "Access-Control-Allow-Origin"),
                     cases[i].allow);
        fixture_same(value_of(&res, "Access-Control-Allow-Credentials"),
                     cases[i].allow == NULL ? NULL : "true");
    }
    arena_free(&a);
}

static void a_preflight_is_answered_to_friends_only(void **state)
{
    static const struct origin_case friendly = {APP, NULL, NULL, NULL, true};
    static const struct origin_case foreign = {"https://evil.example", NULL,
                                               NULL, NULL, false};
    struct arena *a = fixture_arena(1 << 16);
    struct http_request r = request_of(a, &friendly);
    struct http_response res = http_response_new(a);

    (void)state;
    origin_preflight(&res, &r, &rules, "GET, POST");
    assert_int_equal(res.status, 204);
    assert_null(res.content_type);
    fixture_same(value_of(&res, "Access-Control-Allow-Methods"), "GET, POST");
    fixture_same(value_of(&res, "Access-Control-Allow-Origin"), APP);
    assert_true(str_has_nocase(value_of(&res, "Access-Control-Allow-Headers"),
                               STR("Authorization")));
    r = request_of(a, &foreign);
    origin_preflight(&res, &r, &rules, "GET, POST");
    assert_int_equal(res.status, 403);
    fixture_same(value_of(&res, "Vary"), "Origin");
    fixture_same(value_of(&res, "Access-Control-Allow-Methods"), NULL);
    fixture_same(value_of(&res, "Access-Control-Allow-Origin"), NULL);
    arena_free(&a);
}

/* F08: each field is named, since "*" counts for nothing beside credentials. */
static void F08_other_rules_name_other_fields(void **state)
{
    static const struct origin_case cases[] = {
        {APP, NULL, NULL, NULL, true},
        {"https://evil.example", NULL, NULL, NULL, false}};
    struct origin_rules other = rules;

    (void)state;
    other.exposed = "front-token, anti-csrf";
    other.accepted = "rid";
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = fixture_arena(1 << 16);
        struct http_request r = request_of(a, &cases[i]);
        struct http_response res = http_response_new(a);

        origin_preflight(&res, &r, &other, "POST");
        fixture_same(value_of(&res, "Access-Control-Expose-Headers"),
                     "front-token, anti-csrf");
        fixture_same(value_of(&res, "Access-Control-Allow-Headers"),
                     i == 0 ? "rid" : NULL);
        fixture_same(value_of(&res, "Access-Control-Allow-Origin"),
                     i == 0 ? APP : NULL);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_url_has_one_origin),
        cmocka_unit_test(an_url_without_memory_has_no_origin),
        cmocka_unit_test(sfm_1_cross_site_needs_an_allowed_origin),
        cmocka_unit_test(sfm_2_without_metadata_origin_then_referer_must_match),
        cmocka_unit_test(a_3_4_2_an_origin_matches_whole_or_not),
        cmocka_unit_test(sfm_3_only_scripts_may_ask),
        cmocka_unit_test(a_3_4_2_cors_names_the_origin_or_nobody),
        cmocka_unit_test(a_preflight_is_answered_to_friends_only),
        cmocka_unit_test(F08_other_rules_name_other_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
