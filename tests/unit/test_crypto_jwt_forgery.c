/* SPDX-License-Identifier: MIT */
/* Forged tokens: wrong form, lying headers, other keys, damaged bytes. Where a
 * signature could be true, it is: only the header's lie may sink the token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "crypto/secret.h"
#include "crypto_token.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KID43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct fixture {
    struct arena *arena;
    struct key *keys[KEY_ALG_COUNT];
};

static int set_up(void **state)
{
    static struct fixture f;

    f.arena = arena_new(1 << 24);
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
    arena_free(&f->arena);
    return 0;
}

static int empty_arena(void **state)
{
    struct fixture *f = *state;

    arena_reset(f->arena);
    return 0;
}

static enum err verdict(struct fixture *f, struct str token, enum key_alg alg)
{
    struct jwt_claims got;

    return jwt_verify(f->arena, token, f->keys[alg], &token_rules, &got);
}

static void assert_refused(struct fixture *f, struct str token,
                           enum key_alg alg)
{
    assert_int_equal(verdict(f, token, alg), ERR_ACCESS_TOKEN_INVALID);
}

static struct str good(struct fixture *f, enum key_alg alg)
{
    return token_sign(f->arena, f->keys[alg],
                      token_header(f->arena, f->keys[alg]),
                      token_payload(f->arena, NULL, NULL));
}

/* A header with alg, typ and kid as JSON and more members behind. */
static struct str header(struct fixture *f, const char *alg, const char *typ,
                         const char *kid, const char *more)
{
    struct buf b = buf_new(f->arena);
    struct str text;

    buf_text(&b, "{\"alg\":");
    buf_text(&b, alg);
    buf_text(&b, ",\"typ\":");
    buf_text(&b, typ);
    buf_text(&b, ",\"kid\":");
    buf_text(&b, kid);
    buf_text(&b, more);
    buf_char(&b, '}');
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    return text;
}

static const char *quoted_kid(struct fixture *f, enum key_alg alg)
{
    struct buf b = buf_new(f->arena);
    struct str text;

    buf_fmt(&b, "\"%s\"", key_id(f->keys[alg]));
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    return text.p;
}

/* Truly signed by the key of alg under this header. */
static struct str signed_under(struct fixture *f, enum key_alg alg,
                               struct str head)
{
    return token_sign(f->arena, f->keys[alg], head,
                      token_payload(f->arena, NULL, NULL));
}

static void sound_tokens_pass(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < KEY_ALG_COUNT; i++)
        assert_int_equal(verdict(f, good(f, (enum key_alg)i), (enum key_alg)i),
                         ERR_OK);
}

static void unknown_header_members_are_ignored(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(verdict(f,
                             signed_under(f, KEY_ES256,
                                          header(f, "\"ES256\"", "\"at+jwt\"",
                                                 quoted_kid(f, KEY_ES256),
                                                 ",\"x\":{\"y\":[1]}")),
                             KEY_ES256),
                     ERR_OK);
}

static void alg_must_be_the_keys_own_R8725_3_1_A_9_1_2(void **state)
{
    static const char *const algs[] = {"\"none\"",   "\"None\"",
                                       "\"NONE\"",   "\"nOnE\"",
                                       "\"none \"",  "\"\"",
                                       "null",       "0",
                                       "true",       "[\"ES256\"]",
                                       "{}",         "\"es256\"",
                                       "\"Es256\"",  "\"ES256 \"",
                                       "\" ES256\"", "\"ES384\"",
                                       "\"ES512\"",  "\"RS512\"",
                                       "\"PS256\"",  "\"HS384\"",
                                       "\"HS512\"",  "\"EdDSA\"",
                                       "\"RS1\"",    "\"ES256K\"",
                                       "\"A128KW\"", "\"ES256\\u0000\""};
    struct fixture *f = *state;

    for (size_t k = 0; k < KEY_ALG_COUNT; k++) {
        enum key_alg alg = (enum key_alg)k;

        for (size_t i = 0; i < COUNT(algs); i++)
            assert_refused(f,
                           signed_under(f, alg,
                                        header(f, algs[i], "\"at+jwt\"",
                                               quoted_kid(f, alg), "")),
                           alg);
    }
}

