/* SPDX-License-Identifier: MIT */
/* What a provider publishes: whose document it is, which keys count, and for
 * how long they are kept. */
#include "oidc_world.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/digest.h"

static enum err url(struct world *w, struct str *url_r)
{
    return oidc_authorization_url(w->oidc, w->arena, &w->provider, &w->request,
                                  w->now_s, url_r);
}

static bool holds(struct str text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void
browsers_are_sent_A_1_2_2_A_10_2_1_R7636_4_1_R9700_2_1_2(void **state)
{
    struct world *w = *state;
    char challenge[ENC_B64_LEN(DIGEST_LEN) + 1];
    char expected[1024];
    struct digest d;
    struct str got;

    world_publish(w);
    assert_int_equal(w->request.verifier.n, 43);
    assert_int_equal(w->request.nonce.n, 43);
    assert_int_equal(digest_sha256(w->request.verifier, &d), ERR_OK);
    (void)enc_b64url(d.b, sizeof(d.b), challenge);
    assert_int_equal(url(w, &got), ERR_OK);
    (void)snprintf(expected, sizeof(expected),
                   "https://op.example.org/auth?response_type=code"
                   "&client_id=client-1"
                   "&redirect_uri=https%%3A%%2F%%2Fid.example.org%%2Fcb%%3Fx"
                   "%%3D1&scope=openid%%20email&state=state.1&nonce=%.*s"
                   "&code_challenge=%s&code_challenge_method=S256",
                   STR_FMT(w->request.nonce), challenge);
    assert_int_equal(got.n, strlen(expected));
    assert_memory_equal(got.p, expected, got.n);
}

static void requests_are_never_alike_R7636_4_1(void **state)
{
    struct world *w = *state;
    struct oidc_request again;

    assert_int_equal(oidc_request_new(w->arena, &again), ERR_OK);
    assert_false(str_eq(again.nonce, w->request.nonce));
    assert_false(str_eq(again.verifier, w->request.verifier));
    assert_false(str_eq(again.verifier, again.nonce));
}

static void fresh_sign_ins_are_asked_for(void **state)
{
    struct world *w = *state;
    struct str got;

    world_publish(w);
    w->request.fresh = true;
    assert_int_equal(url(w, &got), ERR_OK);
    assert_true(holds(got, "&prompt=login&max_age=0&"));
}

static void an_endpoints_own_query_stays(void **state)
{
    struct world *w = *state;
    struct str got;

    world_publish(w);
    (void)world_answer(WORLD_DISCOVERY,
                       world_with(w->arena, world_document(),
                                  "authorization_endpoint",
                                  "\"https://op.example.org/auth?tenant=1\""));
    assert_int_equal(url(w, &got), ERR_OK);
    assert_true(holds(got, "/auth?tenant=1&response_type=code&"));
}

static void plain_providers_are_not_asked_for_their_document(void **state)
{
    struct world *w = *state;
    struct str got;

    w->provider.kind = PROVIDER_OAUTH2;
    w->provider.authorization_uri = "https://git.example.org/authorize";
    w->provider.token_uri = WORLD_TOKEN;
    w->provider.user_info_uri = WORLD_USER_INFO;
    w->request.fresh = true;
    assert_int_equal(url(w, &got), ERR_OK);
    assert_true(holds(got, "https://git.example.org/authorize?response_type="));
    assert_true(holds(got, "&code_challenge_method=S256"));
    assert_false(holds(got, "nonce="));
    assert_false(holds(got, "prompt="));
    assert_int_equal(world_asked(WORLD_DISCOVERY), 0);
}

static void configured_addresses_count_more_than_a_document(void **state)
{
    struct world *w = *state;
    struct str got;

    world_publish(w);
    w->provider.authorization_uri = "https://front.example.org/auth";
    assert_int_equal(url(w, &got), ERR_OK);
    assert_true(holds(got, "https://front.example.org/auth?response_type="));
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_OK);
    assert_int_equal(world_asked(WORLD_DISCOVERY), 1);
    /* With all of them there is nothing to ask for. */
    world_restart(w);
    w->provider.token_uri = WORLD_TOKEN;
    w->provider.jwks_uri = WORLD_JWKS;
    assert_int_equal(url(w, &got), ERR_OK);
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_OK);
    assert_int_equal(world_asked(WORLD_DISCOVERY), 1);
    /* The issuer counts all the same. */
    w->provider.issuer = "https://other.example.org";
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_AUTHENTICATION_FAILED);
    assert_string_equal(w->why, "wrong_issuer");
}

