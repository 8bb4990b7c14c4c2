/* SPDX-License-Identifier: MIT */
/* The JSON writer: whatever goes in, strict JSON comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_scan.h"
#include "base/json_write.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void every_member_and_element_is_separated(void **state)
{
    struct arena *a = arena_new(4096);
    struct buf b = buf_new(a);
    struct json_out j = json_out(&b);
    const struct id id = {{1}};
    struct str text;

    (void)state;
    json_open(&j, NULL, '{');
    json_str(&j, "s", STR("x"));
    json_str(&j, "z", (struct str){NULL, 0});
    json_str(&j, "e", STR(""));
    json_int(&j, "i", INT64_MIN);
    json_bool(&j, "t", true);
    json_bool(&j, "f", false);
    json_null(&j, "n");
    json_open(&j, "a", '[');
    json_int(&j, NULL, 1);
    json_open(&j, NULL, '{');
    json_close(&j, '}');
    json_open(&j, NULL, '[');
    json_close(&j, ']');
    json_raw(&j, NULL, STR("{\"r\":1}"));
    json_close(&j, ']');
    json_id(&j, "id", &id);
    json_time(&j, "at", 1);
    json_time(&j, "never", 0);
    json_close(&j, '}');
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    assert_string_equal(
        text.p, "{\"s\":\"x\",\"z\":null,\"e\":\"\",\"i\":-9223372036854775808,"
                "\"t\":true,\"f\":false,\"n\":null,\"a\":[1,{},[],{\"r\":1}],"
                "\"id\":\"01000000-0000-0000-0000-000000000000\","
                "\"at\":\"1970-01-01T00:00:00.000001Z\",\"never\":null}");
    arena_free(&a);
}

static void A_1_2_1_text_is_escaped(void **state)
{
    static const struct {
        struct str in;
        const char *out;
    } cases[] = {
        {STR_INIT("plain /<>&'"), "plain /<>&'"},
        {STR_INIT("\xc3\xa9\xf0\x9f\x98\x80"), "\xc3\xa9\xf0\x9f\x98\x80"},
        {STR_INIT("\",\"admin\":true,\""), "\\\",\\\"admin\\\":true,\\\""},
        {STR_INIT("a\\"), "a\\\\"},
        {STR_INIT("\b\f\n\r\t"), "\\b\\f\\n\\r\\t"},
        {STR_INIT("\0\x1b\x1f\x7f"), "\\u0000\\u001b\\u001f\\u007f"},
        {STR_INIT("\xc2\x85"), "\\u0085"},
        {STR_INIT("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029"},
        {STR_INIT("\xff"), "\xef\xbf\xbd"},
        {STR_INIT("a\xc0\xaf"
                  "b"),
         "a\xef\xbf\xbd\xef\xbf\xbd"
         "b"},
        {STR_INIT("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {STR_INIT("x\xe2\x82"), "x\xef\xbf\xbd\xef\xbf\xbd"},
        {STR_INIT("\xff\n\xff"), "\xef\xbf\xbd\\n\xef\xbf\xbd"},
    };
    struct arena *a = arena_new((size_t)1 << 16);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = buf_new(a);
        struct json_out j = json_out(&b);
        struct str text;

        json_str(&j, NULL, cases[i].in);
        assert_int_equal(buf_done(&b, &text), ERR_OK);
        assert_true(
            str_eq((struct str){text.p + 1, text.n - 2}, str_of(cases[i].out)));
    }
    arena_free(&a);
}

static void A_1_2_3_every_pair_of_bytes_comes_out_strict(void **state)
{
    struct arena *a = arena_new((size_t)1 << 16);

    (void)state;
    for (unsigned v = 0; v < 0x10000; v++) {
        char in[] = {(char)(v >> 8), (char)(v & 0xff), '\0'};
        struct buf b = buf_new(a);
        struct json_out j = json_out(&b);
        struct str text;

        json_open(&j, NULL, '{');
        json_str(&j, in, STR("v"));
        json_str(&j, "key-of-its-own", (struct str){in, 2});
        json_close(&j, '}');
        assert_int_equal(buf_done(&b, &text), ERR_OK);
        /* NUL is written, but no reader of ours takes it. */
        bool nul = in[0] == '\0' || in[1] == '\0';

        assert_int_equal(json_scan(a, text, &json_limits_default),
                         nul ? ERR_MALFORMED_JSON : ERR_OK);
        arena_reset(a);
    }
    arena_free(&a);
}

static void failure_stays_in_the_buffer(void **state)
{
    struct arena *a = arena_new(16);
    struct buf b = buf_new(a);
    struct json_out j = json_out(&b);
    struct str text = {NULL, 0};

    (void)state;
    json_open(&j, NULL, '{');
    json_str(&j, "longer than the arena", STR("x"));
    json_close(&j, '}');
    assert_int_equal(buf_done(&b, &text), ERR_NO_MEMORY);
    assert_null(text.p);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_and_element_is_separated),
        cmocka_unit_test(A_1_2_1_text_is_escaped),
        cmocka_unit_test(A_1_2_3_every_pair_of_bytes_comes_out_strict),
        cmocka_unit_test(failure_stays_in_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