static void alg_of_another_key_kind_is_refused_R8725_3_1(void **state)
{
    static const char *const names[] = {"\"ES256\"", "\"RS256\"", "\"HS256\""};
    struct fixture *f = *state;

    for (size_t k = 0; k < KEY_ALG_COUNT; k++) {
        enum key_alg alg = (enum key_alg)k;

        for (size_t i = 0; i < COUNT(names); i++)
            assert_int_equal(
                verdict(f,
                        signed_under(f, alg,
                                     header(f, names[i], "\"at+jwt\"",
                                            quoted_kid(f, alg), "")),
                        alg),
                i == k ? ERR_OK : ERR_ACCESS_TOKEN_INVALID);
    }
}

/* The public key as the attacker has it, in PEM. */
static struct str public_pem(struct fixture *f, enum key_alg alg)
{
    struct str der;
    const unsigned char *at = NULL;
    PKCS8_PRIV_KEY_INFO *info = NULL;
    EVP_PKEY *pair = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long n = 0;
    struct str copy;

    assert_int_equal(key_export(f->keys[alg], f->arena, &der), ERR_OK);
    at = (const unsigned char *)der.p;
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.n);
    pair = EVP_PKCS82PKEY(info);
    assert_int_equal(PEM_write_bio_PUBKEY(bio, pair), 1);
    n = BIO_get_mem_data(bio, &text);
    copy = arena_str(f->arena, (struct str){text, (size_t)n});
    BIO_free(bio);
    EVP_PKEY_free(pair);
    PKCS8_PRIV_KEY_INFO_free(info);
    return copy;
}

static void hmac_with_our_public_key_is_refused_A_9_1_2(void **state)
{
    struct fixture *f = *state;

    for (size_t k = 0; k < KEY_HS256; k++) {
        enum key_alg alg = (enum key_alg)k;
        struct str pem = public_pem(f, alg);
        struct str secrets[] = {
            pem, {pem.p, pem.n - 1}, STR(""), str_of(key_id(f->keys[alg]))};

        for (size_t i = 0; i < COUNT(secrets); i++) {
            struct str head =
                token_b64(f->arena, header(f, "\"HS256\"", "\"at+jwt\"",
                                           quoted_kid(f, alg), ""));
            struct str body =
                token_b64(f->arena, token_payload(f->arena, NULL, NULL));
            struct digest mac;
            struct str sign;

            assert_int_equal(digest_hmac((const uint8_t *)secrets[i].p,
                                         secrets[i].n,
                                         token_join(f->arena, head, body,
                                                    (struct str){NULL, 0}),
                                         &mac),
                             ERR_OK);
            sign = token_b64(f->arena,
                             (struct str){(const char *)mac.b, sizeof(mac.b)});
            assert_refused(f, token_join(f->arena, head, body, sign), alg);
        }
    }
}

static void token_without_signature_is_refused_A_9_1_2(void **state)
{
    static const char *const algs[] = {"\"none\"", "\"ES256\"", "\"HS256\""};
    struct fixture *f = *state;
    struct str none = {NULL, 0};

    for (size_t i = 0; i < COUNT(algs); i++) {
        struct str head =
            token_b64(f->arena, header(f, algs[i], "\"at+jwt\"",
                                       quoted_kid(f, KEY_ES256), ""));
        struct str body =
            token_b64(f->arena, token_payload(f->arena, NULL, NULL));

        assert_refused(f, token_join(f->arena, head, body, STR("")), KEY_ES256);
        assert_refused(f, token_join(f->arena, head, body, none), KEY_ES256);
        assert_refused(f, token_join(f->arena, head, none, none), KEY_ES256);
        assert_refused(f, token_join(f->arena, head, body, STR("")), KEY_HS256);
    }
}

