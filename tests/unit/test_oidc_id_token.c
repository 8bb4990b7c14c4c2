/* SPDX-License-Identifier: MIT */
/* ID tokens, sound and hostile: every one is truly signed unless the signature
 * is the point, so that only the tested lie can sink it. */
#include "oidc_world.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/digest.h"

static struct str claim(struct world *w, const char *name, const char *value)
{
    return world_with(w->arena, world_claims(w), name, value);
}

/* What comes of a token of that header and those claims. */
static enum err try(struct world *w, struct str token,
                    struct oidc_identity *who_r)
{
    world_publish(w);
    (void)world_answer(WORLD_TOKEN, world_tokens(w->arena, token));
    return world_redeem(w, NULL, who_r);
}

static enum err try_claims(struct world *w, struct str claims,
                           struct oidc_identity *who_r)
{
    return try(w, world_sign(w->arena, w->key, world_header(w), claims), who_r);
}

static void refused(struct world *w, enum err e, const char *why)
{
    assert_int_equal(e, ERR_AUTHENTICATION_FAILED);
    assert_string_equal(w->why, why);
}

static void a_sound_token_says_who_it_is(void **state)
{
    struct world *w = *state;
    struct oidc_identity who;
    struct str claims = claim(w, "sid", "\"there-1\"");

    claims = world_with(w->arena, claims, "locale", "\"de\"");
    assert_int_equal(try_claims(w, claims, &who), ERR_OK);
    assert_true(str_eq(who.issuer, STR(WORLD_ISSUER)));
    assert_true(str_eq(who.subject, STR("person-1")));
    assert_true(str_eq(who.email, STR("ann@example.org")));
    assert_true(who.email_verified);
    assert_true(str_eq(who.name, STR("Ann")));
    assert_true(str_eq(who.locale, STR("de")));
    assert_true(str_eq(who.sid, STR("there-1")));
    assert_int_equal(who.auth_time_s, 0);
    assert_false(who.sufficient);
    assert_true(str_eq(who.tokens.access, STR(WORLD_ACCESS)));
    assert_true(str_eq(who.tokens.refresh, STR("refresh-1")));
    assert_int_equal(who.tokens.expires_s, WORLD_NOW + 3600);
    /* It told all that user-info could. */
    assert_int_equal(world_asked(WORLD_USER_INFO), 0);
}

struct lie {
    const char *name, *value, *why;
};

static void try_lies(struct world *w, const struct lie *lies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum err e = try_claims(w, claim(w, lies[i].name, lies[i].value), NULL);

        if (e != ERR_AUTHENTICATION_FAILED || strcmp(w->why, lies[i].why) != 0)
            fail_msg("%s = %s: %s (%s)", lies[i].name,
                     lies[i].value == NULL ? "absent" : lies[i].value,
                     err_name(e), w->why);
    }
}

static void another_issuers_token_is_refused_R8725_3_8(void **state)
{
    static const struct lie lies[] = {
        {"iss", NULL, "claims_malformed"},
        {"iss", "\"\"", "claims_malformed"},
        {"iss", "\"https://evil.example.org\"", "wrong_issuer"},
        {"iss", "\"" WORLD_ISSUER "/\"", "wrong_issuer"},
        {"iss", "\"HTTPS://op.example.org/t\"", "wrong_issuer"},
        {"iss", "[\"" WORLD_ISSUER "\"]", "claims_malformed"},
    };

    try_lies(*state, lies, COUNT(lies));
}

static void a_token_for_another_client_is_refused_A_10_5_4(void **state)
{
    static const struct lie lies[] = {
        {"aud", NULL, "claims_malformed"},
        {"aud", "[]", "wrong_audience"},
        {"aud", "\"client-2\"", "wrong_audience"},
        {"aud", "\"" WORLD_CLIENT " \"", "wrong_audience"},
        {"aud", "\"CLIENT-1\"", "wrong_audience"},
        {"aud", "[1]", "claims_malformed"},
        {"aud", "[\"" WORLD_CLIENT "\",\"client-2\"]", "wrong_audience"},
        {"azp", "\"client-2\"", "wrong_audience"},
        {"azp", "\"\"", "wrong_audience"},
        {"azp", "1", "claims_malformed"},
    };
    struct world *w = *state;
    struct str several = claim(w, "aud", "[\"x\",\"" WORLD_CLIENT "\"]");

    try_lies(w, lies, COUNT(lies));
    several = world_with(w->arena, several, "azp", "\"" WORLD_CLIENT "\"");
    assert_int_equal(try_claims(w, several, NULL), ERR_OK);
    assert_int_equal(
        try_claims(w, claim(w, "aud", "[\"" WORLD_CLIENT "\"]"), NULL), ERR_OK);
}

