/* SPDX-License-Identifier: MIT */
/* Codes, tokens and user-info: what is sent, and which answers are believed. */
#include "oidc_world.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "crypto/jws.h"

static bool sent(const struct world *w, const char *part)
{
    return strstr(w->last_body, part) != NULL;
}

static void refused(struct world *w, const char *why)
{
    enum err e = world_redeem(w, NULL, NULL);

    if (e != ERR_AUTHENTICATION_FAILED || strcmp(w->why, why) != 0)
        fail_msg("%s (%s), not %s", err_name(e), w->why, why);
}

/* The last request is that to the token endpoint: the ID token tells all. */
static void
a_code_is_redeemed_with_its_verifier_A_10_2_1_R9700_2_4(void **state)
{
    struct world *w = *state;
    char verifier[80];

    world_publish(w);
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_OK);
    (void)snprintf(verifier, sizeof(verifier), "&code_verifier=%.*s",
                   STR_FMT(w->request.verifier));
    world_restart(w);
    world_answer(WORLD_JWKS, STR(""))->status = 0;
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_PROVIDER_UNAVAILABLE);
    assert_string_equal(w->why, "no_answer");
    world_answer(WORLD_TOKEN, STR("{}"));
    refused(w, "no_access_token");
    assert_true(sent(w, "grant_type=authorization_code&code=code%2B1%2F%C3%A4&"
                        "redirect_uri=https%3A%2F%2Fid.example.org%2Fcb%3Fx%3D1"
                        "&"));
    assert_true(sent(w, verifier));
    assert_false(sent(w, "s3cret"));
    /* base64 of client-1:s3cret%2F%2B */
    assert_string_equal(w->last_authorization,
                        "Basic Y2xpZW50LTE6czNjcmV0JTJGJTJC");
}

