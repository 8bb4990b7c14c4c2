/* SPDX-License-Identifier: MIT */
/* The strict JSON judge: what every parser behind it must never see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ARENA ((size_t)1 << 20)

struct json_case {
    const char *name;
    struct str text;
};

static const struct json_case good[] = {
    {"R8259_2 empty object", STR_INIT("{}")},
    {"R8259_2 white space all around", STR_INIT(" \t\r\n{ \"a\" : [ ] } \r\n")},
    {"R8259_2 every kind of value",
     STR_INIT("{\"a\":\"x\",\"b\":1,\"c\":true,\"d\":false,\"e\":null,\"f\":{},"
              "\"g\":[1,\"2\",[],{}]}")},
    {"R8259_2 every escape",
     STR_INIT("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}")},
    {"R8259_2 escapes of text", STR_INIT("{\"a\":\"\\u00e9\\u20AC\"}")},
    {"R8259_2 numbers",
     STR_INIT("{\"a\":[0,-0,10,-1,0.5,-0.0,1e3,1E+3,1e-3,12.5e1]}")},
    {"R8259_2 very small numbers", STR_INIT("{\"a\":1e-400}")},
    {"R8259_2 empty key", STR_INIT("{\"\":1}")},
    {"R8259_2 raw text", STR_INIT("{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\x7f\"}")},
    {"R7493_2_3 same key in other objects",
     STR_INIT("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1},\"c\":[{\"a\":1},"
              "{\"a\":1}]}")},
    {"R7493_2_3 keys of other case", STR_INIT("{\"a\":1,\"A\":2}")},
    {"R7493_2_3 keys of other normal form",
     STR_INIT("{\"\xc3\xa9\":1,\"e\\u0301\":2}")},
    {"R7493_2_3 longest integers",
     STR_INIT("{\"a\":[9007199254740991,-9007199254740991]}")},
    {"R7493_2_1 a whole surrogate pair",
     STR_INIT("{\"a\":\"\\ud83d\\ude00\"}")},
    {"R7493_2_1 last code point but noncharacters",
     STR_INIT("{\"a\":\"\\udbff\\udffd\"}")},
};

static const struct json_case bad[] = {
    {"R8259_2 nothing", STR_INIT("")},
    {"R8259_2 NULL", {NULL, 0}},
    {"R8259_2 blank", STR_INIT(" \n ")},
    {"R8259_2 top-level array", STR_INIT("[]")},
    {"R8259_2 top-level array of an object", STR_INIT("[{}]")},
    {"R8259_2 top-level string", STR_INIT("\"a\"")},
    {"R8259_2 top-level number", STR_INIT("1")},
    {"R8259_2 top-level null", STR_INIT("null")},
    {"R8259_2 top-level true", STR_INIT("true")},
    {"R8259_2 byte order mark", STR_INIT("\xef\xbb\xbf{}")},
    {"R8259_2 UTF-16 little endian", STR_INIT("\xff\xfe{\0}\0")},
    {"R8259_2 UTF-16 without mark", STR_INIT("{\0}\0")},
    {"R8259_2 trailing byte", STR_INIT("{}x")},
    {"R8259_2 trailing comma", STR_INIT("{},")},
    {"R8259_2 trailing object", STR_INIT("{}{}")},
    {"R8259_2 trailing brace", STR_INIT("{}}")},
    {"R8259_2 trailing NUL", STR_INIT("{}\0")},
    {"R8259_2 trailing byte order mark", STR_INIT("{}\xef\xbb\xbf")},
    {"R8259_2 trailing comment", STR_INIT("{}//")},
    {"R8259_2 leading NUL", STR_INIT("\0{}")},
    {"R8259_2 comment", STR_INIT("{/**/}")},
    {"R8259_2 hash comment", STR_INIT("{#\n}")},
    {"R8259_2 line comment", STR_INIT("{\"a\":1//\n}")},
    {"R8259_2 form feed as space", STR_INIT("{\f}")},
    {"R8259_2 vertical tab as space", STR_INIT("\v{}")},
    {"R8259_2 no-break space", STR_INIT("{\xc2\xa0}")},
    {"R8259_2 open", STR_INIT("{")},
    {"R8259_2 open after key", STR_INIT("{\"a\"")},
    {"R8259_2 open after colon", STR_INIT("{\"a\":")},
    {"R8259_2 open after value", STR_INIT("{\"a\":1")},
    {"R8259_2 open after comma", STR_INIT("{\"a\":1,")},
    {"R8259_2 open array", STR_INIT("{\"a\":[")},
    {"R8259_2 open string", STR_INIT("{\"a\":\"b")},
    {"R8259_2 open key", STR_INIT("{\"a")},
    {"R8259_2 open escape", STR_INIT("{\"a\":\"\\")},
    {"R8259_2 open unicode escape", STR_INIT("{\"a\":\"\\u00")},
    {"R8259_2 open word", STR_INIT("{\"a\":tru")},
    {"R8259_2 array closed by brace", STR_INIT("{\"a\":[}")},
    {"R8259_2 object closed by bracket", STR_INIT("{\"a\":1]")},
    {"R8259_2 crossed brackets", STR_INIT("{\"a\":[1}]")},
    {"R8259_2 comma before end of object", STR_INIT("{\"a\":1,}")},
    {"R8259_2 comma before end of array", STR_INIT("{\"a\":[1,]}")},
    {"R8259_2 comma alone in object", STR_INIT("{,}")},
    {"R8259_2 comma alone in array", STR_INIT("{\"a\":[,]}")},
    {"R8259_2 comma first", STR_INIT("{,\"a\":1}")},
    {"R8259_2 two commas", STR_INIT("{\"a\":1,,\"b\":2}")},
    {"R8259_2 two commas in array", STR_INIT("{\"a\":[1,,2]}")},
    {"R8259_2 no comma", STR_INIT("{\"a\":1 \"b\":2}")},
    {"R8259_2 no comma in array", STR_INIT("{\"a\":[1 2]}")},
    {"R8259_2 no colon", STR_INIT("{\"a\" 1}")},
    {"R8259_2 two colons", STR_INIT("{\"a\"::1}")},
    {"R8259_2 equals sign", STR_INIT("{\"a\"=1}")},
    {"R8259_2 colon in array", STR_INIT("{\"a\":[\"b\":1]}")},
    {"R8259_2 no value", STR_INIT("{\"a\":}")},
    {"R8259_2 value without key", STR_INIT("{:1}")},
    {"R8259_2 string without value", STR_INIT("{\"a\"}")},
    {"R8259_2 bare key", STR_INIT("{a:1}")},
    {"R8259_2 number as key", STR_INIT("{1:1}")},
    {"R8259_2 null as key", STR_INIT("{null:1}")},
    {"R8259_2 object as key", STR_INIT("{{}:1}")},
    {"R8259_2 single quotes", STR_INIT("{'a':1}")},
    {"R8259_2 single quotes in value", STR_INIT("{\"a\":'b'}")},
    {"R8259_2 back quotes", STR_INIT("{\"a\":`b`}")},
    {"R8259_2 bare value", STR_INIT("{\"a\":b}")},
    {"R8259_2 NaN", STR_INIT("{\"a\":NaN}")},
    {"R8259_2 nan", STR_INIT("{\"a\":nan}")},
    {"R8259_2 Infinity", STR_INIT("{\"a\":Infinity}")},
    {"R8259_2 minus Infinity", STR_INIT("{\"a\":-Infinity}")},
    {"R8259_2 inf", STR_INIT("{\"a\":inf}")},
    {"R8259_2 undefined", STR_INIT("{\"a\":undefined}")},
    {"R8259_2 True", STR_INIT("{\"a\":True}")},
    {"R8259_2 NULL word", STR_INIT("{\"a\":NULL}")},
    {"R8259_2 word with a tail", STR_INIT("{\"a\":nullx}")},
    {"R8259_2 word twice", STR_INIT("{\"a\":truetrue}")},
    {"R8259_2 leading zero", STR_INIT("{\"a\":01}")},
    {"R8259_2 two zeros", STR_INIT("{\"a\":00}")},
    {"R8259_2 negative leading zero", STR_INIT("{\"a\":-01}")},
    {"R8259_2 leading plus", STR_INIT("{\"a\":+1}")},
    {"R8259_2 minus alone", STR_INIT("{\"a\":-}")},
    {"R8259_2 two minus", STR_INIT("{\"a\":--1}")},
    {"R8259_2 minus apart", STR_INIT("{\"a\":- 1}")},
    {"R8259_2 no digit before point", STR_INIT("{\"a\":.5}")},
    {"R8259_2 no digit behind point", STR_INIT("{\"a\":1.}")},
    {"R8259_2 no digit between point and e", STR_INIT("{\"a\":1.e1}")},
    {"R8259_2 no exponent", STR_INIT("{\"a\":1e}")},
    {"R8259_2 sign without exponent", STR_INIT("{\"a\":1e+}")},
    {"R8259_2 fraction in exponent", STR_INIT("{\"a\":1e1.5}")},
    {"R8259_2 two points", STR_INIT("{\"a\":1.2.3}")},
    {"R8259_2 hexadecimal", STR_INIT("{\"a\":0x10}")},
    {"R8259_2 underscore", STR_INIT("{\"a\":1_000}")},
    {"R8259_2 suffix", STR_INIT("{\"a\":1n}")},
    {"R8259_2 decimal comma", STR_INIT("{\"a\":1,5}")},
    {"R8259_2 full-width digit", STR_INIT("{\"a\":\xef\xbc\x91}")},
    {"R8259_7 raw newline in string", STR_INIT("{\"a\":\"b\nc\"}")},
    {"R8259_7 raw tab in string", STR_INIT("{\"a\":\"b\tc\"}")},
    {"R8259_7 raw unit separator", STR_INIT("{\"a\":\"\x1f\"}")},
    {"R8259_7 raw NUL in string", STR_INIT("{\"a\":\"b\0c\"}")},
    {"R8259_7 raw NUL in key", STR_INIT("{\"a\0\":1}")},
    {"R8259_7 raw newline in key", STR_INIT("{\"a\n\":1}")},
    {"R8259_7 unknown escape", STR_INIT("{\"a\":\"\\x41\"}")},
    {"R8259_7 escaped apostrophe", STR_INIT("{\"a\":\"\\'\"}")},
    {"R8259_7 capital U", STR_INIT("{\"a\":\"\\U0041\"}")},
    {"R8259_7 octal escape", STR_INIT("{\"a\":\"\\101\"}")},
    {"R8259_7 escaped NUL byte", STR_INIT("{\"a\":\"\\\0\"}")},
    {"R8259_7 escaped line end", STR_INIT("{\"a\":\"\\\n\"}")},
    {"R8259_7 three hex digits", STR_INIT("{\"a\":\"\\u041\"}")},
    {"R8259_7 no hex digit", STR_INIT("{\"a\":\"\\u00g1\"}")},
    {"R8259_7 sign in hex", STR_INIT("{\"a\":\"\\u+041\"}")},
    {"A_1_5_3 NUL escape in value", STR_INIT("{\"a\":\"\\u0000\"}")},
    {"A_1_5_3 NUL escape in key", STR_INIT("{\"a\\u0000b\":1}")},
    {"A_1_5_3 NUL escape behind text", STR_INIT("{\"admin\\u0000\":1}")},
    {"R7493_2_1 lone high surrogate", STR_INIT("{\"a\":\"\\ud800\"}")},
    {"R7493_2_1 lone low surrogate", STR_INIT("{\"a\":\"\\udc00\"}")},
    {"R7493_2_1 lone surrogate in key", STR_INIT("{\"\\ud800\":1}")},
    {"R7493_2_1 high surrogate and text", STR_INIT("{\"a\":\"\\ud800x\"}")},
    {"R7493_2_1 high surrogate and escape", STR_INIT("{\"a\":\"\\ud800\\n\"}")},
    {"R7493_2_1 high surrogate and letter",
     STR_INIT("{\"a\":\"\\ud800\\u0041\"}")},
    {"R7493_2_1 two high surrogates", STR_INIT("{\"a\":\"\\ud800\\ud800\"}")},
    {"R7493_2_1 pair the wrong way", STR_INIT("{\"a\":\"\\ude00\\ud83d\"}")},
    {"R7493_2_1 half a low surrogate", STR_INIT("{\"a\":\"\\ud83d\\ude\"}")},
    {"R7493_2_1 raw surrogate", STR_INIT("{\"a\":\"\xed\xa0\x80\"}")},
    {"R7493_2_1 raw pair (CESU-8)",
     STR_INIT("{\"a\":\"\xed\xa0\xbd\xed\xb8\x80\"}")},
    {"R7493_2_1 escaped high, raw low",
     STR_INIT("{\"a\":\"\\ud83d\xed\xb8\x80\"}")},
    {"R7493_2_1 noncharacter", STR_INIT("{\"a\":\"\\uffff\"}")},
    {"R7493_2_1 raw noncharacter", STR_INIT("{\"a\":\"\xef\xb7\x90\"}")},
    {"R7493_2_1 noncharacter of a far plane",
     STR_INIT("{\"a\":\"\\udbff\\udfff\"}")},
    {"R8259_8_1 overlong slash", STR_INIT("{\"a\":\"\xc0\xaf\"}")},
    {"R8259_8_1 overlong NUL", STR_INIT("{\"a\":\"\xc0\x80\"}")},
    {"R8259_8_1 overlong of three", STR_INIT("{\"a\":\"\xe0\x80\xaf\"}")},
    {"R8259_8_1 overlong of four", STR_INIT("{\"a\":\"\xf0\x80\x80\xaf\"}")},
    {"R8259_8_1 overlong quote", STR_INIT("{\"a\":\"\xc0\xa2}")},
    {"R8259_8_1 above U+10FFFF", STR_INIT("{\"a\":\"\xf4\x90\x80\x80\"}")},
    {"R8259_8_1 lone continuation", STR_INIT("{\"a\":\"\x80\"}")},
    {"R8259_8_1 broken sequence", STR_INIT("{\"a\":\"\xe2\x82\"}")},
    {"R8259_8_1 Latin-1", STR_INIT("{\"a\":\"\xe9\"}")},
    {"R8259_8_1 invalid in key", STR_INIT("{\"\xff\":1}")},
    {"R8259_8_1 cut sequence at the end", STR_INIT("{\"a\":\"\xe2")},
    {"R7493_2_3 duplicate key", STR_INIT("{\"a\":1,\"a\":2}")},
    {"R7493_2_3 same duplicate", STR_INIT("{\"a\":1,\"a\":1}")},
    {"R7493_2_3 duplicate far apart", STR_INIT("{\"a\":1,\"b\":{},\"a\":2}")},
    {"R7493_2_3 duplicate empty key", STR_INIT("{\"\":1,\"\":2}")},
    {"R7493_2_3 duplicate inside", STR_INIT("{\"x\":{\"a\":1,\"a\":2}}")},
    {"R7493_2_3 duplicate in array", STR_INIT("{\"x\":[{\"a\":1,\"a\":2}]}")},
    {"R7493_2_3 duplicate behind an inner object",
     STR_INIT("{\"a\":{\"b\":1},\"c\":{\"a\":1},\"a\":2}")},
    {"R7493_2_3 duplicate by escape", STR_INIT("{\"a\":1,\"\\u0061\":2}")},
    {"R7493_2_3 duplicate by escape first",
     STR_INIT("{\"\\u0061\":1,\"a\":2}")},
    {"R7493_2_3 duplicate by two escapes",
     STR_INIT("{\"\\u00e9\":1,\"\\u00E9\":2}")},
    {"R7493_2_3 duplicate by part escape",
     STR_INIT("{\"role\":1,\"ro\\u006ce\":2}")},
    {"R7493_2_3 duplicate by escape of two bytes",
     STR_INIT("{\"\xc3\xa9\":1,\"\\u00e9\":2}")},
    {"R7493_2_3 duplicate by escape of three bytes",
     STR_INIT("{\"\xe2\x82\xac\":1,\"\\u20ac\":2}")},
    {"R7493_2_3 duplicate by surrogate pair",
     STR_INIT("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}")},
    {"R7493_2_3 duplicate by short escape",
     STR_INIT("{\"a\\/b\":1,\"a/b\":2}")},
    {"R7493_2_3 duplicate by line end", STR_INIT("{\"\\n\":1,\"\\u000a\":2}")},
    {"R7515_4 duplicate header name",
     STR_INIT("{\"alg\":\"ES256\",\"alg\":\"none\"}")},
    {"R7493_2_2 2^53", STR_INIT("{\"a\":9007199254740992}")},
    {"R7493_2_2 -2^53", STR_INIT("{\"a\":-9007199254740992}")},
    {"R7493_2_2 2^53 + 1", STR_INIT("{\"a\":9007199254740993}")},
    {"R7493_2_2 2^63", STR_INIT("{\"a\":9223372036854775808}")},
    {"R7493_2_2 2^64", STR_INIT("{\"a\":18446744073709551616}")},
    {"R7493_2_2 thirty digits",
     STR_INIT("{\"a\":100000000000000000000000000000}")},
    {"R7493_2_2 beyond double", STR_INIT("{\"a\":1e309}")},
    {"R7493_2_2 far beyond double", STR_INIT("{\"a\":1.5E99999999}")},
    {"R7493_2_2 negative beyond double", STR_INIT("{\"a\":-1e400}")},
};