static void a_token_of_another_sign_in_is_refused_A_10_5_1(void **state)
{
    static const struct lie lies[] = {
        {"nonce", NULL, "wrong_nonce"},
        {"nonce", "\"\"", "wrong_nonce"},
        {"nonce", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
         "wrong_nonce"},
        {"nonce", "null", "wrong_nonce"},
        {"nonce", "true", "claims_malformed"},
    };

    try_lies(*state, lies, COUNT(lies));
}

static void a_token_out_of_its_time_is_refused(void **state)
{
    static const struct {
        const char *name;
        int64_t off;
        const char *why; /* NULL: taken */
    } cases[] = {
        {"exp", -60, "token_expired"},
        {"exp", -59, NULL},
        {"exp", -100000, "token_expired"},
        {"iat", 60, NULL},
        {"iat", 61, "token_of_the_future"},
        {"iat", -660, NULL},
        {"iat", -661, "token_too_old"},
        {"nbf", 60, NULL},
        {"nbf", 61, "token_of_the_future"},
        {"auth_time", 61, "token_of_the_future"},
    };
    static const struct lie lies[] = {
        {"exp", NULL, "claims_malformed"},
        {"exp", "\"1700000300\"", "claims_malformed"},
        {"exp", "1.5e12", "claims_malformed"},
        {"exp", "253402300800", "claims_malformed"},
        {"exp", "-1", "claims_malformed"},
        {"iat", NULL, "claims_malformed"},
        {"nbf", "\"\"", "claims_malformed"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char value[32];

        (void)snprintf(value, sizeof(value), "%lld",
                       (long long)(w->now_s + cases[i].off));
        enum err e = try_claims(w, claim(w, cases[i].name, value), NULL);
        const char *why = cases[i].why == NULL ? "" : cases[i].why;

        if ((e == ERR_OK) != (cases[i].why == NULL) || strcmp(w->why, why) != 0)
            fail_msg("%s %s: %s (%s)", cases[i].name, value, err_name(e),
                     w->why);
    }
    try_lies(w, lies, COUNT(lies));
}

static void at_hash_must_be_that_of_the_access_token(void **state)
{
    static const struct lie lies[] = {
        {"at_hash", "\"AAAAAAAAAAAAAAAAAAAAAA\"", "wrong_access_token"},
        {"at_hash", "\"\"", "wrong_access_token"},
        {"at_hash", "1", "claims_malformed"},
    };
    struct world *w = *state;
    char text[ENC_B64_LEN(16) + 1];
    char value[sizeof(text) + 2];
    struct digest d;

    assert_int_equal(digest_sha256(STR(WORLD_ACCESS), &d), ERR_OK);
    (void)enc_b64url(d.b, 16, text);
    (void)snprintf(value, sizeof(value), "\"%s\"", text);
    assert_int_equal(try_claims(w, claim(w, "at_hash", value), NULL), ERR_OK);
    try_lies(w, lies, COUNT(lies));
}

/* asked_s is 30 seconds ago. */
static void a_fresh_sign_in_must_be_told_A_6_8_4(void **state)
{
    static const struct {
        int64_t off;
        bool good;
    } cases[] = {{0, true}, {-90, true}, {-91, false}, {-86400, false}};
    static const struct lie lies[] = {
        {"auth_time", "0", "no_fresh_sign_in"},
        {"auth_time", "null", "no_fresh_sign_in"},
        {"auth_time", "\"1700000000\"", "claims_malformed"},
    };
    struct world *w = *state;
    struct oidc_identity who;

    w->request.fresh = true;
    refused(w, try_claims(w, world_claims(w), NULL), "no_fresh_sign_in");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char value[32];

        (void)snprintf(value, sizeof(value), "%lld",
                       (long long)(w->now_s + cases[i].off));
        enum err e = try_claims(w, claim(w, "auth_time", value), &who);

        assert_int_equal(e == ERR_OK, cases[i].good);
        if (cases[i].good)
            assert_int_equal(who.auth_time_s, w->now_s + cases[i].off);
    }
    try_lies(w, lies, COUNT(lies));
}