static void typ_must_be_that_of_an_access_token_R8725_3_11(void **state)
{
    static const char *const types[] = {"\"JWT\"",
                                        "\"jwt\"",
                                        "\"at+JWT\"",
                                        "\"AT+JWT\"",
                                        "\"at\"",
                                        "\"application/at+jwt\"",
                                        "\"\"",
                                        "null",
                                        "1",
                                        "[\"at+jwt\"]",
                                        "\"at+jwt \"",
                                        "\"mfa+jwt\"",
                                        "\"step-up+jwt\"",
                                        "\"logout+jwt\"",
                                        "\"rt+jwt\""};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(types); i++) {
        struct str token = signed_under(
            f, KEY_ES256,
            header(f, "\"ES256\"", types[i], quoted_kid(f, KEY_ES256), ""));
        struct str kid;

        assert_refused(f, token, KEY_ES256);
        assert_int_equal(jwt_kid(f->arena, token, &kid),
                         ERR_ACCESS_TOKEN_INVALID);
    }
}

/* Every kid here must be turned away before any look-up. */
static void kid_is_never_more_than_a_thumbprint_A_9_1_3_R8725_3_10(void **state)
{
    static const char *const kids[] = {
        "\"\"",
        "null",
        "1",
        "[]",
        "{}",
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
        "\"AAAA\"",
        "\"../../../../../../../../etc/passwd\\u0000AAAAA\"",
        "\"/dev/null/././././././././././././././././\"",
        "\"' OR 1=1 -- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
        "\"https://evil.example/jwks.json/AAAAAAAAAAAA\"",
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"",
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\\u0000A\"",
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\xc3\xa9\"",
        "\"" KID43 "\",\"kid\":\"" KID43 "\"",
        "\"" KID43 "\",\"k\\u0069d\":\"" KID43 "\"",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(kids); i++) {
        struct str token = signed_under(
            f, KEY_ES256, header(f, "\"ES256\"", "\"at+jwt\"", kids[i], ""));
        struct str kid = STR("untouched");

        assert_int_equal(jwt_kid(f->arena, token, &kid),
                         ERR_ACCESS_TOKEN_INVALID);
        assert_true(str_eq(kid, STR("untouched")));
        assert_refused(f, token, KEY_ES256);
    }
}

static void kid_of_another_key_is_refused_R8725_3_8(void **state)
{
    struct fixture *f = *state;

    assert_refused(
        f,
        signed_under(f, KEY_ES256,
                     header(f, "\"ES256\"", "\"at+jwt\"", "\"" KID43 "\"", "")),
        KEY_ES256);
    assert_refused(f,
                   signed_under(f, KEY_ES256,
                                header(f, "\"ES256\"", "\"at+jwt\"",
                                       quoted_kid(f, KEY_RS256), "")),
                   KEY_ES256);
}

static void keys_and_options_from_the_header_are_refused_A_9_1_3(void **state)
{
    static const char *const more[] = {
        ",\"jku\":\"https://evil.example/jwks.json\"",
        ",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        ",\"jwk\":null",
        ",\"x5u\":\"file:///etc/passwd\"",
        ",\"x5c\":[\"AAAA\"]",
        ",\"crit\":[\"exp\"]",
        ",\"crit\":[]",
        ",\"crit\":null",
        ",\"b64\":false,\"crit\":[\"b64\"]",
        ",\"b64\":true",
        ",\"zip\":\"DEF\"",
        ",\"\\u006aku\":\"https://evil.example/\"",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(more); i++) {
        struct str token =
            signed_under(f, KEY_ES256,
                         header(f, "\"ES256\"", "\"at+jwt\"",
                                quoted_kid(f, KEY_ES256), more[i]));
        struct str kid;

        assert_refused(f, token, KEY_ES256);
        assert_int_equal(jwt_kid(f->arena, token, &kid),
                         ERR_ACCESS_TOKEN_INVALID);
    }
}