static void a_document_of_another_issuer_is_refused_A_10_5_3(void **state)
{
    static const char *const issuers[] = {
        NULL,
        "\"\"",
        "1",
        "\"https://evil.example.org\"",
        "\"" WORLD_ISSUER "/\"",
        "\"http://op.example.org/t\"",
        "\"https://OP.example.org/t\"",
        "\"https://op.example.org/t\\u0000\"",
    };
    struct world *w = *state;
    struct str got;

    for (size_t i = 0; i < COUNT(issuers); i++) {
        (void)world_answer(
            WORLD_DISCOVERY,
            world_with(w->arena, world_document(), "issuer", issuers[i]));
        assert_int_equal(url(w, &got), ERR_PROVIDER_UNAVAILABLE);
    }
    world_publish(w);
    assert_int_equal(url(w, &got), ERR_OK);
}

static void a_slash_at_the_issuers_end_is_not_doubled(void **state)
{
    struct world *w = *state;
    struct str got;

    w->provider.issuer = WORLD_ISSUER "/";
    (void)world_answer(WORLD_DISCOVERY,
                       world_with(w->arena, world_document(), "issuer",
                                  "\"" WORLD_ISSUER "/\""));
    assert_int_equal(url(w, &got), ERR_OK);
    assert_int_equal(world_asked(WORLD_DISCOVERY), 1);
}

/* Sound but for one member. */
static void unfit_documents_are_refused_R9700_2_1_1(void **state)
{
    static const struct {
        const char *name, *value;
        bool good;
    } cases[] = {
        {"code_challenge_methods_supported", "[\"plain\"]", false},
        {"code_challenge_methods_supported", "[]", false},
        {"code_challenge_methods_supported", "[\"s256\"]", false},
        {"code_challenge_methods_supported", "{}", false},
        {"code_challenge_methods_supported", "[\"S256\",1]", false},
        {"code_challenge_methods_supported", "[\"S256\"]", true},
        {"code_challenge_methods_supported", NULL, true},
        {"authorization_endpoint", NULL, false},
        {"authorization_endpoint", "\"http://op.example.org/auth\"", false},
        {"authorization_endpoint", "\"javascript:alert(1)\"", false},
        {"authorization_endpoint", "\"https://a@op.example.org/\"", false},
        {"authorization_endpoint", "\"https://op.example.org/#a\"", false},
        {"authorization_endpoint", "\"https://op.example.org/\\r\\nX: 1\"",
         false},
        {"authorization_endpoint", "\"http://127.0.0.1:8080/auth\"", true},
        {"token_endpoint", "\"ftp://op.example.org/token\"", false},
        {"token_endpoint", "\"http://169.254.169.254/token\"", false},
        {"token_endpoint", NULL, false},
        {"jwks_uri", "\"file:///etc/passwd\"", false},
        {"jwks_uri", NULL, false},
        {"userinfo_endpoint", "\"http://op.example.org/me\"", false},
        {"userinfo_endpoint", NULL, true},
        {"authorization_response_iss_parameter_supported", "\"yes\"", false},
    };
    struct world *w = *state;
    struct str got;

    for (size_t i = 0; i < COUNT(cases); i++) {
        world_restart(w);
        (void)world_answer(WORLD_DISCOVERY,
                           world_with(w->arena, world_document(), cases[i].name,
                                      cases[i].value));
        if ((url(w, &got) == ERR_OK) != cases[i].good)
            fail_msg("%s = %s", cases[i].name,
                     cases[i].value == NULL ? "absent" : cases[i].value);
    }
}