static enum err scan(struct str text, size_t memory)
{
    struct arena *a = arena_new(memory);
    /* Exact heap copy: reading one byte too far is seen by the sanitizer. */
    char *copy = test_malloc(text.n + (text.n == 0));

    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    enum err e =
        json_scan(a, (struct str){text.p == NULL ? NULL : copy, text.n},
                  &json_limits_default);

    test_free(copy);
    arena_free(&a);
    return e;
}

static void R8259_2_strict_text_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        if (scan(good[i].text, ARENA) != ERR_OK)
            fail_msg("%s: refused", good[i].name);
}

static void A_1_5_3_anything_else_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (scan(bad[i].text, ARENA) != ERR_MALFORMED_JSON)
            fail_msg("%s: not refused", bad[i].name);
}

static void R8259_2_no_beginning_of_a_text_is_a_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct str all = str_trim(good[i].text);

        while (all.n > 0 && all.p[all.n - 1] != '}')
            all.n--;
        for (size_t n = 0; n < all.n; n++)
            assert_int_equal(scan((struct str){all.p, n}, ARENA),
                             ERR_MALFORMED_JSON);
    }
}

/* {"a": and then times - 1 brackets and their ends. */
static struct str nested(char *out, size_t times, const char *open, char close)
{
    size_t n = 0;

