/* SPDX-License-Identifier: MIT */
/* Hex and base64: one value, one text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/enc.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void hex_of_every_byte_and_back(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 256; v++) {
        uint8_t in = (uint8_t)v;
        uint8_t out = 0;
        char text[3];

        enc_hex(&in, 1, text);
        assert_true(strchr("0123456789abcdef", text[0]) != NULL);
        assert_true(enc_unhex(str_of(text), &out, 1));
        assert_int_equal(out, in);
    }
}

static void hex_text_is_lowercase(void **state)
{
    char text[7];

    (void)state;
    enc_hex((const uint8_t *)"\x00\x9f\xea", 3, text);
    assert_string_equal(text, "009fea");
    enc_hex(NULL, 0, text);
    assert_string_equal(text, "");
}

static void unhex_refuses_other_lengths_and_characters(void **state)
{
    static const struct {
        struct str text;
        size_t n;
        bool good;
    } cases[] = {
        {STR_INIT("00ff"), 2, true},     {STR_INIT("AbCd"), 2, true},
        {STR_INIT(""), 0, true},         {STR_INIT(""), 1, false},
        {STR_INIT("00f"), 2, false},     {STR_INIT("00f"), 1, false},
        {STR_INIT("00ff00"), 2, false},  {STR_INIT("00fg"), 2, false},
        {STR_INIT("00FG"), 2, false},    {STR_INIT("0x1f"), 2, false},
        {STR_INIT(" 0ff"), 2, false},    {STR_INIT("/0ff"), 2, false},
        {STR_INIT(":0ff"), 2, false},    {STR_INIT("@0ff"), 2, false},
        {STR_INIT("`0ff"), 2, false},    {STR_INIT("00f\0"), 2, false},
        {STR_INIT("00f\xe1"), 2, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t out[4];

        assert_int_equal(enc_unhex(cases[i].text, out, cases[i].n),
                         cases[i].good);
    }
}

static const struct {
    const char *bytes, *text;
} vectors[] = {
    /* RFC 4648 section 10 */
    {"", ""},
    {"f", "Zg"},
    {"fo", "Zm8"},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg"},
    {"fooba", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbe", "-_--"},
};

static void R4648_5_vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        size_t n = strlen(vectors[i].bytes);
        char text[16];
        uint8_t out[16];
        size_t out_n = 99;

        assert_int_equal(enc_b64url((const uint8_t *)vectors[i].bytes, n, text),
                         ENC_B64_LEN(n));
        assert_string_equal(text, vectors[i].text);
        assert_true(enc_unb64url(str_of(text), out, n, &out_n));
        assert_int_equal(out_n, n);
        assert_memory_equal(out, vectors[i].bytes, n);
    }
}

static void R4648_5_every_sextet(void **state)
{
    static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                              "wxyz0123456789-_";
    uint8_t out[48];
    char text[65];
    size_t n;

    (void)state;
    assert_true(enc_unb64url(STR(all), out, sizeof(out), &n));
    assert_int_equal(n, 48);
    assert_int_equal(enc_b64url(out, n, text), 64);
    assert_string_equal(text, all);
}

static void R4648_3_foreign_characters_are_refused(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        char text[4] = {'A', 'A', 'A', (char)c};
        uint8_t out[3];
        size_t n = 99;
        bool ours = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    (c >= '0' && c <= '9') || c == '-' || c == '_';

        assert_int_equal(enc_unb64url((struct str){text, 4}, out, 3, &n), ours);
        assert_int_equal(n, ours ? 3 : 99);
    }
}

static void R4648_3_5_second_texts_of_a_value_are_refused(void **state)
{
    static const struct str cases[] = {
        STR_INIT("A"),       STR_INIT("AAAAA"),    STR_INIT("Zh"),
        STR_INIT("Zm9"),     STR_INIT("Zm9vYh"),   STR_INIT("Zm9vYmF"),
        STR_INIT("Zg=="),    STR_INIT("Zm8="),     STR_INIT("Zg="),
        STR_INIT("="),       STR_INIT("===="),     STR_INIT("Zm9v\n"),
        STR_INIT(" Zm9v"),   STR_INIT("Zm 9v"),    STR_INIT("Zm9v\0"),
        STR_INIT("+/+/"),    STR_INIT("Zm9v."),    STR_INIT("Zm9v\r\n"),
        STR_INIT("Z\xc3m9"), STR_INIT("Zm9vZ==="),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t out[16];
        size_t n = 99;

        assert_false(enc_unb64url(cases[i], out, sizeof(out), &n));
        assert_int_equal(n, 99);
    }
}

static void unb64url_never_writes_past_cap(void **state)
{
    uint8_t out[4] = {0, 0, 0, 0xaa};
    size_t n = 99;

    (void)state;
    assert_false(enc_unb64url(STR("AAAA"), out, 2, &n));
    assert_false(enc_unb64url(STR("AAAAAA"), out, 3, &n));
    assert_false(enc_unb64url(STR("AA"), out, 0, &n));
    assert_int_equal(n, 99);
    assert_true(enc_unb64url(STR("AAAA"), out, 3, &n));
    assert_int_equal(out[3], 0xaa);
}

static void R4648_4_padded_vectors_both_ways(void **state)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"\xfb\xff\xbe", "+/++"},
        {"\xff\xff", "//8="},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t n = strlen(cases[i].bytes), out_n = 99;
        char text[16];
        uint8_t out[16];

        assert_int_equal(enc_b64((const uint8_t *)cases[i].bytes, n, text),
                         ENC_B64_PADDED_LEN(n));
        assert_string_equal(text, cases[i].text);
        assert_true(enc_unb64(str_of(text), out, n, &out_n));
        assert_int_equal(out_n, n);
        assert_memory_equal(out, cases[i].bytes, n);
    }
}

static void R4648_3_5_second_padded_texts_are_refused(void **state)
{
    static const struct str cases[] = {
        STR_INIT("Zg"),     STR_INIT("Zg="),      STR_INIT("Zg==="),
        STR_INIT("Z==="),   STR_INIT("===="),     STR_INIT("="),
        STR_INIT("Zh=="),   STR_INIT("Zm9="),     STR_INIT("-_-_"),
        STR_INIT("Zg==\n"), STR_INIT("Zg==Zg=="), STR_INIT("Z=g="),
        STR_INIT("Zm9v="),  STR_INIT("Zm 9"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t out[16];
        size_t n = 99;

        assert_false(enc_unb64(cases[i], out, sizeof(out), &n));
        assert_int_equal(n, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_of_every_byte_and_back),
        cmocka_unit_test(hex_text_is_lowercase),
        cmocka_unit_test(unhex_refuses_other_lengths_and_characters),
        cmocka_unit_test(R4648_5_vectors_both_ways),
        cmocka_unit_test(R4648_5_every_sextet),
        cmocka_unit_test(R4648_3_foreign_characters_are_refused),
        cmocka_unit_test(R4648_3_5_second_texts_of_a_value_are_refused),
        cmocka_unit_test(R4648_4_padded_vectors_both_ways),
        cmocka_unit_test(R4648_3_5_second_padded_texts_are_refused),
        cmocka_unit_test(unb64url_never_writes_past_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
