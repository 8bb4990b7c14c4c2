/* SPDX-License-Identifier: MIT */
/* Signing keys: making, storing, naming, signing, and refusing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/enc.h"
#include "crypto/keys.h"
#include "crypto/keys_ecdsa.h"
#include "crypto/secret.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* The order of P-256. */
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define BELOW "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define ABOVE "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552"
#define ALL_F "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
/* DER with an r of 33 significant bytes. */
#define LONG_R                                                                 \
    "302602210100000000000000000000000000000000000000000000000000000000000000" \
    "00020101"
/* The key of RFC 7515 appendix A.3.1: PKCS#8 without the public part. */
#define RFC_KEY                                                                \
    "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420"   \
    "8e9b109e719098bf980487df1f5d77e9cb29606ebed2263b5f57c213df84f4b2"

struct fixture {
    struct arena *arena;
    struct key *keys[KEY_ALG_COUNT];
};

static int set_up(void **state)
{
    static struct fixture f;

    f.arena = arena_new(1 << 20);
    for (size_t i = 0; i < KEY_ALG_COUNT; i++) {
        if (key_generate((enum key_alg)i, &f.keys[i]) != ERR_OK)
            return -1;
    }
    *state = &f;
    return f.arena == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < KEY_ALG_COUNT; i++)
        key_free(&f->keys[i]);
    key_free(&f->keys[0]);
    arena_free(&f->arena);
    return 0;
}

static struct key *rfc_key(void)
{
    uint8_t der[sizeof(RFC_KEY) / 2];
    struct key *k = NULL;

    assert_true(enc_unhex(STR(RFC_KEY), der, sizeof(der)));
    assert_int_equal(
        key_import(KEY_ES256, (struct str){(const char *)der, sizeof(der)}, &k),
        ERR_OK);
    return k;
}

static struct str jwk_of(struct fixture *f, const struct key *k)
{
    struct buf b = buf_new(f->arena);
    struct str text;

    key_jwk(k, &b);
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    return text;
}

static void es256_signature_of_the_rfc_is_verified(void **state)
{
    struct str input =
        STR("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsD"
            "QogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
    uint8_t signature[64];
    size_t n = 0;
    struct key *k = rfc_key();

    (void)state;
    assert_true(enc_unb64url(
        STR("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSAp"
            "mWQxfKTUJqPP3-Kg6NU1Q"),
        signature, sizeof(signature), &n));
    assert_int_equal(key_verify(k, input, signature, n), ERR_OK);
    input.n--;
    assert_int_equal(key_verify(k, input, signature, n),
                     ERR_ACCESS_TOKEN_INVALID);
    key_free(&k);
}

static void public_jwk_is_exact_R7638_3_R7517_4(void **state)
{
    struct key *k = rfc_key();
    struct str wanted =
        STR("{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gH"
            "MzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYj"
            "KIWI5a0\",\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"oKIywvGUpTVT"
            "yxMQ3bwIIeQUudfr_CkLMjCE19ECD-U\"}");

    assert_string_equal(key_id(k),
                        "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    assert_true(str_eq(jwk_of(*state, k), wanted));
    key_free(&k);
}

static void jwk_names_public_members_only_R7517_4(void **state)
{
    static const char *const private[] = {"\"d\"",  "\"p\"",  "\"q\"", "\"dp\"",
                                          "\"dq\"", "\"qi\"", "\"k\""};
    struct fixture *f = *state;

    for (size_t alg = 0; alg < KEY_HS256; alg++) {
        struct str jwk = jwk_of(f, f->keys[alg]);

        assert_non_null(strstr(jwk.p, "\"kty\":"));
        assert_non_null(strstr(jwk.p, "\"use\":\"sig\""));
        assert_non_null(strstr(jwk.p, key_alg_name((enum key_alg)alg)));
        assert_non_null(strstr(jwk.p, key_id(f->keys[alg])));
        for (size_t i = 0; i < COUNT(private); i++)
            assert_null(strstr(jwk.p, private[i]));
    }
    assert_int_equal(jwk_of(f, f->keys[KEY_HS256]).n, 0);
}

static void key_comes_back_from_its_stored_form(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < KEY_ALG_COUNT; i++) {
        enum key_alg alg = (enum key_alg)i;
        struct key *again = NULL;
        struct str der;

        assert_int_equal(key_export(f->keys[i], f->arena, &der), ERR_OK);
        assert_int_equal(key_import(alg, der, &again), ERR_OK);
        assert_int_equal(key_alg(again), alg);
        assert_string_equal(key_id(again), key_id(f->keys[i]));
        assert_int_equal(strlen(key_id(again)), KEY_ID_LEN);
        key_free(&again);
        assert_null(again);
    }
}

static void kid_of_hmac_is_stable_and_not_the_secret(void **state)
{
    struct key *a = NULL;
    struct key *b = NULL;
    struct str one = STR("0123456789abcdef0123456789abcdef");
    struct str two = STR("0123456789abcdef0123456789abcdeg");

    (void)state;
    assert_int_equal(key_import(KEY_HS256, one, &a), ERR_OK);
    assert_int_equal(key_import(KEY_HS256, two, &b), ERR_OK);
    assert_string_not_equal(key_id(a), key_id(b));
    assert_true(str_eq(key_hmac_secret(a), one));
    key_free(&a);
    key_free(&b);
}

static void keys_differ_and_only_their_own_signature_fits(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < KEY_HS256; i++) {
        enum key_alg alg = (enum key_alg)i;
        uint8_t signature[KEY_SIGNATURE_MAX];
        struct key *other = alg == KEY_ES256 ? rfc_key() : NULL;
        size_t n = 0;

        assert_int_equal(key_sign(f->keys[i], STR("text"), signature, &n),
                         ERR_OK);
        assert_int_equal(n, alg == KEY_ES256 ? 64 : 384);
        assert_int_equal(key_verify(f->keys[i], STR("text"), signature, n),
                         ERR_OK);
        assert_int_equal(key_verify(f->keys[i], STR("texT"), signature, n),
                         ERR_ACCESS_TOKEN_INVALID);
        assert_int_equal(key_verify(f->keys[1 - i], STR("text"), signature, n),
                         ERR_ACCESS_TOKEN_INVALID);
        if (other != NULL)
            assert_int_equal(key_verify(other, STR("text"), signature, n),
                             ERR_ACCESS_TOKEN_INVALID);
        key_free(&other);
    }
    assert_null(key_hmac_secret(f->keys[KEY_ES256]).p);
}