    n += (size_t)sprintf(out, "{\"a\":");
    for (size_t i = 1; i < times; i++)
        n += (size_t)sprintf(out + n, "%s", open);
    if (open[0] == '{')
        out[n++] = '1';
    for (size_t i = 1; i < times; i++)
        out[n++] = close;
    out[n++] = '}';
    return (struct str){out, n};
}

static void JSON_LIM_depth_16_is_taken_and_17_is_not(void **state)
{
    static char text[400000];

    (void)state;
    assert_int_equal(scan(nested(text, 16, "[", ']'), ARENA), ERR_OK);
    assert_int_equal(scan(nested(text, 16, "{\"a\":", '}'), ARENA), ERR_OK);
    assert_int_equal(scan(nested(text, 17, "[", ']'), ARENA),
                     ERR_MALFORMED_JSON);
    assert_int_equal(scan(nested(text, 17, "{\"a\":", '}'), ARENA),
                     ERR_MALFORMED_JSON);
    assert_int_equal(scan(nested(text, 60000, "[", ']'), ARENA),
                     ERR_MALFORMED_JSON);
    assert_int_equal(scan(nested(text, 60000, "{\"a\":", '}'), ARENA),
                     ERR_MALFORMED_JSON);
}

static struct str members(char *out, size_t count)
{
    size_t n = 0;

