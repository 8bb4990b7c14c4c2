/* SPDX-License-Identifier: MIT */
/* Text: comparing, cutting, numbers and UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void of_null_is_empty(void **state)
{
    (void)state;
    assert_int_equal(str_of(NULL).n, 0);
    assert_null(str_of(NULL).p);
    assert_int_equal(str_of("abc").n, 3);
}

static void eq_compares_length_and_every_byte(void **state)
{
    static const struct {
        struct str a, b;
        bool same, nocase;
    } cases[] = {
        {STR_INIT("abc"), STR_INIT("abc"), true, true},
        {STR_INIT("abc"), STR_INIT("aBC"), false, true},
        {STR_INIT(""), {NULL, 0}, true, true},
        {STR_INIT("abc"), STR_INIT("abd"), false, false},
        {STR_INIT("abc"), STR_INIT("ab"), false, false},
        {STR_INIT("ab"), STR_INIT("abc"), false, false},
        {STR_INIT("a\0b"), STR_INIT("a\0c"), false, false},
        {STR_INIT("@"), STR_INIT("`"), false, false},
        {STR_INIT("["), STR_INIT("{"), false, false},
        /* KELVIN SIGN folds to k in Unicode only */
        {STR_INIT("\xe2\x84\xaa"), STR_INIT("k"), false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(str_eq(cases[i].a, cases[i].b), cases[i].same);
        assert_int_equal(str_eq_nocase(cases[i].a, cases[i].b),
                         cases[i].nocase);
    }
}

static void starts_refuses_longer_or_other_prefix(void **state)
{
    (void)state;
    assert_true(str_starts(STR("Bearer x"), STR("Bearer ")));
    assert_true(str_starts(STR("x"), STR("")));
    assert_false(str_starts(STR("Bear"), STR("Bearer ")));
    assert_false(str_starts(STR("bearer x"), STR("Bearer ")));
    assert_false(str_starts((struct str){NULL, 0}, STR("x")));
}

static void has_nocase_finds_inside_only(void **state)
{
    (void)state;
    assert_true(str_has_nocase(STR("xxGateHouse"), STR("gatehouse")));
    assert_true(str_has_nocase(STR("abc"), STR("")));
    assert_false(str_has_nocase(STR("gatehous"), STR("gatehouse")));
    assert_false(str_has_nocase(STR("gate house"), STR("gatehouse")));
    assert_false(str_has_nocase((struct str){NULL, 0}, STR("g")));
}

static void trim_takes_blanks_and_nothing_else(void **state)
{
    (void)state;
    assert_true(str_eq(str_trim(STR(" \t a b\t ")), STR("a b")));
    assert_true(str_eq(str_trim(STR(" \t ")), STR("")));
    assert_true(str_eq(str_trim(STR("\na\r")), STR("\na\r")));
    assert_true(str_eq(str_trim(STR("\xc2\xa0x")), STR("\xc2\xa0x")));
}

static void cut_walks_all_parts(void **state)
{
    struct str rest = STR("a..b");

    (void)state;
    assert_true(str_eq(str_cut(&rest, '.'), STR("a")));
    assert_true(str_eq(str_cut(&rest, '.'), STR("")));
    assert_non_null(rest.p);
    assert_true(str_eq(str_cut(&rest, '.'), STR("b")));
    assert_null(rest.p);
    assert_int_equal(str_cut(&rest, '.').n, 0);
    assert_null(rest.p);
    rest = STR("a.");
    assert_true(str_eq(str_cut(&rest, '.'), STR("a")));
    assert_non_null(rest.p);
    assert_int_equal(rest.n, 0);
}

static void uint_takes_only_the_one_text_of_a_number(void **state)
{
    static const struct {
        struct str text;
        uint64_t max;
        bool good;
        uint64_t value;
    } cases[] = {
        {STR_INIT("0"), 0, true, 0},
        {STR_INIT("9"), 9, true, 9},
        {STR_INIT("443"), 65535, true, 443},
        {STR_INIT("18446744073709551615"), UINT64_MAX, true, UINT64_MAX},
        {STR_INIT("18446744073709551616"), UINT64_MAX, false, 0},
        {STR_INIT("99999999999999999999999"), UINT64_MAX, false, 0},
        {STR_INIT("65536"), 65535, false, 0},
        {STR_INIT("1"), 0, false, 0},
        {STR_INIT("10"), 9, false, 0},
        {STR_INIT(""), 9, false, 0},
        {{NULL, 0}, 9, false, 0},
        {STR_INIT("00"), 9, false, 0},
        {STR_INIT("01"), 9, false, 0},
        {STR_INIT("+1"), 9, false, 0},
        {STR_INIT("-1"), 9, false, 0},
        {STR_INIT(" 1"), 9, false, 0},
        {STR_INIT("1 "), 9, false, 0},
        {STR_INIT("1\0"), 9, false, 0},
        {STR_INIT("0x1"), 99, false, 0},
        {STR_INIT("1e1"), 99, false, 0},
        {STR_INIT("\xd9\xa1"), 99, false, 0}, /* ARABIC-INDIC DIGIT ONE */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t v = 77;

        assert_int_equal(str_uint(cases[i].text, cases[i].max, &v),
                         cases[i].good);
        assert_true(v == (cases[i].good ? cases[i].value : 77));
    }
}