static void flipped_bit_of_a_signature_is_refused_A_9_1_1(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < KEY_HS256; i++) {
        uint8_t signature[KEY_SIGNATURE_MAX];
        size_t n = 0;

        assert_int_equal(key_sign(f->keys[i], STR("text"), signature, &n),
                         ERR_OK);
        for (size_t bit = 0; bit < n * 8; bit += 3) {
            signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_int_equal(key_verify(f->keys[i], STR("text"), signature, n),
                             ERR_ACCESS_TOKEN_INVALID);
            signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

static void wrong_signature_length_is_refused_R8725_3_4(void **state)
{
    static const size_t lengths[] = {0,   1,   32,  63,  65,  70,   72,   96,
                                     128, 256, 383, 385, 512, 8192, 21000};
    struct fixture *f = *state;
    uint8_t *big = calloc(1, 21000);

    assert_non_null(big);
    memset(big, 1, 21000);
    for (size_t k = 0; k < KEY_HS256; k++)
        for (size_t i = 0; i < COUNT(lengths); i++)
            assert_int_equal(
                key_verify(f->keys[k], STR("text"), big, lengths[i]),
                ERR_ACCESS_TOKEN_INVALID);
    free(big);
}

static void numbers_out_of_range_are_refused_R8725_3_4(void **state)
{
    static const struct {
        const char *raw;
        bool good; /* of form */
    } cases[] = {
        {ONE ONE, true},    {BELOW BELOW, true},  {ONE BELOW, true},
        {ZERO ZERO, false}, {ZERO ONE, false},    {ONE ZERO, false},
        {ORDER ONE, false}, {ONE ORDER, false},   {ABOVE ONE, false},
        {ONE ABOVE, false}, {ORDER ORDER, false}, {ALL_F ALL_F, false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t raw[64];
        uint8_t der[KEYS_ECDSA_DER_MAX];
        uint8_t back[KEYS_ECDSA_LEN];
        size_t n = 0;

        assert_true(enc_unhex(str_of(cases[i].raw), raw, sizeof(raw)));
        assert_int_equal(key_verify(f->keys[KEY_ES256], STR("text"), raw, 64),
                         ERR_ACCESS_TOKEN_INVALID);
        assert_int_equal(keys_ecdsa_sound(raw, 64), cases[i].good);
        if (cases[i].good) {
            assert_true(keys_ecdsa_der(raw, der, &n));
            assert_true(keys_ecdsa_raw(der, n, back));
            assert_memory_equal(raw, back, sizeof(raw));
        }
    }
}

static void der_that_is_no_p256_signature_is_refused(void **state)
{
    static const char *const cases[] = {"3000", "3003020101", "0202010101",
                                        LONG_R};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t der[KEYS_ECDSA_DER_MAX + 8] = {0};
        uint8_t raw[KEYS_ECDSA_LEN];
        size_t n = strlen(cases[i]) / 2;

        assert_true(enc_unhex(str_of(cases[i]), der, n));
        assert_false(keys_ecdsa_raw(der, n, raw));
        assert_false(keys_ecdsa_raw(der, sizeof(der), raw));
    }
}

/* PKCS#8 of an OpenSSL key, which is freed. */
static struct str der_of(struct arena *a, EVP_PKEY *pair)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pair);
    unsigned char *der = NULL;
    int n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    struct str copy;

    assert_true(n > 0);
    copy = arena_str(a, (struct str){(const char *)der, (size_t)n});
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(pair);
    return copy;
}