    out[n++] = '{';
    for (size_t i = 0; i < count; i++)
        n +=
            (size_t)sprintf(out + n, "%s\"k%zu\":%zu", i == 0 ? "" : ",", i, i);
    out[n++] = '}';
    return (struct str){out, n};
}

static struct str elements(char *out, size_t count)
{
    size_t n = (size_t)sprintf(out, "{\"a\":[");

    for (size_t i = 0; i < count; i++)
        n += (size_t)sprintf(out + n, "%s0", i == 0 ? "" : ",");
    n += (size_t)sprintf(out + n, "]}");
    return (struct str){out, n};
}

static void JSON_LIM_64_keys_are_taken_and_65_are_not(void **state)
{
    static char text[400000];

    (void)state;
    assert_int_equal(scan(members(text, 64), ARENA), ERR_OK);
    assert_int_equal(scan(elements(text, 64), ARENA), ERR_OK);
    assert_int_equal(scan(members(text, 65), ARENA), ERR_MALFORMED_JSON);
    assert_int_equal(scan(elements(text, 65), ARENA), ERR_MALFORMED_JSON);
    assert_int_equal(scan(members(text, 10000), ARENA), ERR_MALFORMED_JSON);
    assert_int_equal(scan(elements(text, 10000), ARENA), ERR_MALFORMED_JSON);
}