static void answers_that_are_no_document_are_refused(void **state)
{
    static const struct {
        long status;
        const char *type, *body;
    } cases[] = {
        {0, "", ""},
        {200, "text/html", NULL},
        {200, "", NULL},
        {301, "application/json", NULL},
        {404, "application/json", NULL},
        {403, "application/json", NULL},
        {500, "application/json", NULL},
        {200, "application/json", ""},
        {200, "application/json", "[]"},
        {200, "application/json", "{\"issuer\":\"" WORLD_ISSUER "\""},
        {200, "application/json",
         "{\"issuer\":\"" WORLD_ISSUER "\",\"issuer\":\"" WORLD_ISSUER "\"}"},
    };
    struct world *w = *state;
    struct str got;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world_page *p = world_answer(
            WORLD_DISCOVERY,
            cases[i].body == NULL ? world_document() : str_of(cases[i].body));

        p->status = cases[i].status;
        p->type = cases[i].type;
        assert_int_equal(url(w, &got), ERR_PROVIDER_UNAVAILABLE);
    }
}

/* After so many seconds: is the document asked for again? */
static void a_document_is_kept_within_bounds(void **state)
{
    static const struct {
        int64_t max_age_s, kept_s;
    } cases[] = {
        {-1, 3600}, {0, 300}, {60, 300}, {7200, 7200}, {31536000, 86400}};
    struct world *w = *state;
    struct str got;

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t before = world_asked(WORLD_DISCOVERY);

        world_restart(w);
        world_answer(WORLD_DISCOVERY, world_document())->max_age_s =
            cases[i].max_age_s;
        w->now_s = WORLD_NOW;
        assert_int_equal(url(w, &got), ERR_OK);
        w->now_s = WORLD_NOW + cases[i].kept_s - 1;
        assert_int_equal(url(w, &got), ERR_OK);
        assert_int_equal(world_asked(WORLD_DISCOVERY), before + 1);
        w->now_s++;
        assert_int_equal(url(w, &got), ERR_OK);
        assert_int_equal(world_asked(WORLD_DISCOVERY), before + 2);
        /* A clock that went back asks as well. */
        w->now_s = WORLD_NOW - 1000;
        assert_int_equal(url(w, &got), ERR_OK);
        assert_int_equal(world_asked(WORLD_DISCOVERY), before + 3);
    }
}

static void a_provider_that_is_away_is_known_for_a_day_F54(void **state)
{
    struct world *w = *state;
    struct str got;

    world_publish(w);
    assert_int_equal(url(w, &got), ERR_OK);
    world_answer(WORLD_DISCOVERY, world_document())->status = 0;
    w->now_s = WORLD_NOW + 3600;
    assert_int_equal(url(w, &got), ERR_OK);
    assert_int_equal(world_asked(WORLD_DISCOVERY), 2);
    /* It is not asked with every sign-in then. */
    w->now_s += 59;
    assert_int_equal(url(w, &got), ERR_OK);
    assert_int_equal(world_asked(WORLD_DISCOVERY), 2);
    w->now_s = WORLD_NOW + 86400;
    assert_int_equal(url(w, &got), ERR_PROVIDER_UNAVAILABLE);
    world_publish(w);
    assert_int_equal(url(w, &got), ERR_OK);
}