static void assert_refused(enum key_alg alg, struct str der)
{
    struct key *k = NULL;

    assert_int_equal(key_import(alg, der, &k), ERR_VALIDATION);
    assert_null(k);
}

static void weak_or_foreign_keys_are_refused_A_11_2_3(void **state)
{
    struct fixture *f = *state;
    struct str weak = der_of(f->arena, EVP_RSA_gen(2048));
    struct str p384 = der_of(f->arena, EVP_EC_gen("P-384"));
    struct str ed25519 =
        der_of(f->arena, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    struct str es256;
    struct str rs256;

    assert_int_equal(key_export(f->keys[KEY_ES256], f->arena, &es256), ERR_OK);
    assert_int_equal(key_export(f->keys[KEY_RS256], f->arena, &rs256), ERR_OK);
    assert_refused(KEY_RS256, weak);
    assert_refused(KEY_ES256, p384);
    assert_refused(KEY_ES256, ed25519);
    assert_refused(KEY_RS256, ed25519);
    assert_refused(KEY_ES256, rs256);
    assert_refused(KEY_RS256, es256);
    assert_refused(KEY_HS256, es256);
}

static void damaged_stored_keys_are_refused(void **state)
{
    struct fixture *f = *state;
    struct str der;
    char *bytes = NULL;

    assert_int_equal(key_export(f->keys[KEY_ES256], f->arena, &der), ERR_OK);
    bytes = arena_alloc(f->arena, der.n + 1);
    assert_non_null(bytes);
    memcpy(bytes, der.p, der.n);
    assert_refused(KEY_ES256, (struct str){bytes, 0});
    assert_refused(KEY_ES256, (struct str){NULL, 0});
    assert_refused(KEY_ES256, (struct str){bytes, der.n - 1});
    assert_refused(KEY_ES256, (struct str){bytes, der.n + 1});
    assert_refused(KEY_HS256, STR("0123456789abcdef0123456789abcde"));
    assert_refused(KEY_HS256, STR("0123456789abcdef0123456789abcdef0"));
    bytes[der.n - 1] = (char)(bytes[der.n - 1] ^ 1); /* off the curve */
    assert_refused(KEY_ES256, (struct str){bytes, der.n});
}

/* The private number of one key with the public point of another. */
static void halves_of_two_keys_are_refused(void **state)
{
    struct fixture *f = *state;
    struct key *other = NULL;
    struct str der;
    struct str foreign;
    char *bytes = NULL;

    assert_int_equal(key_generate(KEY_ES256, &other), ERR_OK);
    assert_int_equal(key_export(f->keys[KEY_ES256], f->arena, &der), ERR_OK);
    assert_int_equal(key_export(other, f->arena, &foreign), ERR_OK);
    key_free(&other);
    assert_int_equal(der.n, foreign.n);
    bytes = arena_strdup(f->arena, der);
    assert_non_null(bytes);
    memcpy(bytes + der.n - 64, foreign.p + der.n - 64, 64);
    assert_refused(KEY_ES256, (struct str){bytes, der.n});
}

static void hmac_and_unknown_kinds_do_not_sign_here(void **state)
{
    struct fixture *f = *state;
    uint8_t signature[KEY_SIGNATURE_MAX] = {0};
    struct key *k = NULL;
    size_t n = 7;

    assert_int_equal(key_sign(f->keys[KEY_HS256], STR("x"), signature, &n),
                     ERR_INTERNAL);
    assert_int_equal(n, 7);
    assert_int_equal(key_verify(f->keys[KEY_HS256], STR("x"), signature, 32),
                     ERR_INTERNAL);
    assert_int_equal(key_generate(KEY_ALG_COUNT, &k), ERR_INTERNAL);
    assert_null(k);
    assert_string_equal(key_alg_name(KEY_ALG_COUNT), "");
}

static void applications_keys_bear_the_names_they_are_given(void **state)
{
    static const struct {
        struct str kid;
        enum err want;
    } rows[] = {
        {STR_INIT("d-1700000000123"), ERR_OK},
        {STR_INIT("s-01a224f3-98df-76c4-a06b-f3510df118a0"), ERR_OK},
        {STR_INIT("AZaz09_-AZaz09_-AZaz09_-AZaz09_-AZaz09_-abc"), ERR_OK},
        {STR_INIT("AZaz09_-AZaz09_-AZaz09_-AZaz09_-AZaz09_-abcd"),
         ERR_VALIDATION},
        {STR_INIT(""), ERR_VALIDATION},
        {STR_INIT("a\0"), ERR_VALIDATION},
        {STR_INIT("a\"b"), ERR_VALIDATION},
        {STR_INIT("a.b"), ERR_VALIDATION},
    };
    struct fixture *f = *state;
    struct key *k = NULL;

    assert_int_equal(key_generate_app(&k), ERR_OK);
    assert_int_equal(key_alg(k), KEY_RS256);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(key_name(k, rows[i].kid), rows[i].want);
        if (rows[i].want == ERR_OK)
            assert_string_equal(key_id(k), rows[i].kid.p);
    }
    key_free(&k);
    for (size_t i = 0; i < KEY_ALG_COUNT; i++)
        assert_int_equal(key_name(f->keys[i], STR("d-1")), ERR_VALIDATION);
}