static void JSON_LIM_duplicate_is_found_among_many(void **state)
{
    static char text[400000];
    const struct json_limits wide = {2, 10001, 16};
    struct arena *a = arena_new(8 * ARENA);
    struct str all = members(text, 10000);

    (void)state;
    assert_int_equal(json_scan(a, all, &wide), ERR_OK);
    all.n += (size_t)sprintf(text + all.n - 1, ",\"k5000\":1}") - 1;
    assert_int_equal(json_scan(a, all, &wide), ERR_MALFORMED_JSON);
    arena_free(&a);
}

static struct str long_string(char *out, size_t n, bool key)
{
    size_t at = (size_t)sprintf(out, key ? "{\"" : "{\"a\":\"");

    memset(out + at, 'x', n);
    at += n;
    at += (size_t)sprintf(out + at, key ? "\":1}" : "\"}");
    return (struct str){out, at};
}

static void
JSON_LIM_8192_byte_strings_are_taken_and_longer_are_not(void **state)
{
    static char text[9000];

    (void)state;
    for (int key = 0; key < 2; key++) {
        assert_int_equal(scan(long_string(text, 8192, key), ARENA), ERR_OK);
        assert_int_equal(scan(long_string(text, 8193, key), ARENA),
                         ERR_MALFORMED_JSON);
    }
}

