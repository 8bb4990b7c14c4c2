/* SPDX-License-Identifier: MIT */
/* The compact form: one text, one reading; and what we sign ourselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/enc.h"
#include "crypto/jwk.h"
#include "crypto/jws.h"
#include "crypto/secret.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX 100

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return arena == NULL || crypto_init() != ERR_OK ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void three_parts_are_taken_apart(void **state)
{
    struct jws j;

    (void)state;
    assert_int_equal(jws_split(arena, STR("e30.YQ.YWI"), 10, &j), ERR_OK);
    assert_true(str_eq(j.header, STR("{}")));
    assert_true(str_eq(j.payload, STR("a")));
    assert_true(str_eq(j.signature, STR("ab")));
    assert_true(str_eq(j.signed_text, STR("e30.YQ")));
}

static void other_forms_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        ".",
        "..",
        "e30",
        "e30.YQ",
        "e30.YQ.",
        "e30..YWI",
        ".YQ.YWI",
        "e30.YQ.YWI.",
        "e30.YQ.YWI.YWI",
        "e30=.YQ.YWI",
        "e30.YQ==.YWI",
        "e30.YR.YWI",
        "e30.Y.YWI",
        "e30.YQ.Y+I",
        "e30.YQ.Y/I",
        " e30.YQ.YWI",
        "e30.YQ.YWI\n",
        "e30.Y Q.YWI",
        "e3\xc3\xa4.YQ.YWI",
    };
    struct jws j = {.header = STR_INIT("untouched")};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (jws_split(arena, str_of(texts[i]), MAX, &j) != ERR_VALIDATION)
            fail_msg("%s", texts[i]);
    assert_int_equal(jws_split(arena, STR("e30.YQ.YWI"), 9, &j),
                     ERR_VALIDATION);
    assert_true(str_eq(j.header, STR("untouched")));
}

static struct str pem_of(EVP_PKEY *pkey, const char *password)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    const EVP_CIPHER *cipher = password == NULL ? NULL : EVP_aes_256_cbc();

    assert_non_null(pkey);
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(
                         bio, pkey, cipher, password,
                         password == NULL ? 0 : (int)strlen(password), NULL,
                         NULL),
                     1);
    size_t n = (size_t)BIO_get_mem_data(bio, &text);
    struct str copy = arena_str(arena, (struct str){text, n});

    assert_non_null(copy.p);
    BIO_free(bio);
    return copy;
}

/* A public number of the key as base64url. */
static struct str number(const EVP_PKEY *pkey, const char *name, int width)
{
    uint8_t out[1024];
    BIGNUM *n = NULL;

    assert_int_equal(EVP_PKEY_get_bn_param(pkey, name, &n), 1);
    int length = width > 0 ? width : BN_num_bytes(n);
    char *text = arena_alloc(arena, ENC_B64_LEN((size_t)length) + 1);

    assert_int_equal(BN_bn2binpad(n, out, length), length);
    BN_free(n);
    return (struct str){text, enc_b64url(out, (size_t)length, text)};
}

static void check_signed(EVP_PKEY *pkey, enum jwk_alg alg,
                         const struct jwk_members *m, const char *header)
{
    struct str payload = STR("{\"iss\":\"a\"}");
    struct jwk *k = NULL;
    struct str token;
    struct jws j;

    assert_int_equal(
        jws_sign(arena, pem_of(pkey, NULL), STR("k\"1"), payload, &token),
        ERR_OK);
    assert_int_equal(jws_split(arena, token, token.n, &j), ERR_OK);
    assert_true(str_eq(j.payload, payload));
    assert_true(str_eq(j.header, str_of(header)));
    assert_int_equal(jwk_public(arena, alg, m, &k), ERR_OK);
    assert_int_equal(jwk_verify(k, j.signed_text, j.signature), ERR_OK);
}

static void the_kind_of_key_decides_the_algorithm(void **state)
{
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    struct jwk_members point = {
        .kty = STR_INIT("EC"),
        .crv = STR_INIT("P-256"),
        .x = number(ec, OSSL_PKEY_PARAM_EC_PUB_X, 32),
        .y = number(ec, OSSL_PKEY_PARAM_EC_PUB_Y, 32),
    };
    struct jwk_members modulus = {
        .kty = STR_INIT("RSA"),
        .n = number(rsa, OSSL_PKEY_PARAM_RSA_N, 0),
        .e = number(rsa, OSSL_PKEY_PARAM_RSA_E, 0),
    };

    (void)state;
    check_signed(ec, JWK_ES256, &point,
                 "{\"alg\":\"ES256\",\"kid\":\"k\\\"1\",\"typ\":\"JWT\"}");
    check_signed(rsa, JWK_RS256, &modulus,
                 "{\"alg\":\"RS256\",\"kid\":\"k\\\"1\",\"typ\":\"JWT\"}");
    EVP_PKEY_free(ec);
    EVP_PKEY_free(rsa);
}

static void a_key_without_name_names_none(void **state)
{
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    struct str token;
    struct jws j;

    (void)state;
    assert_int_equal(
        jws_sign(arena, pem_of(ec, NULL), STR(""), STR("{}"), &token), ERR_OK);
    assert_int_equal(jws_split(arena, token, token.n, &j), ERR_OK);
    assert_true(str_eq(j.header, STR("{\"alg\":\"ES256\",\"typ\":\"JWT\"}")));
    EVP_PKEY_free(ec);
}

static void unfit_private_keys_sign_nothing(void **state)
{
    EVP_PKEY *keys[] = {
        EVP_EC_gen("P-384"),
        EVP_RSA_gen(1024),
        EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
        EVP_EC_gen("P-256"),
    };
    struct str token = STR("untouched");
    const char *password = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++) {
        /* The last one is sound, but wants a password. */
        password = i + 1 == COUNT(keys) ? "secret" : NULL;
        assert_int_equal(jws_sign(arena, pem_of(keys[i], password), STR("k"),
                                  STR("{}"), &token),
                         ERR_VALIDATION);
        EVP_PKEY_free(keys[i]);
    }
    assert_int_equal(
        jws_sign(arena, STR("rubbish"), STR("k"), STR("{}"), &token),
        ERR_VALIDATION);
    assert_int_equal(jws_sign(arena, STR(""), STR("k"), STR("{}"), &token),
                     ERR_VALIDATION);
    assert_true(str_eq(token, STR("untouched")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_parts_are_taken_apart),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(the_kind_of_key_decides_the_algorithm),
        cmocka_unit_test(a_key_without_name_names_none),
        cmocka_unit_test(unfit_private_keys_sign_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