static void header_with_a_name_twice_is_refused_R7515_4(void **state)
{
    static const char *const more[] = {
        ",\"alg\":\"none\"",
        ",\"alg\":\"ES256\"",
        ",\"\\u0061lg\":\"none\"",
        ",\"typ\":\"JWT\"",
        ",\"typ\":\"at+jwt\"",
        ",\"x\":{\"a\":1,\"a\":1}",
        ",\"x\":1}{\"y\":1",
        ",",
        ",\"x\":NaN",
        ",\"x\":'y'",
        ",\"x\":\"\xff\"",
        ",\"x\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(more); i++)
        assert_refused(f,
                       signed_under(f, KEY_ES256,
                                    header(f, "\"ES256\"", "\"at+jwt\"",
                                           quoted_kid(f, KEY_ES256), more[i])),
                       KEY_ES256);
}

static void header_that_is_no_object_is_refused_R7515_4(void **state)
{
    static const char *const heads[] = {
        "{}", "[]", "null", "\"ES256\"", "1", "{", "\xef\xbb\xbf{}"};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(heads); i++) {
        assert_refused(f, signed_under(f, KEY_ES256, str_of(heads[i])),
                       KEY_ES256);
    }
}

static void outer_form_is_three_strict_parts_R7515_5_2(void **state)
{
    struct fixture *f = *state;
    struct str token = good(f, KEY_ES256);
    struct str rest = token;
    struct str h = str_cut(&rest, '.');
    struct str p = str_cut(&rest, '.');
    /* H, P and S stand for the parts, everything else for itself. */
    static const char *const forms[] = {
        "",         ".",         "..",        "...",
        "H",        "H.",        "H.P",       "H.P.",
        "H..S",     ".P.S",      ".H.P.S",    "H.P.S.",
        "H.P.S.S",  "H.P.S.H.P", "H..P.S",    " H.P.S",
        "H.P.S ",   "H.P.S\n",   "H .P.S",    "H. P.S",
        "H.P .S",   "H\t.P.S",   "H=.P.S",    "H.P=.S",
        "H.P.S=",   "H.P.S==",   "H.P.S+",    "H.P.S/",
        "HA.P.S",   "H.P.SA",    "S.P.H",     "P.H.S",
        "H,P,S",    "H.P.S;",    "\"H.P.S\"", "Bearer H.P.S",
        "H.P.S%00", "H.P.S#",    "H.P",       "H.P.S\xc3\xa9",
    };

    for (size_t i = 0; i < COUNT(forms); i++) {
        struct buf b = buf_new(f->arena);
        struct str text;

        for (const char *c = forms[i]; *c != '\0'; c++) {
            if (*c == 'H')
                buf_str(&b, h);
            else if (*c == 'P')
                buf_str(&b, p);
            else if (*c == 'S')
                buf_str(&b, rest);
            else
                buf_char(&b, *c);
        }
        assert_int_equal(buf_done(&b, &text), ERR_OK);
        assert_refused(f, text, KEY_ES256);
    }
    assert_refused(f, (struct str){NULL, 0}, KEY_ES256);
}

static void
unused_bits_of_the_last_character_must_be_zero_R7515_5_2(void **state)
{
    struct fixture *f = *state;
    struct str token = good(f, KEY_ES256);
    char *copy = arena_strdup(f->arena, token);
    struct str other = {copy, token.n};

    /* 64 bytes end in a character of which 4 bits are unused. */
    assert_non_null(copy);
    assert_true(strchr("AQgw", copy[token.n - 1]) != NULL);
    copy[token.n - 1]++;
    assert_refused(f, other, KEY_ES256);
}

static void flipped_bit_anywhere_is_refused_A_9_1_1_R8725_3_3(void **state)
{
    struct fixture *f = *state;

    for (size_t k = 0; k < KEY_ALG_COUNT; k++) {
        struct str token = good(f, (enum key_alg)k);
        char *copy = arena_strdup(f->arena, token);
        struct arena *each = arena_new(1 << 18);
        struct jwt_claims got;

        assert_non_null(copy);
        assert_non_null(each);
        for (size_t i = 0; i < token.n; i++) {
            copy[i] = (char)(token.p[i] ^ (1 << i % 8));
            assert_int_equal(jwt_verify(each, (struct str){copy, token.n},
                                        f->keys[k], &token_rules, &got),
                             ERR_ACCESS_TOKEN_INVALID);
            copy[i] = token.p[i];
            arena_reset(each);
        }
        arena_free(&each);
    }
}

