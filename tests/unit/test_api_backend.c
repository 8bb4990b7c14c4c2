/* SPDX-License-Identifier: MIT */
/* Introspection, revocation, published keys and health. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"

#define CURRENT "01938f6e-0000-7000-8000-0000000000ff"
#define OTHER "01938f6e-0000-7000-8000-000000000002"
#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
#define INACTIVE "{\"active\":false}"
#define ACTIVE_REFRESH                                                         \
    "{\"active\":true,\"token_type\":\"refresh_token\","                       \
    "\"sub\":\"subject-1\",\"sid\":\"" OTHER "\","                             \
    "\"iss\":\"https://id.test\",\"iat\":5,\"exp\":3,\"auth_time\":1,"         \
    "\"acr\":\"1\",\"amr\":[\"pwd\"]}"

static void ask(struct api_fixture *f, const char *path, const char *type,
                const char *body)
{
    api_request(f, METHOD_POST, path);
    api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_API_KEY);
    api_body(f, type, body);
}

static void introspection_tells_an_access_token(void **state)
{
    static const char *const bodies[][2] = {
        {FORM, "token=" FIXTURE_ACCESS},
        {FORM, "token=" FIXTURE_ACCESS "&token_type_hint=refresh_token"},
        {FORM, "unknown=1&token=aaa%2Ebbb.ccc&unknown=2"},
        {FORM "; charset=utf-8", "token=" FIXTURE_ACCESS},
        {JSON, "{\"token\":\"" FIXTURE_ACCESS "\"}"},
        {JSON, "{\"token\":\"" FIXTURE_ACCESS
               "\",\"token_type_hint\":\"access_token\"}"},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        ask(f, "/api/auth/introspect", bodies[i][0], bodies[i][1]);
        assert_int_equal(api_send(f), 200);
        assert_string_equal(
            api_answer_body(f),
            "{\"active\":true,\"token_type\":\"Bearer\","
            "\"sub\":\"subject-1\",\"sid\":\"" CURRENT "\","
            "\"jti\":\"00000000-0000-0000-0000-000000000000\","
            "\"iss\":\"issuer\",\"aud\":\"audience\",\"client_id\":null,"
            "\"iat\":1,\"exp\":901,\"auth_time\":0,\"acr\":\"1\","
            "\"amr\":[\"pwd\"],\"roles\":[\"USER\"],\"groups\":[]}");
    }
}

static void introspection_tells_a_refresh_token(void **state)
{
    struct api_fixture *f = *state;

    ask(f, "/api/auth/introspect", FORM, "token=" FIXTURE_REFRESH);
    assert_int_equal(api_send(f), 200);
    assert_string_equal(api_answer_body(f), ACTIVE_REFRESH);
    assert_int_equal(fake.handled, 0);
}

struct inactive_case {
    const char *token;
    enum err check, open, of_refresh;
    enum lineage_verdict verdict;
};

/* RFC 7662 section 2.2: no more than "not active". */
static void inactive_tokens_are_exactly_that(void **state)
{
    static const struct inactive_case cases[] = {
        {FIXTURE_ACCESS, ERR_ACCESS_TOKEN_EXPIRED, 0, 0, LINEAGE_CURRENT},
        {FIXTURE_ACCESS, ERR_SESSION_INVALID, 0, 0, LINEAGE_CURRENT},
        {FIXTURE_ACCESS, ERR_SESSION_EXPIRED, 0, 0, LINEAGE_CURRENT},
        {"forged.forged.x", 0, ERR_REFRESH_TOKEN_INVALID, 0, LINEAGE_CURRENT},
        {FIXTURE_REFRESH, 0, ERR_REFRESH_TOKEN_INVALID, 0, LINEAGE_CURRENT},
        {FIXTURE_REFRESH, 0, 0, ERR_SESSION_INVALID, LINEAGE_CURRENT},
        {FIXTURE_REFRESH, 0, 0, ERR_SESSION_EXPIRED, LINEAGE_CURRENT},
        {FIXTURE_REFRESH, 0, 0, 0, LINEAGE_THEFT},
    };
    struct api_fixture *f = *state;
    char body[64];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)snprintf(body, sizeof(body), "token=%s", cases[i].token);
        ask(f, "/api/auth/introspect", FORM, body);
        fake.session_check = cases[i].check;
        fake.refresh_token_open = cases[i].open;
        fake.session_of_refresh = cases[i].of_refresh;
        fake.verdict = cases[i].verdict;
        assert_int_equal(api_send(f), 200);
        assert_string_equal(api_answer_body(f), INACTIVE);
        assert_int_equal(fake.handled, 0);
    }
}

