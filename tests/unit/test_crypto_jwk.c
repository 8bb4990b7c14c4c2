/* SPDX-License-Identifier: MIT */
/* Other people's keys: the published vectors (RFC 7515 appendix A, RFC 8037
 * appendix A), and keys that must never be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/enc.h"
#include "crypto/jwk.h"
#include "crypto/secret.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define RSA_N                                                                  \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp"         \
    "-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW"         \
    "vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs"         \
    "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"         \
    "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2"         \
    "PAcDTW9gb54h4FRWyuXpoQ"
#define RSA_SIGNATURE                                                          \
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"         \
    "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"         \
    "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"         \
    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"         \
    "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"         \
    "p0igcN_IoypGlUPQGe77Rw"
#define PAYLOAD                                                                \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"         \
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define PSS_N                                                                  \
    "wvolgA9oTZmd32c1T-kw-JRszjPOcTjhO21c9aA07_TywAC-bkOyB7OyxxLtnvxs"         \
    "lTQDeqL2vxmC1NIdRpqWqoHzHHD3kTuuxE-KrWQJn9qK_OtyQX8dLc1GP4Bx0vYZ"         \
    "eiDiF9yaz33fH2uNFUXdsrQ8xljgRlePBHBR9_ui1CrjtjfXroKU2bXf95w-AD57"         \
    "4OwkDtucEYIVBhvckqGEKM0zZLjqig8Dw1G3LQfSYU6OoRY155XA1Qmwxxi0mcq7"         \
    "07GbWmE9EAltC8C53wdpaFPZ_rZ4OYbt5lgxIAoL7_6lIboHIF6syA8hOvSPnGnN"         \
    "j0doibig0nfCSUz2uC8Shw"
#define PSS_SIGNATURE                                                          \
    "wjevQKH1GxTGu1tOL_7fdS-VBdNqOgNeLKXhCJUEmiH22EmStHk8NFXvLDFqMxoX"         \
    "5udiysPYz0DaOg_LXn86vTX8QMPrKsWgX0A1P6ncvc5emDxrFWOARRksJpvMTsNB"         \
    "bAPsVQ3Lt1toOuDYhlVWNB2EvwTuKFjGoxpZNwWN6nMXhOh9nNbbvLMBXtRf8q3J"         \
    "BupW9T19zwpMzCJXYOJmIQeox9xlr1MO-kT1i3xSdfMjQoNbfkYn4gXOij09rOMX"         \
    "atUbrc1bxMfVdv_T8yaxRw-2XpX7_X-n1Lityj5XTNyslZqAEHNjXJienIuWGldT"         \
    "bgltcU51p5UE2gEsBU8m2Q"
#define PSS_SHORT_SALT                                                         \
    "hPyB6gTGtq3KU3t0zfhvwFlEOc1VD7BDuqUdLfUMVQPeAPkemjxGOxEoKAUt7wSS"         \
    "Efxffvy_Sn5zO-wdfy69cObj03Nvj84WKZQaPj1VQgTaCq28fppvYRw_A0B9uFDx"         \
    "RrNLlVkoz2QNFVNLwChJvgDwsCX6cxgq11f8PCmY0Tf7jdyq2bOkz68DqLYe6pQY"         \
    "bdZpyUwTernIPfzmaByca1emNKQCbR_hg6nBG0z7j19oNohlqUaFvzIMBKrd9RRA"         \
    "Mti3uK4y6o8z4dUE25FsqFjyj92o0LA9yfEAuhry4Km-UhmvthR0gsWIxOzMDXBA"         \
    "Gxbr5cJ5i0Bz3J5DbpTfmg"
#define RSA_1024                                                               \
    "qHaSB0IwMc18htVeiGM7ZUK4cDox-0FEsI7O_LYphCcYicWld-BQN1kkkgrEMMEG"         \
    "p81oJbKSUrNnlt4VezzpCpa6tizkxaROrIbUsae2NFfVnF_3z5DTCiwKNg8YEBPw"         \
    "fjdhx6OzuI72unP_GIDITEgbjPqGmn-CxTkqFU0vJQU"
#define RSA_2047                                                               \
    "YfgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp"         \
    "-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW"         \
    "vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs"         \
    "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"         \
    "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2"         \
    "PAcDTW9gb54h4FRWyuXpoQ"
#define RSA_EVEN                                                               \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp"         \
    "-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW"         \
    "vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs"         \
    "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"         \
    "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2"         \
    "PAcDTW9gb54h4FRWyuXpoA"
#define RSA_ZERO                                                               \
    "AKH4Fgri48m0Zc6NLWViYzYrkn2-KeHwJHf8FiXMkKE244vZNJfFtupj3XcR5nx0"         \
    "KflWsPuKjwia3EtpiTzBMz9T7dAZuHeEJS_skU_khXdpWUvqQoDTLA9Vv2KUTxMD"         \
    "lrxum99uvdK9o2eO7KDGaPcBs42_-zjINCzi_m0n-t5KWkh0l53Uuc-a3sTHWwWF"         \
    "LCwPXvilwXUDkvlE6O1kwRDGtkdgmqR4OuucbJrXVTEwUGOLg2Zcb296gqOWcCof"         \
    "ZBuC0-vyOSIZSR-2hocsVxb1Cvg1jZqLnRfDQHKPf4fYmhjY_KtnrYRZDC7PdZM5"         \
    "NjwHA01vYG-eIeBUVsrl6aE"
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_SIGNATURE                                                           \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-"                                         \
    "F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTU"                                \
    "JqPP3-Kg6NU1Q"
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED_TEXT "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
#define ED_SIGNATURE                                                           \
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-"                                             \
    "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7s"                            \
    "VvpAr_MuM0KAg"
#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define RSA(modulus, exponent)                                                 \
    {                                                                          \
        .kty = STR_INIT("RSA"), .n = STR_INIT(modulus),                        \
        .e = STR_INIT(exponent)                                                \
    }
#define EC(curve, one, two)                                                    \
    {                                                                          \
        .kty = STR_INIT("EC"), .crv = STR_INIT(curve), .x = STR_INIT(one),     \
        .y = STR_INIT(two)                                                     \
    }
#define OKP(curve, point)                                                      \
    {                                                                          \
        .kty = STR_INIT("OKP"), .crv = STR_INIT(curve), .x = STR_INIT(point)   \
    }

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

static struct str bytes(const char *b64)
{
    uint8_t *out = arena_alloc(arena, strlen(b64) + 1);
    size_t n = 0;

    assert_non_null(out);
    assert_true(enc_unb64url(str_of(b64), out, strlen(b64), &n));
    return (struct str){(const char *)(void *)out, n};
}

struct vector {
    enum jwk_alg alg;
    struct jwk_members members;
    const char *text, *signature;
};

static const struct vector vectors[] = {
    {JWK_RS256, RSA(RSA_N, "AQAB"), "eyJhbGciOiJSUzI1NiJ9." PAYLOAD,
     RSA_SIGNATURE},
    {JWK_PS256, RSA(PSS_N, "AQAB"), "eyJhbGciOiJQUzI1NiJ9." PAYLOAD,
     PSS_SIGNATURE},
    {JWK_ES256, EC("P-256", EC_X, EC_Y), "eyJhbGciOiJFUzI1NiJ9." PAYLOAD,
     EC_SIGNATURE},
    {JWK_EDDSA, OKP("Ed25519", ED_X), ED_TEXT, ED_SIGNATURE},
};

static struct jwk *key_of(const struct vector *v)
{
    struct jwk *k = NULL;

    assert_int_equal(jwk_public(arena, v->alg, &v->members, &k), ERR_OK);
    return k;
}

static void published_signatures_are_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const struct jwk *k = key_of(&vectors[i]);

        assert_int_equal(
            jwk_verify(k, str_of(vectors[i].text), bytes(vectors[i].signature)),
            ERR_OK);
    }
}

/* One bit of the text or of the signature, one byte more or less. */
static void damaged_signatures_are_not_R8725_3_3(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const struct jwk *k = key_of(&vectors[i]);
        struct str text = str_of(vectors[i].text);
        struct str good = bytes(vectors[i].signature);
        char *copy = arena_alloc(arena, good.n + 1);
        char *other = arena_strdup(arena, text);

        memcpy(copy, good.p, good.n);
        for (size_t at = 0; at < good.n; at += 5) {
            copy[at] = (char)(copy[at] ^ 1 << at % 8);
            assert_int_equal(jwk_verify(k, text, (struct str){copy, good.n}),
                             ERR_VALIDATION);
            copy[at] = good.p[at];
        }
        other[text.n / 2] = (char)(other[text.n / 2] ^ 1);
        assert_int_equal(jwk_verify(k, (struct str){other, text.n}, good),
                         ERR_VALIDATION);
        assert_int_equal(jwk_verify(k, text, (struct str){copy, good.n + 1}),
                         ERR_VALIDATION);
        assert_int_equal(jwk_verify(k, text, (struct str){copy, good.n - 1}),
                         ERR_VALIDATION);
        assert_int_equal(jwk_verify(k, text, (struct str){copy, 0}),
                         ERR_VALIDATION);
        memset(copy, 0, good.n);
        assert_int_equal(jwk_verify(k, text, (struct str){copy, good.n}),
                         ERR_VALIDATION);
    }
}