static void truncated_token_is_refused_R8725_3_3(void **state)
{
    struct fixture *f = *state;
    struct str token = good(f, KEY_HS256);

    for (size_t n = 0; n < token.n; n++)
        assert_refused(f, (struct str){token.p, n}, KEY_HS256);
}

static void parts_of_two_tokens_do_not_mix_R8725_3_3(void **state)
{
    struct fixture *f = *state;
    struct str head = token_header(f->arena, f->keys[KEY_ES256]);
    struct str mine = good(f, KEY_ES256);
    struct str root =
        token_b64(f->arena, token_payload(f->arena, "sub", "\"root\""));
    struct str rest = mine;

    (void)str_cut(&rest, '.');
    (void)str_cut(&rest, '.');
    assert_refused(f,
                   token_join(f->arena, token_b64(f->arena, head), root, rest),
                   KEY_ES256);
}

static void signature_of_any_other_size_is_refused_R8725_3_4(void **state)
{
    static const size_t sizes[] = {1,   31,  32,  33,  63,   65,   66,
                                   70,  71,  72,  96,  132,  256,  383,
                                   385, 511, 512, 513, 4000, 21000};
    static const char bytes[21000] = {1};
    struct fixture *f = *state;

    for (size_t k = 0; k < KEY_ALG_COUNT; k++) {
        struct str head =
            token_b64(f->arena, token_header(f->arena, f->keys[k]));
        struct str body =
            token_b64(f->arena, token_payload(f->arena, NULL, NULL));

        for (size_t i = 0; i < COUNT(sizes); i++)
            assert_refused(
                f,
                token_join(f->arena, head, body,
                           token_b64(f->arena, (struct str){bytes, sizes[i]})),
                (enum key_alg)k);
    }
}

static void token_longer_than_we_look_at_is_refused(void **state)
{
    static char filler[6000];
    struct fixture *f = *state;
    struct str name = {NULL, 0};
    struct buf b = buf_new(f->arena);

    memset(filler, 'x', sizeof(filler));
    buf_char(&b, '"');
    buf_put(&b, filler, sizeof(filler));
    buf_char(&b, '"');
    assert_int_equal(buf_done(&b, &name), ERR_OK);
    assert_refused(f,
                   token_sign(f->arena, f->keys[KEY_ES256],
                              token_header(f->arena, f->keys[KEY_ES256]),
                              token_payload(f->arena, "x", name.p)),
                   KEY_ES256);
}

int main(void)
{
#define T(name) cmocka_unit_test_teardown(name, empty_arena)
    const struct CMUnitTest tests[] = {
        T(sound_tokens_pass),
        T(unknown_header_members_are_ignored),
        T(alg_must_be_the_keys_own_R8725_3_1_A_9_1_2),
        T(alg_of_another_key_kind_is_refused_R8725_3_1),
        T(hmac_with_our_public_key_is_refused_A_9_1_2),
        T(token_without_signature_is_refused_A_9_1_2),
        T(typ_must_be_that_of_an_access_token_R8725_3_11),
        T(kid_is_never_more_than_a_thumbprint_A_9_1_3_R8725_3_10),
        T(kid_of_another_key_is_refused_R8725_3_8),
        T(keys_and_options_from_the_header_are_refused_A_9_1_3),
        T(header_with_a_name_twice_is_refused_R7515_4),
        T(header_that_is_no_object_is_refused_R7515_4),
        T(outer_form_is_three_strict_parts_R7515_5_2),
        T(unused_bits_of_the_last_character_must_be_zero_R7515_5_2),
        T(flipped_bit_anywhere_is_refused_A_9_1_1_R8725_3_3),
        T(truncated_token_is_refused_R8725_3_3),
        T(parts_of_two_tokens_do_not_mix_R8725_3_3),
        T(signature_of_any_other_size_is_refused_R8725_3_4),
        T(token_longer_than_we_look_at_is_refused),
    };
#undef T

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
