/* SPDX-License-Identifier: MIT */
/* Claims of a wrong type in tokens that are truly signed: libjwt takes nearly
 * all of these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/secret.h"
#include "crypto_token.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define B64_ZERO "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct fixture {
    struct arena *arena;
    struct key *key;
};

static int set_up(void **state)
{
    static struct fixture f;

    f.arena = arena_new(1 << 22);
    *state = &f;
    return f.arena == NULL || key_generate(KEY_HS256, &f.key) != ERR_OK ? -1
                                                                        : 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    key_free(&f->key);
    arena_free(&f->arena);
    return 0;
}

static void assert_verdict(struct fixture *f, struct str payload, enum err e)
{
    struct jwt_claims got = {.ver = 77};
    struct str token =
        token_sign(f->arena, f->key, token_header(f->arena, f->key), payload);

    assert_int_equal(jwt_verify(f->arena, token, f->key, &token_rules, &got),
                     e);
    if (e != ERR_OK)
        assert_int_equal(got.ver, 77);
    arena_reset(f->arena);
}

static void wrong_value(struct fixture *f, const char *name, const char *json)
{
    assert_verdict(f, token_payload(f->arena, name, json),
                   ERR_ACCESS_TOKEN_INVALID);
}

static void numbers_are_plain_integers_R7519_4_1_4(void **state)
{
    static const char *const names[] = {"exp", "iat", "auth_time",
                                        "ver", "rti", "nbf"};
    static const char *const values[] = {
        "\"1700000890\"",
        "1700000890.0",
        "1700000890.5",
        "1.7e9",
        "1e99",
        "1E400",
        "-1",
        "-1700000890",
        "9007199254740993",
        "99999999999999999999",
        "9223372036854775808",
        "18446744073709551617",
        "01700000890",
        "+1700000890",
        "0x6553f100",
        "NaN",
        "Infinity",
        "null",
        "true",
        "[1700000890]",
        "{\"exp\":1700000890}",
        "\"\"",
    };

    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t j = 0; j < COUNT(values); j++)
            wrong_value(*state, names[i], values[j]);
    wrong_value(*state, "exp", "253402300800");
    wrong_value(*state, "iat", "253402300800");
}

static void needed_claims_must_be_there_R9068_2_2(void **state)
{
    static const char *const names[] = {
        "iss",       "aud", "sub",   "client_id", "sid", "jti", "iat", "exp",
        "auth_time", "amr", "roles", "groups",    "ver", "rth", "rti"};

    for (size_t i = 0; i < COUNT(names); i++)
        wrong_value(*state, names[i], NULL);
}

static void other_claims_need_not(void **state)
{
    static const char *const names[] = {"acr", "prh", "nbf", "unknown"};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(names); i++)
        assert_verdict(f, token_payload(f->arena, names[i], NULL), ERR_OK);
}

static void texts_are_strings_with_something_in_them_R8725_3_8(void **state)
{
    static const char *const names[] = {"iss", "aud", "sub", "client_id",
                                        "acr"};
    static const char *const values[] = {
        "\"\"",       "null", "1",           "true",          "[]",
        "[\"shop\"]", "{}",   "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"",
        "\"\xff\""};

    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t j = 0; j < COUNT(values); j++)
            wrong_value(*state, names[i], values[j]);
}

static void ids_and_digests_have_one_form(void **state)
{
    static const struct {
        const char *name, *json;
    } cases[] = {
        {"sid", "\"\""},
        {"sid", "1"},
        {"sid", "null"},
        {"sid", "\"0190a3f0111172228333444455556666\""},
        {"sid", "\"{0190a3f0-1111-7222-8333-444455556666}\""},
        {"sid", "\"0190a3f0-1111-7222-8333-44445555666g\""},
        {"jti", "\"0190a3f0-1111-7222-8333-4444555566667\""},
        {"jti", "\"0190a3f0-1111-7222-8333-44445555666\""},
        {"jti", "[\"0190a3f0-1111-7222-8333-444455556666\"]"},
        {"rth", "\"\""},
        {"rth", "null"},
        {"rth", "\"AAAA\""},
        {"rth", "\"" B64_ZERO "=\""},
        {"rth", "\"" B64_ZERO "A\""},
        {"rth", "\"" B64_ZERO B64_ZERO "\""},
        {"rth", "\"+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""},
        {"rth", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\""},
        {"prh", "\"\""},
        {"prh", "null"},
        {"prh", "\"AAAA\""},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        wrong_value(*state, cases[i].name, cases[i].json);
}

static void lists_hold_strings_only(void **state)
{
    static const char *const names[] = {"amr", "roles", "groups"};
    static const char *const values[] = {"null",
                                         "\"admin\"",
                                         "1",
                                         "{}",
                                         "[1]",
                                         "[null]",
                                         "[[]]",
                                         "[[\"admin\"]]",
                                         "[{}]",
                                         "[\"a\",1]",
                                         "[1,\"a\"]",
                                         "[\"a\",true]",
                                         "[\"a\",[\"b\"]]",
                                         "{\"0\":\"a\"}",
                                         "[\"\\\"\",1]",
                                         "[\"a\",null]",
                                         "[\"\\\\\",{}]"};

    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t j = 0; j < COUNT(values); j++)
            wrong_value(*state, names[i], values[j]);
}

static void good_lists_are_taken(void **state)
{
    static const char *const values[] = {"[]",
                                         "[ ]",
                                         "[\"\"]",
                                         "[ \"a\" , \"b\" ]",
                                         "[\"],[\",\"\\\"\"]",
                                         "[\"\\\\\"]",
                                         "[\"\\u005d\"]"};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(values); i++)
        assert_verdict(f, token_payload(f->arena, "roles", values[i]), ERR_OK);
}

static void payload_is_one_strict_object_R7515_4(void **state)
{
    static const char *const payloads[] = {
        " ",
        "{}",
        "[]",
        "null",
        "\"text\"",
        "1",
        "{",
        "{\"iss\":\"https://id.example\"",
        "{'iss':'x'}",
        "{}{}",
        "{}\n{}",
        "{/* */}",
        "\xef\xbb\xbf{}",
        "{\"a\":1,}",
    };
    static const char *const doubles[] = {
        "1700000890,\"exp\":9700000890",
        "9700000890,\"exp\":1700000890",
        "1700000890,\"\\u0065xp\":1700000890",
        "1700000890,\"x\":{\"a\":1,\"a\":2}",
        "1700000890,\"x\":\"\\ud800\"",
        "1700000890,\"x\\u0000\":1",
        "1700000890,\"__\":1e400",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(payloads); i++) {
        assert_verdict(f, str_of(payloads[i]), ERR_ACCESS_TOKEN_INVALID);
    }
    for (size_t i = 0; i < COUNT(doubles); i++)
        wrong_value(f, "exp", doubles[i]);
}

static void own_members_never_come_back_as_custom(void **state)
{
    struct fixture *f = *state;
    struct jwt_claims got;
    struct str payload = token_payload(
        f->arena, "plan", "[1.5],\"scope\":\"all\",\"act\":{},\"nbf\":1");
    struct str token =
        token_sign(f->arena, f->key, token_header(f->arena, f->key), payload);

    assert_int_equal(jwt_verify(f->arena, token, f->key, &token_rules, &got),
                     ERR_OK);
    assert_true(str_eq(got.custom, STR("{\"plan\":[1.5]}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_plain_integers_R7519_4_1_4),
        cmocka_unit_test(needed_claims_must_be_there_R9068_2_2),
        cmocka_unit_test(other_claims_need_not),
        cmocka_unit_test(texts_are_strings_with_something_in_them_R8725_3_8),
        cmocka_unit_test(ids_and_digests_have_one_form),
        cmocka_unit_test(lists_hold_strings_only),
        cmocka_unit_test(good_lists_are_taken),
        cmocka_unit_test(payload_is_one_strict_object_R7515_4),
        cmocka_unit_test(own_members_never_come_back_as_custom),
    };

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