/* All that base64 has, and both lengths of padding. */
static void secrets_of_any_length_are_sent(void **state)
{
    static const struct {
        const char *secret, *header;
    } cases[] = {
        {"~~~", "Basic Y2xpZW50LTE6fn5+"},
        {"o~", "Basic Y2xpZW50LTE6b34="},
        {"1", "Basic Y2xpZW50LTE6MQ=="},
        {"a b?", "Basic Y2xpZW50LTE6YSUyMGIlM0Y="},
    };
    struct world *w = *state;

    world_publish(w);
    (void)world_answer(WORLD_TOKEN, STR("{}"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        w->provider.client_secret_file = (struct config_secret){
            "secret", cases[i].secret, strlen(cases[i].secret)};
        refused(w, "no_access_token");
        assert_string_equal(w->last_authorization, cases[i].header);
    }
}

static void a_client_without_secret_sends_none(void **state)
{
    struct world *w = *state;

    world_publish(w);
    (void)world_answer(WORLD_TOKEN, STR("{}"));
    w->provider.client_auth = PROVIDER_AUTH_NONE;
    refused(w, "no_access_token");
    assert_true(sent(w, "&client_id=client-1"));
    assert_string_equal(w->last_authorization, "");
    w->provider.client_auth = PROVIDER_AUTH_POST;
    refused(w, "no_access_token");
    assert_true(sent(w, "&client_id=client-1&client_secret=s3cret%2F%2B"));
    assert_string_equal(w->last_authorization, "");
}

/* A new P-256 key as PEM, in the arena. */
static struct config_secret pem(struct world *w)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    assert_int_equal(
        PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    size_t n = (size_t)BIO_get_mem_data(bio, &text);
    const char *copy = arena_strdup(w->arena, (struct str){text, n});

    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return (struct config_secret){"key", copy, n};
}

/* It is good for the configured issuer only and for a minute. */
static void check_assertion(struct world *w)
{
    struct str rest = str_of(strstr(w->last_body, "client_assertion=eyJ"));
    struct jws j;

    (void)str_cut(&rest, '=');
    assert_int_equal(jws_split(w->arena, rest, rest.n, &j), ERR_OK);
    assert_true(str_eq(j.header, STR("{\"alg\":\"ES256\",\"kid\":\"k\\\"1\","
                                     "\"typ\":\"JWT\"}")));
    assert_true(str_starts(
        j.payload, STR("{\"iss\":\"" WORLD_CLIENT "\",\"sub\":\"" WORLD_CLIENT
                       "\",\"aud\":\"" WORLD_ISSUER "\",\"jti\":\"")));
    assert_non_null(memmem(j.payload.p, j.payload.n,
                           ",\"iat\":1700000000,\"exp\":1700000060}", 35));
}

static void a_client_with_a_key_signs_who_it_is(void **state)
{
    struct world *w = *state;

    world_publish(w);
    (void)world_answer(WORLD_TOKEN, STR("{}"));
    w->provider.client_auth = PROVIDER_AUTH_KEY;
    w->provider.client_key_id = "k\"1";
    w->provider.client_key_file = pem(w);
    refused(w, "no_access_token");
    assert_true(sent(w, "&client_id=client-1&client_assertion_type=urn%3Aietf%"
                        "3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                        "&client_assertion=eyJ"));
    assert_false(sent(w, "s3cret"));
    check_assertion(w);
    w->provider.client_key_file = (struct config_secret){"key", "rubbish", 7};
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_PROVIDER_UNAVAILABLE);
    assert_string_equal(w->why, "client_key");
}

static void answers_without_a_bearer_token_are_refused(void **state)
{
    static const struct {
        long status;
        const char *body, *why;
    } cases[] = {
        {200, "", "token_answer_malformed"},
        {200, "[]", "token_answer_malformed"},
        {200, "{\"access_token\":1}", "token_answer_malformed"},
        {200, "{\"access_token\":\"a b\",\"token_type\":\"Bearer\"}",
         "token_answer_malformed"},
        {200, "{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"Bearer\"}",
         "token_answer_malformed"},
        {200, "{\"access_token\":\"a\",\"access_token\":\"b\"}",
         "token_answer_malformed"},
        {200, "{\"access_token\":\"a\"}", "wrong_token_type"},
        {200, "{\"access_token\":\"a\",\"token_type\":\"mac\"}",
         "wrong_token_type"},
        {200,
         "{\"access_token\":\"a\",\"token_type\":\"bearer\",\"expires_in\":-1}",
         "token_answer_malformed"},
        {200, "{\"access_token\":\"a\",\"token_type\":\"bearer\"}",
         "no_id_token"},
        {200, "{\"error\":\"bad_verification_code\"}", "bad_verification_code"},
        {200,
         "{\"error\":\"x<script>\",\"access_token\":\"a\",\"token_type\":"
         "\"bearer\"}",
         "token_refused"},
        {400, "{\"error\":\"invalid_grant\"}", "invalid_grant"},
        {401, "{\"error\":\"invalid_client\",\"error_description\":\"no\"}",
         "invalid_client"},
        {400, "{\"error\":\"something\"}", "token_refused"},
        {400, "<html>", "token_refused"},
        {403, "", "token_refused"},
    };
    struct world *w = *state;

    world_publish(w);
    for (size_t i = 0; i < COUNT(cases); i++) {
        world_answer(WORLD_TOKEN, str_of(cases[i].body))->status =
            cases[i].status;
        refused(w, cases[i].why);
    }
}

static void a_token_endpoint_that_is_away_is_told_apart_F54(void **state)
{
    static const long statuses[] = {0, 301, 302, 307, 404, 429, 500, 503};
    struct world *w = *state;

    world_publish(w);
    for (size_t i = 0; i < COUNT(statuses); i++) {
        world_answer(WORLD_TOKEN, STR("{}"))->status = statuses[i];
        assert_int_equal(world_redeem(w, NULL, NULL), ERR_PROVIDER_UNAVAILABLE);
    }
    world_answer(WORLD_TOKEN, STR("{}"))->type = "text/html";
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_PROVIDER_UNAVAILABLE);
    assert_string_equal(w->why, "no_json");
}

static void
answers_of_mixed_up_providers_are_refused_A_10_2_2_R9207_2_4(void **state)
{
    struct world *w = *state;

    world_publish(w);
    assert_int_equal(world_redeem(w, WORLD_ISSUER, NULL), ERR_OK);
    size_t before = world_asked(WORLD_TOKEN);

    assert_int_equal(world_redeem(w, WORLD_ISSUER "/", NULL),
                     ERR_AUTHENTICATION_FAILED);
    assert_string_equal(w->why, "wrong_issuer");
    assert_int_equal(world_redeem(w, "", NULL), ERR_AUTHENTICATION_FAILED);
    world_restart(w);
    (void)world_answer(
        WORLD_DISCOVERY,
        world_with(w->arena, world_document(),
                   "authorization_response_iss_parameter_supported", "true"));
    refused(w, "no_issuer");
    /* The code was not given to anybody. */
    assert_int_equal(world_asked(WORLD_TOKEN), before);
    assert_int_equal(world_redeem(w, WORLD_ISSUER, NULL), ERR_OK);
}

/* An ID token without address and name. */
static void publish_short(struct world *w)
{
    struct str claims = world_with(w->arena, world_claims(w), "email", NULL);

    claims = world_with(w->arena, claims, "name", NULL);
    world_publish(w);
    (void)world_answer(
        WORLD_TOKEN,
        world_tokens(w->arena,
                     world_sign(w->arena, w->key, world_header(w), claims)));
}

static void user_info_completes_an_id_token(void **state)
{
    struct world *w = *state;
    struct oidc_identity who;

    publish_short(w);
    (void)world_answer(WORLD_USER_INFO,
                       STR("{\"sub\":\"person-1\",\"email\":\"x@y.z\",\"name\":"
                           "\"Xenia\",\"locale\":\"fr\"}"));
    assert_int_equal(world_redeem(w, NULL, &who), ERR_OK);
    assert_string_equal(w->last_authorization, "Bearer " WORLD_ACCESS);
    assert_true(str_eq(who.subject, STR("person-1")));
    assert_true(str_eq(who.email, STR("x@y.z")));
    /* That of the ID token was said of another address. */
    assert_false(who.email_verified);
    assert_true(str_eq(who.name, STR("Xenia")));
    assert_true(str_eq(who.locale, STR("fr")));
}

static void user_info_of_another_is_refused(void **state)
{
    static const struct {
        long status;
        const char *body, *why;
    } cases[] = {
        {200, "{\"sub\":\"person-2\",\"email\":\"x@y.z\"}",
         "user_info_of_another"},
        {200, "{\"email\":\"x@y.z\"}", "user_info_of_another"},
        {200, "{\"sub\":\"PERSON-1\"}", "user_info_of_another"},
        {200, "{\"sub\":null}", "user_info_of_another"},
        {200, "{\"sub\":[\"person-1\"]}", "user_info_malformed"},
        {200, "{\"sub\":\"person-1\",\"sub\":\"person-2\"}",
         "user_info_malformed"},
        {200, "{\"sub\":\"person-1\",\"email\":\"a\\nb@c.d\"}",
         "user_info_malformed"},
        {200, "eyJhbGciOiJub25lIn0.e30.", "user_info_malformed"},
        {401, "{}", "user_info_refused"},
        {403, "{}", "user_info_refused"},
    };
    struct world *w = *state;

    publish_short(w);
    for (size_t i = 0; i < COUNT(cases); i++) {
        world_answer(WORLD_USER_INFO, str_of(cases[i].body))->status =
            cases[i].status;
        refused(w, cases[i].why);
    }
    world_answer(WORLD_USER_INFO, STR("x"))->type = "application/jwt";
    assert_int_equal(world_redeem(w, NULL, NULL), ERR_PROVIDER_UNAVAILABLE);
}

static void plain(struct world *w)
{
    w->provider.kind = PROVIDER_OAUTH2;
    w->provider.name = "git";
    w->provider.issuer = "";
    w->provider.authorization_uri = "https://git.example.org/authorize";
    w->provider.token_uri = WORLD_TOKEN;
    w->provider.user_info_uri = WORLD_USER_INFO;
    w->provider.subject_claim = "id";
    (void)world_answer(WORLD_TOKEN,
                       world_tokens(w->arena, (struct str){NULL, 0}));
}

static void plain_providers_tell_who_it_is_by_user_info(void **state)
{
    static const struct {
        const char *body, *subject, *email;
        bool verified;
    } cases[] = {
        {"{\"id\":9007199254740991,\"email\":null}", "9007199254740991", "",
         false},
        {"{\"id\":\"007\",\"email\":\"a@b.c\"}", "007", "a@b.c", false},
        {"{\"id\":0,\"email\":\"a@b.c\",\"email_verified\":true}", "0", "a@b.c",
         true},
    };
    struct world *w = *state;
    struct oidc_identity who;

    plain(w);
    for (size_t i = 0; i < COUNT(cases); i++) {
        (void)world_answer(WORLD_USER_INFO, str_of(cases[i].body));
        assert_int_equal(world_redeem(w, NULL, &who), ERR_OK);
        assert_true(str_eq(who.issuer, STR("provider:git")));
        assert_true(str_eq(who.subject, str_of(cases[i].subject)));
        assert_true(str_eq(who.email, str_of(cases[i].email)));
        assert_int_equal(who.email_verified, cases[i].verified);
        assert_false(who.sufficient);
    }
}

static void subjects_that_are_none_are_refused(void **state)
{
    static const struct {
        const char *body;
        enum err e;
    } cases[] = {
        {"{}", ERR_SUB_CLAIM_MISSING},
        {"{\"id\":\"\"}", ERR_SUB_CLAIM_MISSING},
        {"{\"id\":null}", ERR_SUB_CLAIM_MISSING},
        {"{\"id\":true}", ERR_AUTHENTICATION_FAILED},
        {"{\"id\":1.0}", ERR_AUTHENTICATION_FAILED},
        {"{\"id\":1e3}", ERR_AUTHENTICATION_FAILED},
        {"{\"id\":9007199254740993}", ERR_AUTHENTICATION_FAILED},
        {"{\"id\":{}}", ERR_AUTHENTICATION_FAILED},
    };
    struct world *w = *state;

    plain(w);
    for (size_t i = 0; i < COUNT(cases); i++) {
        (void)world_answer(WORLD_USER_INFO, str_of(cases[i].body));
        assert_int_equal(world_redeem(w, NULL, NULL), cases[i].e);
    }
}

static void plain_providers_cannot_prove_a_fresh_sign_in(void **state)
{
    struct world *w = *state;

    plain(w);
    w->request.fresh = true;
    refused(w, "no_fresh_sign_in");
    assert_int_equal(world_asked(WORLD_TOKEN), 0);
}

static void without_a_code_nobody_is_asked(void **state)
{
    struct world *w = *state;
    struct oidc_identity who;
    struct oidc_answer answer = {
        .provider = &w->provider, .request = &w->request, .now_s = w->now_s};

    world_publish(w);
    assert_int_equal(oidc_redeem(w->oidc, w->arena, &answer, &who, &w->why),
                     ERR_AUTHENTICATION_FAILED);
    assert_string_equal(w->why, "no_code");
    assert_int_equal(world_asked(WORLD_TOKEN), 0);
}

static void tokens_are_renewed(void **state)
{
    struct world *w = *state;
    struct oidc_tokens got;

    world_publish(w);
    assert_int_equal(oidc_renew(w->oidc, w->arena, &w->provider,
                                STR("old&token"), w->now_s, &got),
                     ERR_OK);
    assert_true(sent(w, "grant_type=refresh_token&refresh_token=old%26token"));
    assert_true(str_eq(got.access, STR(WORLD_ACCESS)));
    assert_true(str_eq(got.refresh, STR("refresh-1")));
    (void)world_answer(
        WORLD_TOKEN, STR("{\"access_token\":\"a\",\"token_type\":\"BEARER\"}"));
    assert_int_equal(
        oidc_renew(w->oidc, w->arena, &w->provider, STR("old"), w->now_s, &got),
        ERR_OK);
    assert_true(str_eq(got.refresh, STR("old")));
    assert_int_equal(got.expires_s, 0);
    world_answer(WORLD_TOKEN, STR("{\"error\":\"invalid_grant\"}"))->status =
        400;
    assert_int_equal(
        oidc_renew(w->oidc, w->arena, &w->provider, STR("old"), w->now_s, &got),
        ERR_AUTHENTICATION_FAILED);
    assert_true(str_eq(got.refresh, STR("old")));
}

static enum err ask_for_url(struct world *w)
{
    struct str url;

    return oidc_authorization_url(w->oidc, w->arena, &w->provider, &w->request,
                                  w->now_s, &url);
}

static enum err ask_for_tokens(struct world *w)
{
    struct oidc_tokens tokens;

    return oidc_renew(w->oidc, w->arena, &w->provider, STR("r"), w->now_s,
                      &tokens);
}

static enum err ask_who(struct world *w)
{
    struct oidc_identity who = {.issuer = STR_INIT("untouched")};
    enum err e = world_redeem(w, NULL, &who);

    if (e != ERR_OK)
        assert_true(str_eq(who.issuer, STR("untouched")));
    else
        assert_true(str_eq(who.email, STR("x@y.z")) &&
                    str_eq(who.name, STR("Xenia")));
    return e;
}

/* No claim, no check and no part of a request vanishes for want of memory. */
static void a_lack_of_memory_is_told_as_such(void **state)
{
    static enum err (*const asks[])(struct world *
                                    w) = {ask_for_url, ask_for_tokens, ask_who};
    struct world *w = *state;
    struct arena *whole = w->arena;

    publish_short(w);
    (void)world_answer(WORLD_USER_INFO,
                       STR("{\"sub\":\"person-1\",\"email\":\"x@y.z\",\"name\":"
                           "\"Xenia\"}"));
    w->provider.client_auth = PROVIDER_AUTH_KEY;
    w->provider.client_key_file = pem(w);
    for (size_t i = 0; i < COUNT(asks); i++) {
        enum err e = ERR_NO_MEMORY;
        size_t limit = 0;

        for (; e == ERR_NO_MEMORY; limit += 128) {
            w->arena = arena_new(limit);
            e = asks[i](w);
            arena_free(&w->arena);
        }
        assert_int_equal(e, ERR_OK);
        assert_in_range(limit, 512, 1 << 17);
    }
    w->arena = whole;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(a_code_is_redeemed_with_its_verifier_A_10_2_1_R9700_2_4),
        T(secrets_of_any_length_are_sent),
        T(a_client_without_secret_sends_none),
        T(a_client_with_a_key_signs_who_it_is),
        T(answers_without_a_bearer_token_are_refused),
        T(a_token_endpoint_that_is_away_is_told_apart_F54),
        T(answers_of_mixed_up_providers_are_refused_A_10_2_2_R9207_2_4),
        T(user_info_completes_an_id_token),
        T(user_info_of_another_is_refused),
        T(plain_providers_tell_who_it_is_by_user_info),
        T(subjects_that_are_none_are_refused),
        T(plain_providers_cannot_prove_a_fresh_sign_in),
        T(without_a_code_nobody_is_asked),
        T(tokens_are_renewed),
        T(a_lack_of_memory_is_told_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