/* Nobody else waits for it in vain for half a minute. */
static void a_provider_that_is_late_is_left_alone_for_a_while_F54(void **state)
{
    struct world *w = *state;
    struct str got;

    world_publish(w);
    struct world_page *page = world_answer(WORLD_DISCOVERY, world_document());
    page->status = 0;
    page->late = true;
    assert_int_equal(url(w, &got), ERR_PROVIDER_UNAVAILABLE);
    w->now_s += 29;
    assert_int_equal(url(w, &got), ERR_PROVIDER_UNAVAILABLE);
    assert_int_equal(world_asked(WORLD_DISCOVERY), 1);
    w->now_s += 1;
    assert_int_equal(url(w, &got), ERR_PROVIDER_UNAVAILABLE);
    assert_int_equal(world_asked(WORLD_DISCOVERY), 2);
    /* Nor does a clock that was set back make it longer. */
    w->now_s -= 3600;
    page->status = 200;
    assert_int_equal(url(w, &got), ERR_OK);
    assert_int_equal(world_asked(WORLD_DISCOVERY), 3);
}

static enum err redeem_with_keys(struct world *w, struct str set)
{
    world_restart(w);
    world_publish(w);
    (void)world_answer(WORLD_JWKS, set);
    return world_redeem(w, NULL, NULL);
}

/* The published key with one member changed. */
static struct str set_with(struct world *w, const char *name, const char *value)
{
    struct buf b = buf_new(w->arena);
    struct buf set = buf_new(w->arena);
    struct str text;

    key_jwk(w->key, &b);
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    text = world_with(w->arena, text, name, value);
    buf_text(&set, "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"},");
    buf_str(&set, text);
    buf_text(&set, "],\"more\":1}");
    assert_int_equal(buf_done(&set, &text), ERR_OK);
    return text;
}

static void only_fitting_keys_count_R8725_3_4(void **state)
{
    static const struct {
        const char *name, *value;
        bool good;
    } cases[] = {
        {NULL, NULL, true},
        {"use", NULL, true},
        {"use", "\"enc\"", false},
        {"use", "\"\"", false},
        {"alg", NULL, true},
        {"alg", "\"RS256\"", false},
        {"alg", "\"none\"", false},
        {"kty", NULL, false},
        {"kty", "\"RSA\"", false},
        {"kty", "\"oct\"", false},
        {"crv", "\"P-384\"", false},
        {"crv", NULL, false},
        {"x", NULL, false},
        {"x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", false},
        {"y", "\"\"", false},
        {"kid", "\"another\"", false},
        {"kid", NULL, false},
        {"kid", "1", false},
        {"key_ops", "[\"verify\"]", true},
        {"key_ops", "[\"sign\"]", false},
        {"x5c", "[\"AA\"]", true},
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str set = set_with(w, cases[i].name, cases[i].value);
        enum err e = redeem_with_keys(w, set);

        if ((e == ERR_OK) != cases[i].good)
            fail_msg("%s = %s: %s (%s)",
                     cases[i].name == NULL ? "sound" : cases[i].name,
                     cases[i].value == NULL ? "absent" : cases[i].value,
                     err_name(e), w->why);
    }
}

static void confusing_key_ids_are_refused(void **state)
{
    struct world *w = *state;
    const struct key *twice[] = {w->key, w->key};
    const struct key *both[] = {w->other, w->key};
    struct str nameless;

    assert_int_equal(redeem_with_keys(w, world_key_set(w->arena, twice, 2)),
                     ERR_AUTHENTICATION_FAILED);
    assert_string_equal(w->why, "key_ambiguous");
    assert_int_equal(redeem_with_keys(w, world_key_set(w->arena, both, 2)),
                     ERR_OK);
    nameless = world_sign(w->arena, w->key,
                          world_with(w->arena, world_header(w), "kid", NULL),
                          world_claims(w));
    (void)world_answer(WORLD_TOKEN, world_tokens(w->arena, nameless));
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_AUTHENTICATION_FAILED);
    assert_string_equal(w->why, "key_ambiguous");
}