static void utf8_is_that_of_rfc_3629(void **state)
{
    static const struct {
        struct str text;
        bool good;
    } cases[] = {
        {STR_INIT(""), true},
        {STR_INIT("abc\0\x7f"), true},
        {STR_INIT("\xc2\x80\xdf\xbf"), true},
        {STR_INIT("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"), true},
        {STR_INIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true},
        {STR_INIT("\x80"), false},
        {STR_INIT("\xbf"), false},
        {STR_INIT("\xc0\x80"), false},         /* overlong NUL */
        {STR_INIT("\xc1\xbf"), false},         /* overlong */
        {STR_INIT("\xe0\x9f\xbf"), false},     /* overlong */
        {STR_INIT("\xf0\x8f\xbf\xbf"), false}, /* overlong */
        {STR_INIT("\xed\xa0\x80"), false},     /* U+D800 */
        {STR_INIT("\xed\xbf\xbf"), false},     /* U+DFFF */
        {STR_INIT("\xf4\x90\x80\x80"), false}, /* U+110000 */
        {STR_INIT("\xf5\x80\x80\x80"), false},
        {STR_INIT("\xf8\x88\x80\x80\x80"), false},
        {STR_INIT("\xff"), false},
        {STR_INIT("\xfe"), false},
        {STR_INIT("\xc2"), false},
        {STR_INIT("\xe2\x82"), false},
        {STR_INIT("\xf0\x9f\x98"), false},
        {STR_INIT("\xc2\x41"), false},
        {STR_INIT("\xe2\x82\x41"), false},
        {STR_INIT("\xf0\x9f\x98\xc0"), false},
        {STR_INIT("ok\xc3"), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(str_utf8(cases[i].text), cases[i].good);
}

static void utf8_next_decodes_or_leaves_cp_alone(void **state)
{
    uint32_t cp = 7;

    (void)state;
    assert_int_equal(str_utf8_next(STR(""), &cp), 0);
    assert_int_equal(str_utf8_next(STR("\xc0\x80"), &cp), 0);
    assert_int_equal(str_utf8_next(STR("\xe2\x82"), &cp), 0);
    assert_int_equal(cp, 7);
    assert_int_equal(str_utf8_next(STR("ab"), &cp), 1);
    assert_int_equal(cp, 'a');
    assert_int_equal(str_utf8_next(STR("\xc3\xa4z"), &cp), 2);
    assert_int_equal(cp, 0xe4);
    assert_int_equal(str_utf8_next(STR("\xe2\x82\xac"), &cp), 3);
    assert_int_equal(cp, 0x20ac);
    assert_int_equal(str_utf8_next(STR("\xf0\x9f\x98\x80"), &cp), 4);
    assert_int_equal(cp, 0x1f600);
}

static void a_word_is_found_whole_among_others(void **state)
{
    static const struct {
        struct str words, word;
        bool has;
    } cases[] = {
        {STR_INIT("a"), STR_INIT("a"), true},
        {STR_INIT("ab a"), STR_INIT("a"), true},
        {STR_INIT("b ab c"), STR_INIT("ab"), true},
        {STR_INIT("ab"), STR_INIT("a"), false},
        {STR_INIT("ab"), STR_INIT("abc"), false},
        {STR_INIT("a b"), STR_INIT("a b"), false},
        {STR_INIT("A"), STR_INIT("a"), false},
        {STR_INIT(""), STR_INIT("a"), false},
        {STR_INIT(""), STR_INIT(""), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(str_has_word(cases[i].words, cases[i].word),
                         cases[i].has);
    assert_false(str_has_word((struct str){NULL, 0}, STR("a")));
}

static void A_16_4_1_every_control_is_seen(void **state)
{
    static const struct {
        struct str text;
        bool control;
    } cases[] = {
        {STR_INIT(""), false},
        {STR_INIT("Zo\xc3\xab ~"), false},
        {STR_INIT("\xc2\xa0\xe2\x80\xa7\xe2\x80\xaa"), false},
        {STR_INIT("a\0"), true},
        {STR_INIT("a\rb"), true},
        {STR_INIT("a\nb"), true},
        {STR_INIT("a\tb"), true},
        {STR_INIT("a\x1b[2J"), true},
        {STR_INIT("\x1f"), true},
        {STR_INIT("\x7f"), true},
        {STR_INIT("\xc2\x80"), true},
        {STR_INIT("\xc2\x85"), true},
        {STR_INIT("\xc2\x9f"), true},
        {STR_INIT("x\xe2\x80\xa8"), true},
        {STR_INIT("x\xe2\x80\xa9"), true},
        {STR_INIT("\xff\n"), true}, /* behind a byte that is not UTF-8 */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(str_has_control(cases[i].text), cases[i].control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_null_is_empty),
        cmocka_unit_test(eq_compares_length_and_every_byte),
        cmocka_unit_test(starts_refuses_longer_or_other_prefix),
        cmocka_unit_test(has_nocase_finds_inside_only),
        cmocka_unit_test(trim_takes_blanks_and_nothing_else),
        cmocka_unit_test(cut_walks_all_parts),
        cmocka_unit_test(a_word_is_found_whole_among_others),
        cmocka_unit_test(uint_takes_only_the_one_text_of_a_number),
        cmocka_unit_test(utf8_is_that_of_rfc_3629),
        cmocka_unit_test(utf8_next_decodes_or_leaves_cp_alone),
        cmocka_unit_test(A_16_4_1_every_control_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