static void applications_keys_may_be_weaker_and_no_others(void **state)
{
    struct fixture *f = *state;
    struct key *k = NULL;
    struct key *again = NULL;
    struct str der;
    struct str ec;

    assert_int_equal(key_generate_app(&k), ERR_OK);
    assert_int_equal(key_export(k, f->arena, &der), ERR_OK);
    assert_int_equal(key_import(KEY_RS256, der, &again), ERR_VALIDATION);
    assert_int_equal(key_import_app(der, &again), ERR_OK);
    assert_string_equal(key_id(again), "");
    key_free(&again);
    assert_int_equal(key_import_app((struct str){der.p, der.n - 1}, &again),
                     ERR_VALIDATION);
    assert_int_equal(key_export(f->keys[KEY_ES256], f->arena, &ec), ERR_OK);
    assert_int_equal(key_import_app(ec, &again), ERR_VALIDATION);
    key_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applications_keys_bear_the_names_they_are_given),
        cmocka_unit_test(applications_keys_may_be_weaker_and_no_others),
        cmocka_unit_test(es256_signature_of_the_rfc_is_verified),
        cmocka_unit_test(public_jwk_is_exact_R7638_3_R7517_4),
        cmocka_unit_test(jwk_names_public_members_only_R7517_4),
        cmocka_unit_test(key_comes_back_from_its_stored_form),
        cmocka_unit_test(kid_of_hmac_is_stable_and_not_the_secret),
        cmocka_unit_test(keys_differ_and_only_their_own_signature_fits),
        cmocka_unit_test(flipped_bit_of_a_signature_is_refused_A_9_1_1),
        cmocka_unit_test(wrong_signature_length_is_refused_R8725_3_4),
        cmocka_unit_test(numbers_out_of_range_are_refused_R8725_3_4),
        cmocka_unit_test(der_that_is_no_p256_signature_is_refused),
        cmocka_unit_test(weak_or_foreign_keys_are_refused_A_11_2_3),
        cmocka_unit_test(damaged_stored_keys_are_refused),
        cmocka_unit_test(halves_of_two_keys_are_refused),
        cmocka_unit_test(hmac_and_unknown_kinds_do_not_sign_here),
    };

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