/* "I cannot know now" is not "not active". */
static void introspection_says_when_it_cannot_know(void **state)
{
    struct api_fixture *f = *state;

    ask(f, "/api/auth/introspect", FORM, "token=" FIXTURE_ACCESS);
    fake.session_check = ERR_UNAVAILABLE;
    (void)api_send(f);
    api_assert_problem(f, 503, "SERVICE_UNAVAILABLE");
    ask(f, "/api/auth/introspect", FORM, "token=" FIXTURE_REFRESH);
    fake.session_of_refresh = ERR_UNAVAILABLE;
    (void)api_send(f);
    api_assert_problem(f, 503, "SERVICE_UNAVAILABLE");
}

static void bad_questions_are_refused(void **state)
{
    static const struct {
        const char *type, *body;
        int status;
    } cases[] = {
        {FORM, "", 400},
        {FORM, "token=", 400},
        {FORM, "Token=x", 400},
        {FORM, "token=a&token=b", 400},
        {FORM, "token=%zz", 400},
        {FORM, "token=a&token_type_hint=b&token_type_hint=c", 400},
        {JSON, "{}", 400},
        {JSON, "{\"token\":1}", 400},
        {JSON, "{\"token\":\"x\",\"more\":1}", 400},
        {JSON, "token=x", 400},
        {FORM "; charset=latin1", "token=x", 415},
        {"text/plain", "token=x", 415},
        {NULL, "token=x", 415},
    };
    static const char *const paths[] = {"/api/auth/introspect",
                                        "/api/auth/revoke"};
    struct api_fixture *f = *state;

    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            ask(f, paths[p], cases[i].type, cases[i].body);
            assert_int_equal(api_send(f), cases[i].status);
            assert_int_equal(fake.handled, 0);
        }
}

static void long_tokens_and_hints_are_refused(void **state)
{
    struct api_fixture *f = *state;
    char body[256] = "token=x&token_type_hint=";

    memset(body + strlen(body), 'h', 65);
    ask(f, "/api/auth/introspect", FORM, body);
    (void)api_send(f);
    api_assert_problem(f, 400, "VALIDATION_FAILED");
    assert_non_null(strstr(api_answer_body(f), "\"code\":\"TOO_LONG\""));
}

/* The token in the query is not looked at: it would be in logs. */
static void a_token_in_the_query_is_no_token(void **state)
{
    struct api_fixture *f = *state;

    ask(f, "/api/auth/introspect", FORM, "");
    f->req.query = STR("token=" FIXTURE_ACCESS);
    assert_int_equal(api_send(f), 400);
    api_request(f, METHOD_GET, "/api/auth/sessions");
    f->req.query = STR("access_token=" FIXTURE_ACCESS);
    assert_int_equal(api_send(f), 401);
}

struct revoke_case {
    const char *token;
    enum err check, of_refresh, revoke;
    int status;
    unsigned tokens, sessions;
};