static void absent_strength_is_the_weakest_A_6_8_4(void **state)
{
    static const struct {
        const char *name, *value;
        bool sufficient;
    } cases[] = {
        {NULL, NULL, false},
        {"acr", "\"gold\"", true},
        {"acr", "\"\"", false},
        {"acr", "\"Gold\"", false},
        {"acr", "\"gold silver\"", false},
        {"amr", "[]", false},
        {"amr", "[\"pwd\",\"otp\"]", true},
        {"amr", "[\"pwd\"]", false},
        {"amr", "[\"gold\"]", false},
        {"acr", "\"otp\"", false},
    };
    struct str acr[] = {STR_INIT("gold"), STR_INIT("")};
    struct str amr[] = {STR_INIT("otp")};
    struct world *w = *state;
    struct oidc_identity who;

    w->provider.sufficient_acr = (struct config_list){acr, COUNT(acr)};
    w->provider.sufficient_amr = (struct config_list){amr, COUNT(amr)};
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(
            try_claims(w, claim(w, cases[i].name, cases[i].value), &who),
            ERR_OK);
        assert_int_equal(who.sufficient, cases[i].sufficient);
    }
    w->provider.sufficient_acr = (struct config_list){NULL, 0};
    w->provider.sufficient_amr = (struct config_list){NULL, 0};
    assert_int_equal(try_claims(w, claim(w, "acr", "\"gold\""), &who), ERR_OK);
    assert_false(who.sufficient);
}

static void persons_texts_are_bounded(void **state)
{
    char long_name[420];
    const struct lie lies[] = {
        {"sub", "\"a\\u0000b\"", "claims_malformed"},
        {"sub", "\"a\\nb\"", "claims_malformed"},
        {"sub", "[\"a\"]", "claims_malformed"},
        {"email", "\"a@b.c\\r\\nBcc: d@e.f\"", "claims_malformed"},
        {"email", "[]", "claims_malformed"},
        {"name", long_name, "claims_malformed"},
        {"sid", "\"a\\u0085\"", "claims_malformed"},
        {"email_verified", "1", "claims_malformed"},
        {"email_verified", "\"yes\"", "claims_malformed"},
    };
    struct world *w = *state;

    memset(long_name, 'n', sizeof(long_name));
    long_name[0] = '"';
    long_name[402] = '"';
    long_name[403] = '\0';
    try_lies(w, lies, COUNT(lies));
}

static void without_a_subject_nobody_signed_in(void **state)
{
    struct world *w = *state;

    assert_int_equal(try_claims(w, claim(w, "sub", NULL), NULL),
                     ERR_SUB_CLAIM_MISSING);
    assert_int_equal(try_claims(w, claim(w, "sub", "\"\""), NULL),
                     ERR_SUB_CLAIM_MISSING);
    assert_int_equal(try_claims(w, claim(w, "sub", "null"), NULL),
                     ERR_SUB_CLAIM_MISSING);
    w->provider.subject_claim = "oid";
    assert_int_equal(try_claims(w, world_claims(w), NULL),
                     ERR_SUB_CLAIM_MISSING);
    assert_string_equal(w->why, "no_subject");
}

static void an_address_is_verified_only_if_told(void **state)
{
    static const struct {
        const char *value;
        bool trusted, verified;
    } cases[] = {
        {"true", false, true},     {"false", false, false},
        {"\"true\"", false, true}, {"\"false\"", false, false},
        {NULL, false, false},      {"null", false, false},
        {NULL, true, true},
    };
    struct world *w = *state;
    struct oidc_identity who;

    for (size_t i = 0; i < COUNT(cases); i++) {
        w->provider.email_trusted = cases[i].trusted;
        assert_int_equal(
            try_claims(w, claim(w, "email_verified", cases[i].value), &who),
            ERR_OK);
        assert_int_equal(who.email_verified, cases[i].verified);
    }
    w->provider.email_trusted = false;
    w->provider.email_verified_claim = "";
    assert_int_equal(try_claims(w, world_claims(w), &who), ERR_OK);
    assert_false(who.email_verified);
    w->provider.email_claim = "";
    (void)world_answer(WORLD_USER_INFO, STR("{\"sub\":\"person-1\"}"));
    assert_int_equal(try_claims(w, world_claims(w), &who), ERR_OK);
    assert_int_equal(who.email.n, 0);
}