static void unfit_key_sets_are_refused(void **state)
{
    static const char *const sets[] = {
        "",
        "{}",
        "{\"keys\":{}}",
        "{\"keys\":[1]}",
        "{\"keys\":null}",
        "{\"keys\":[],\"keys\":[]}",
    };
    struct world *w = *state;
    struct buf many = buf_new(w->arena);
    struct str text;

    for (size_t i = 0; i < COUNT(sets); i++)
        assert_int_equal(redeem_with_keys(w, str_of(sets[i])),
                         ERR_PROVIDER_UNAVAILABLE);
    buf_text(&many, "{\"keys\":[{}");
    for (size_t i = 0; i < 32; i++)
        buf_text(&many, ",{}");
    buf_text(&many, "]}");
    assert_int_equal(buf_done(&many, &text), ERR_OK);
    assert_int_equal(redeem_with_keys(w, text), ERR_PROVIDER_UNAVAILABLE);
    assert_string_equal(w->why, "too_many_keys");
    world_restart(w);
    world_publish(w);
    world_answer(WORLD_JWKS, text)->status = 403;
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_PROVIDER_UNAVAILABLE);
    assert_string_equal(w->why, "status");
    assert_int_equal(redeem_with_keys(w, STR("{\"keys\":[]}")),
                     ERR_AUTHENTICATION_FAILED);
    assert_string_equal(w->why, "key_unknown");
}

static void new_keys_are_asked_for_once_a_minute(void **state)
{
    struct world *w = *state;
    const struct key *keys[] = {w->other};

    world_publish(w);
    (void)world_answer(WORLD_JWKS, world_key_set(w->arena, keys, 1));
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_AUTHENTICATION_FAILED);
    assert_int_equal(world_asked(WORLD_JWKS), 1);
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_AUTHENTICATION_FAILED);
    assert_int_equal(world_asked(WORLD_JWKS), 2);
    w->now_s += 59;
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_AUTHENTICATION_FAILED);
    assert_string_equal(w->why, "key_unknown");
    assert_int_equal(world_asked(WORLD_JWKS), 2);
    /* The provider changes its keys: the next one who is let through finds it.
     */
    keys[0] = w->key;
    (void)world_answer(WORLD_JWKS, world_key_set(w->arena, keys, 1));
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_AUTHENTICATION_FAILED);
    w->now_s += 1;
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_OK);
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_OK);
    assert_int_equal(world_asked(WORLD_JWKS), 3);
}

static void keys_that_cannot_be_asked_for_again_stay(void **state)
{
    struct world *w = *state;

    world_publish(w);
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_OK);
    world_answer(WORLD_JWKS, STR("{}"))->status = 503;
    (void)world_answer(
        WORLD_TOKEN,
        world_tokens(w->arena, world_sign(w->arena, w->other,
                                          world_with(w->arena, world_header(w),
                                                     "kid", "\"new\""),
                                          world_claims(w))));
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_AUTHENTICATION_FAILED);
    assert_string_equal(w->why, "key_unknown");
    (void)world_answer(
        WORLD_TOKEN,
        world_tokens(w->arena, world_sign(w->arena, w->key, world_header(w),
                                          world_claims(w))));
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(browsers_are_sent_A_1_2_2_A_10_2_1_R7636_4_1_R9700_2_1_2),
        T(requests_are_never_alike_R7636_4_1),
        T(fresh_sign_ins_are_asked_for),
        T(an_endpoints_own_query_stays),
        T(plain_providers_are_not_asked_for_their_document),
        T(configured_addresses_count_more_than_a_document),
        T(a_document_of_another_issuer_is_refused_A_10_5_3),
        T(a_slash_at_the_issuers_end_is_not_doubled),
        T(unfit_documents_are_refused_R9700_2_1_1),
        T(answers_that_are_no_document_are_refused),
        T(a_document_is_kept_within_bounds),
        T(a_provider_that_is_away_is_known_for_a_day_F54),
        T(a_provider_that_is_late_is_left_alone_for_a_while_F54),
        T(only_fitting_keys_count_R8725_3_4),
        T(confusing_key_ids_are_refused),
        T(unfit_key_sets_are_refused),
        T(new_keys_are_asked_for_once_a_minute),
        T(keys_that_cannot_be_asked_for_again_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