static void revocation_ends_token_or_session(void **state)
{
    static const struct revoke_case cases[] = {
        {FIXTURE_ACCESS, 0, 0, 0, 200, 1, 0},
        {FIXTURE_REFRESH, 0, 0, 0, 200, 0, 1},
        {FIXTURE_REFRESH, 0, 0, ERR_NOT_FOUND, 200, 0, 1},
        {FIXTURE_ACCESS, ERR_ACCESS_TOKEN_EXPIRED, 0, 0, 200, 0, 0},
        {FIXTURE_ACCESS, ERR_SESSION_INVALID, 0, 0, 200, 0, 0},
        {"unknown", 0, ERR_REFRESH_TOKEN_INVALID, 0, 200, 0, 0},
        {FIXTURE_REFRESH, 0, ERR_SESSION_INVALID, 0, 200, 0, 0},
        {FIXTURE_ACCESS, ERR_UNAVAILABLE, 0, 0, 503, 0, 0},
        {FIXTURE_ACCESS, 0, 0, ERR_UNAVAILABLE, 503, 1, 0},
        {FIXTURE_REFRESH, 0, ERR_UNAVAILABLE, 0, 503, 0, 0},
        {FIXTURE_REFRESH, 0, 0, ERR_UNAVAILABLE, 503, 0, 1},
    };
    struct api_fixture *f = *state;
    char body[64];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct revoke_case *c = &cases[i];

        (void)snprintf(body, sizeof(body), "token=%s", c->token);
        ask(f, "/api/auth/revoke", FORM, body);
        fake.session_check = c->check;
        fake.session_of_refresh = c->of_refresh;
        fake.session_revoke = c->revoke;
        assert_int_equal(api_send(f), c->status);
        assert_int_equal(fake.tokens_revoked, c->tokens);
        assert_int_equal(fake.sessions_revoked, c->sessions);
    }
}

static void keys_are_published_for_a_while(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, METHOD_GET, "/.well-known/jwks.json");
    assert_int_equal(api_send(f), 200);
    assert_string_equal(api_answer_body(f), "{\"keys\":[]}");
    assert_string_equal(f->res.content_type, "application/jwk-set+json");
    assert_string_equal(api_answer_field(f, "Cache-Control", 0),
                        "public, max-age=300");
    api_request(f, METHOD_GET, "/.well-known/jwks.json");
    fake.keyring_jwks = ERR_UNAVAILABLE;
    assert_int_equal(api_send(f), 503);
    assert_string_equal(api_answer_field(f, "Cache-Control", 0), "no-store");
}

static void healthz_asks_nobody(void **state)
{
    struct api_fixture *f = *state;

    api_request(f, METHOD_GET, "/healthz");
    fake.db_ready = ERR_UNAVAILABLE;
    assert_int_equal(api_send(f), 200);
    assert_string_equal(api_answer_body(f), "{\"status\":\"ok\"}");
}

static void readyz_names_what_is_missing(void **state)
{
    static const struct {
        enum err database, keys;
        const char *detail; /* NULL: ready */
    } cases[] = {
        {ERR_OK, ERR_OK, NULL},
        {ERR_UNAVAILABLE, ERR_OK, "\"detail\":\"database\""},
        {ERR_SCHEMA, ERR_OK, "\"detail\":\"schema\""},
        {ERR_OK, ERR_UNAVAILABLE, "\"detail\":\"keys\""},
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_request(f, METHOD_GET, "/readyz");
        fake.db_ready = cases[i].database;
        fake.keyring_sync = cases[i].keys;
        (void)api_send(f);
        if (cases[i].detail == NULL) {
            assert_string_equal(api_answer_body(f),
                                "{\"status\":\"ready\",\"checks\":{"
                                "\"database\":\"ok\",\"schema\":\"ok\","
                                "\"keys\":\"ok\"}}");
            continue;
        }
        api_assert_problem(f, 503, "SERVICE_UNAVAILABLE");
        assert_non_null(strstr(api_answer_body(f), cases[i].detail));
    }
}

int main(void)
{
#define CASE(f)                                                                \
    cmocka_unit_test_setup_teardown(f, api_fixture_setup, api_fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(introspection_tells_an_access_token),
        CASE(introspection_tells_a_refresh_token),
        CASE(inactive_tokens_are_exactly_that),
        CASE(introspection_says_when_it_cannot_know),
        CASE(bad_questions_are_refused),
        CASE(long_tokens_and_hints_are_refused),
        CASE(a_token_in_the_query_is_no_token),
        CASE(revocation_ends_token_or_session),
        CASE(keys_are_published_for_a_while),
        CASE(healthz_asks_nobody),
        CASE(readyz_names_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