/* The header's lies; the signature is the published key's all the same. */
static void lying_headers_are_refused_A_6_8_2_R8725_3_10(void **state)
{
    static const struct lie lies[] = {
        {"alg", NULL, "token_malformed"},
        {"alg", "\"none\"", "wrong_algorithm"},
        {"alg", "\"None\"", "wrong_algorithm"},
        {"alg", "\"\"", "token_malformed"},
        {"alg", "\"HS256\"", "wrong_algorithm"},
        {"alg", "\"RS256\"", "wrong_algorithm"},
        {"alg", "\"ES384\"", "wrong_algorithm"},
        {"alg", "\"es256\"", "wrong_algorithm"},
        {"alg", "[\"ES256\"]", "token_malformed"},
        {"typ", "\"at+jwt\"", "wrong_type"},
        {"typ", "\"logout+jwt\"", "wrong_type"},
        {"typ", "1", "token_malformed"},
        {"kid", "\"../../dev/null\"", "key_unknown"},
        {"kid", "\"\"", "token_malformed"},
        {"kid", "7", "token_malformed"},
        {"crit", "[\"exp\"]", "header_refused"},
        {"crit", "[]", "header_refused"},
        {"jku", "\"https://evil.example.org/k\"", "header_refused"},
        {"jwk", "{\"kty\":\"EC\"}", "header_refused"},
        {"x5u", "\"https://evil.example.org/c\"", "header_refused"},
        {"x5c", "[\"AA\"]", "header_refused"},
        {"zip", "\"DEF\"", "header_refused"},
        {"b64", "false", "header_refused"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(lies); i++) {
        struct str header =
            world_with(w->arena, world_header(w), lies[i].name, lies[i].value);
        enum err e =
            try(w, world_sign(w->arena, w->key, header, world_claims(w)), NULL);

        if (e != ERR_AUTHENTICATION_FAILED || strcmp(w->why, lies[i].why) != 0)
            fail_msg("%s = %s: %s (%s)", lies[i].name,
                     lies[i].value == NULL ? "absent" : lies[i].value,
                     err_name(e), w->why);
    }
}

static void a_header_without_type_or_with_little_letters_is_taken(void **state)
{
    struct world *w = *state;
    struct str plain = world_with(w->arena, world_header(w), "typ", NULL);
    struct str little = world_with(w->arena, world_header(w), "typ", "\"jwt\"");
    struct str nameless = world_with(w->arena, world_header(w), "kid", NULL);

    assert_int_equal(
        try(w, world_sign(w->arena, w->key, plain, world_claims(w)), NULL),
        ERR_OK);
    assert_int_equal(
        try(w, world_sign(w->arena, w->key, little, world_claims(w)), NULL),
        ERR_OK);
    assert_int_equal(
        try(w, world_sign(w->arena, w->key, nameless, world_claims(w)), NULL),
        ERR_OK);
}

static void only_the_providers_signature_counts_A_6_8_2(void **state)
{
    struct world *w = *state;
    struct str good =
        world_sign(w->arena, w->key, world_header(w), world_claims(w));
    struct str forged =
        world_sign(w->arena, w->other, world_header(w), world_claims(w));
    struct str other =
        world_sign(w->arena, w->key, world_header(w), claim(w, "sub", "\"x\""));
    size_t tail = good.n;

    while (good.p[tail - 1] != '.')
        tail--;
    char *mixed = arena_strdup(w->arena, good);
    char *grafted = arena_strdup(w->arena, other);

    mixed[tail + 10] = mixed[tail + 10] == 'A' ? 'B' : 'A';
    /* The signature of one token under the claims of another. */
    memcpy(grafted + other.n - (good.n - tail), good.p + tail, good.n - tail);
    refused(w, try(w, forged, NULL), "wrong_signature");
    refused(w, try(w, (struct str){mixed, good.n}, NULL), "wrong_signature");
    refused(w, try(w, (struct str){grafted, other.n}, NULL), "wrong_signature");
    refused(w, try(w, (struct str){good.p, tail}, NULL), "token_malformed");
    refused(w, try(w, (struct str){good.p, tail - 1}, NULL), "token_malformed");
    refused(w, try(w, STR("a.b.c.d"), NULL), "token_malformed");
    refused(w, try(w, (struct str){NULL, 0}, NULL), "no_id_token");
}

static void claims_said_twice_are_refused(void **state)
{
    struct world *w = *state;
    struct str claims = world_claims(w);
    char *twice = arena_alloc(w->arena, claims.n + 64);
    int n = snprintf(twice, claims.n + 64, "{\"sub\":\"person-2\",%.*s",
                     (int)claims.n - 1, claims.p + 1);

    refused(w, try_claims(w, (struct str){twice, (size_t)n}, NULL),
            "claims_malformed");
    refused(w, try_claims(w, STR("[]"), NULL), "claims_malformed");
    refused(w, try_claims(w, STR("{}{}"), NULL), "claims_malformed");
}

static struct str b64(struct arena *a, const void *p, size_t n)
{
    char *text = arena_alloc(a, ENC_B64_LEN(n) + 1);

    assert_non_null(text);
    return (struct str){text, enc_b64url(p, n, text)};
}

static struct str ended(struct buf *b)
{
    struct str text = {NULL, 0};

    assert_int_equal(buf_done(b, &text), ERR_OK);
    return text;
}

/* A provider that signs with Ed25519 in place of w->key. */
static enum err try_eddsa(struct world *w, struct str claims)
{
    static const char head[] = "{\"alg\":\"EdDSA\"}";
    uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES];
    uint8_t point[crypto_sign_ed25519_PUBLICKEYBYTES];
    uint8_t signature[crypto_sign_ed25519_BYTES];
    struct buf token = buf_new(w->arena);
    struct buf set = buf_new(w->arena);

    assert_int_equal(crypto_sign_ed25519_keypair(point, secret), 0);
    buf_str(&token, b64(w->arena, head, sizeof(head) - 1));
    buf_char(&token, '.');
    buf_str(&token, b64(w->arena, claims.p, claims.n));
    struct str input = ended(&token);

    assert_int_equal(crypto_sign_ed25519_detached(signature, NULL,
                                                  (const uint8_t *)input.p,
                                                  input.n, secret),
                     0);
    buf_char(&token, '.');
    buf_str(&token, b64(w->arena, signature, sizeof(signature)));
    buf_text(&set, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":"
                   "\"Ed25519\",\"x\":\"");
    buf_str(&set, b64(w->arena, point, sizeof(point)));
    buf_text(&set, "\"}]}");
    world_restart(w);
    world_publish(w);
    (void)world_answer(WORLD_JWKS, ended(&set));
    (void)world_answer(WORLD_TOKEN, world_tokens(w->arena, ended(&token)));
    return world_redeem(w, NULL, NULL);
}