static void JSON_LIM_long_numbers_are_refused(void **state)
{
    char text[256];
    int n = snprintf(text, sizeof(text), "{\"a\":0.%0125d1}", 0);

    (void)state;
    assert_int_equal(scan((struct str){text, (size_t)n}, ARENA), ERR_OK);
    n = snprintf(text, sizeof(text), "{\"a\":0.%0126d1}", 0);
    assert_int_equal(scan((struct str){text, (size_t)n}, ARENA),
                     ERR_MALFORMED_JSON);
}

static void no_memory_is_told_apart_at_every_size(void **state)
{
    static const struct str text = STR_INIT("{\"\\u0061\":{\"b\":[1]}}");
    size_t memory = 0;

    (void)state;
    while (memory < ARENA && scan(text, memory) != ERR_OK)
        assert_int_equal(scan(text, memory++), ERR_NO_MEMORY);
    assert_in_range(memory, 1, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R8259_2_strict_text_is_taken),
        cmocka_unit_test(A_1_5_3_anything_else_is_refused),
        cmocka_unit_test(R8259_2_no_beginning_of_a_text_is_a_text),
        cmocka_unit_test(JSON_LIM_depth_16_is_taken_and_17_is_not),
        cmocka_unit_test(JSON_LIM_64_keys_are_taken_and_65_are_not),
        cmocka_unit_test(JSON_LIM_duplicate_is_found_among_many),
        cmocka_unit_test(
            JSON_LIM_8192_byte_strings_are_taken_and_longer_are_not),
        cmocka_unit_test(JSON_LIM_long_numbers_are_refused),
        cmocka_unit_test(no_memory_is_told_apart_at_every_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