/* The paddings of RSA are two algorithms, and a salt has one length. */
static void a_key_checks_its_own_algorithm_only_R8725_3_1(void **state)
{
    static const struct vector mixed[] = {
        {JWK_PS256, RSA(RSA_N, "AQAB"), "eyJhbGciOiJSUzI1NiJ9." PAYLOAD,
         RSA_SIGNATURE},
        {JWK_RS256, RSA(PSS_N, "AQAB"), "eyJhbGciOiJQUzI1NiJ9." PAYLOAD,
         PSS_SIGNATURE},
        {JWK_PS256, RSA(PSS_N, "AQAB"), "eyJhbGciOiJQUzI1NiJ9." PAYLOAD,
         PSS_SHORT_SALT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(mixed); i++)
        assert_int_equal(jwk_verify(key_of(&mixed[i]), str_of(mixed[i].text),
                                    bytes(mixed[i].signature)),
                         ERR_VALIDATION);
}

static void unsound_keys_are_refused_R8725_3_4(void **state)
{
    static const struct vector cases[] = {
        /* Of another kind than the algorithm. */
        {JWK_ES256, RSA(RSA_N, "AQAB"), "RSA for ES256", NULL},
        {JWK_RS256, EC("P-256", EC_X, EC_Y), "EC for RS256", NULL},
        {JWK_EDDSA, EC("P-256", EC_X, EC_Y), "EC for EdDSA", NULL},
        {JWK_ES256, OKP("Ed25519", ED_X), "OKP for ES256", NULL},
        {JWK_ALG_COUNT, RSA(RSA_N, "AQAB"), "no algorithm", NULL},
        {JWK_RS256,
         {.kty = STR_INIT("rsa"), .n = STR_INIT(RSA_N), .e = STR_INIT("AQAB")},
         "small kty",
         NULL},
        {JWK_RS256, {.kty = STR_INIT("oct")}, "a secret", NULL},
        /* Weak or malformed RSA. */
        {JWK_RS256, RSA(RSA_1024, "AQAB"), "1024 bits", NULL},
        {JWK_PS256, RSA(RSA_1024, "AQAB"), "1024 bits, PSS", NULL},
        {JWK_RS256, RSA(RSA_2047, "AQAB"), "2047 bits", NULL},
        {JWK_RS256, RSA(RSA_EVEN, "AQAB"), "even", NULL},
        {JWK_RS256, RSA(RSA_ZERO, "AQAB"), "zero in front", NULL},
        {JWK_RS256, RSA("", "AQAB"), "no n", NULL},
        {JWK_RS256, RSA(RSA_N, ""), "no e", NULL},
        {JWK_RS256, RSA(RSA_N, "AQ"), "e = 1", NULL},
        {JWK_RS256, RSA(RSA_N, "Aw"), "e = 3", NULL},
        {JWK_RS256, RSA(RSA_N, "AQAC"), "e even", NULL},
        {JWK_RS256, RSA(RSA_N, "AQAAAAE"), "e of five bytes", NULL},
        {JWK_RS256, RSA(RSA_N, "AAEAAQ"), "e with a zero in front", NULL},
        {JWK_RS256, RSA(RSA_N, "AQAB="), "padding", NULL},
        {JWK_RS256, RSA(RSA_N "+", "AQAB"), "foreign character", NULL},
        /* Points that are none. */
        {JWK_ES256, EC("P-256", EC_X, EC_X), "off the curve", NULL},
        {JWK_ES256, EC("P-256", EC_Y, EC_X), "swapped", NULL},
        {JWK_ES256, EC("P-256", ZEROS, ZEROS), "zero", NULL},
        {JWK_ES256, EC("P-256", EC_X, ""), "no y", NULL},
        {JWK_ES256, EC("P-256", EC_X "A", EC_Y), "too long", NULL},
        {JWK_ES256, EC("P-384", EC_X, EC_Y), "another curve", NULL},
        {JWK_ES256, EC("", EC_X, EC_Y), "no curve", NULL},
        {JWK_EDDSA, OKP("Ed25519", ZEROS), "small order 4", NULL},
        {JWK_EDDSA,
         OKP("Ed25519", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
         "small order 1", NULL},
        {JWK_EDDSA, OKP("Ed25519", ""), "no point", NULL},
        {JWK_EDDSA, OKP("X25519", ED_X), "for key agreement", NULL},
        {JWK_EDDSA, OKP("Ed448", ED_X), "another curve", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct jwk *k = NULL;
        enum err e = jwk_public(arena, cases[i].alg, &cases[i].members, &k);

        if (e != ERR_VALIDATION || k != NULL)
            fail_msg("%s: %s", cases[i].text, err_name(e));
    }
}

/* 8208 bits cost whoever verifies; nobody needs them. */
static void endless_numbers_are_refused(void **state)
{
    char text[ENC_B64_LEN(1026) + 1];
    struct jwk_members m = RSA("", "AQAB");
    struct jwk *k = NULL;

    (void)state;
    memset(text, '_', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    m.n = str_of(text);
    assert_int_equal(jwk_public(arena, JWK_RS256, &m, &k), ERR_VALIDATION);
    assert_null(k);
}

static void algorithms_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(jwk_alg_name(JWK_RS256), "RS256");
    assert_string_equal(jwk_alg_name(JWK_PS256), "PS256");
    assert_string_equal(jwk_alg_name(JWK_ES256), "ES256");
    assert_string_equal(jwk_alg_name(JWK_EDDSA), "EdDSA");
    assert_string_equal(jwk_alg_name(JWK_ALG_COUNT), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_signatures_are_good),
        cmocka_unit_test(damaged_signatures_are_not_R8725_3_3),
        cmocka_unit_test(a_key_checks_its_own_algorithm_only_R8725_3_1),
        cmocka_unit_test(unsound_keys_are_refused_R8725_3_4),
        cmocka_unit_test(endless_numbers_are_refused),
        cmocka_unit_test(algorithms_have_their_names),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