static void ed25519_goes_with_sha512(void **state)
{
    struct world *w = *state;
    uint8_t hash[DIGEST_512_LEN];
    char value[80];
    struct str half;

    w->provider.id_token_alg = PROVIDER_ALG_EDDSA;
    assert_int_equal(digest_sha512(STR(WORLD_ACCESS), hash), ERR_OK);
    half = b64(w->arena, hash, DIGEST_512_LEN / 2);
    (void)snprintf(value, sizeof(value), "\"%.*s\"", STR_FMT(half));
    assert_int_equal(try_eddsa(w, claim(w, "at_hash", value)), ERR_OK);
    half = b64(w->arena, hash, DIGEST_LEN / 2);
    (void)snprintf(value, sizeof(value), "\"%.*s\"", STR_FMT(half));
    refused(w, try_eddsa(w, claim(w, "at_hash", value)), "wrong_access_token");
}

/* Sound in itself, but not what the operator wrote down. */
static void another_algorithm_than_configured_is_refused_R8725_3_1(void **state)
{
    struct world *w = *state;

    key_free(&w->key);
    assert_int_equal(key_generate(KEY_RS256, &w->key), ERR_OK);
    refused(w, try_claims(w, world_claims(w), NULL), "wrong_algorithm");
    world_restart(w);
    w->provider.id_token_alg = PROVIDER_ALG_RS256;
    assert_int_equal(try_claims(w, world_claims(w), NULL), ERR_OK);
    world_restart(w);
    w->provider.id_token_alg = PROVIDER_ALG_PS256;
    refused(w, try_claims(w, world_claims(w), NULL), "wrong_algorithm");
    /* A header that says so makes no PSS of it. */
    refused(w,
            try(w,
                world_sign(w->arena, w->key,
                           STR("{\"alg\":\"PS256\",\"typ\":\"JWT\"}"),
                           world_claims(w)),
                NULL),
            "key_unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(a_sound_token_says_who_it_is),
        T(another_issuers_token_is_refused_R8725_3_8),
        T(a_token_for_another_client_is_refused_A_10_5_4),
        T(a_token_of_another_sign_in_is_refused_A_10_5_1),
        T(a_token_out_of_its_time_is_refused),
        T(at_hash_must_be_that_of_the_access_token),
        T(a_fresh_sign_in_must_be_told_A_6_8_4),
        T(absent_strength_is_the_weakest_A_6_8_4),
        T(persons_texts_are_bounded),
        T(without_a_subject_nobody_signed_in),
        T(an_address_is_verified_only_if_told),
        T(lying_headers_are_refused_A_6_8_2_R8725_3_10),
        T(a_header_without_type_or_with_little_letters_is_taken),
        T(only_the_providers_signature_counts_A_6_8_2),
        T(claims_said_twice_are_refused),
        T(ed25519_goes_with_sha512),
        T(another_algorithm_than_configured_is_refused_R8725_3_1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
