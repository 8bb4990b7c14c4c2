/* SPDX-License-Identifier: MIT */
/* Unicode forms and the comparable form of addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/normal.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN

static int set_up(void **state)
{
    *state = arena_new(1 << 20);
    return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    struct arena *a = *state;

    arena_free(&a);
    return 0;
}

static void assert_text(struct str got, struct str wanted)
{
    assert_int_equal(got.n, wanted.n);
    assert_memory_equal(got.p, wanted.p, wanted.n);
}

static void nfc_composes_and_changes_nothing_else_A_6_2_8(void **state)
{
    static const struct {
        struct str in, out;
    } cases[] = {
        {STR_INIT(""), STR_INIT("")},
        {STR_INIT("Pass Word "), STR_INIT("Pass Word ")},
        {STR_INIT(" a\0b"), STR_INIT(" a\0b")},
        {STR_INIT("e\xcc\x81"), STR_INIT("\xc3\xa9")},
        {STR_INIT("\xc3\xa9"), STR_INIT("\xc3\xa9")},
        /* ANGSTROM SIGN becomes A WITH RING */
        {STR_INIT("\xe2\x84\xab"), STR_INIT("\xc3\x85")},
        /* the ligature stays: NFC is not NFKC */
        {STR_INIT("\xef\xac\x81 E"), STR_INIT("\xef\xac\x81 E")},
        {STR_INIT("\xf0\x9f\x98\x80"), STR_INIT("\xf0\x9f\x98\x80")},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str out;

        assert_int_equal(normal_nfc(*state, cases[i].in, &out), ERR_OK);
        assert_text(out, cases[i].out);
    }
}

static void fold_makes_cases_equal(void **state)
{
    static const struct {
        struct str in, out;
    } cases[] = {
        {STR_INIT("AbZ@[`{9"), STR_INIT("abz@[`{9")},
        {STR_INIT("STRASSE"), STR_INIT("strasse")},
        {STR_INIT("stra\xc3\x9f"
                  "e"),
         STR_INIT("strasse")},
        {STR_INIT("\xc3\x89"), STR_INIT("\xc3\xa9")},
        {STR_INIT("E\xcc\x81"), STR_INIT("\xc3\xa9")},
        /* both sigmas */
        {STR_INIT("\xcf\x82"), STR_INIT("\xcf\x83")},
        /* KELVIN SIGN */
        {STR_INIT("\xe2\x84\xaa"), STR_INIT("k")},
        {STR_INIT(""), STR_INIT("")},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str out;

        assert_int_equal(normal_fold(*state, cases[i].in, &out), ERR_OK);
        assert_text(out, cases[i].out);
    }
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    static const struct str cases[] = {
        STR_INIT("\x80"),         STR_INIT("a\xff"),
        STR_INIT("\xc3"),         STR_INIT("\xc0\xaf"),
        STR_INIT("\xed\xa0\x80"), STR_INIT("\xf4\x90\x80\x80")};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str out = STR("untouched");

        assert_int_equal(normal_nfc(*state, cases[i], &out), ERR_BAD_REQUEST);
        assert_int_equal(normal_fold(*state, cases[i], &out), ERR_BAD_REQUEST);
        assert_int_equal(normal_email(*state, cases[i], &out),
                         ERR_EMAIL_INVALID);
        assert_text(out, STR("untouched"));
    }
}

static void length_counts_characters(void **state)
{
    (void)state;
    assert_int_equal(normal_length(STR("")), 0);
    assert_int_equal(normal_length(STR("abc")), 3);
    assert_int_equal(normal_length(STR("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")),
                     3);
}

static void email_has_one_comparable_form(void **state)
{
    static const struct {
        struct str in, out;
    } cases[] = {
        {STR_INIT("ann@example.org"), STR_INIT("ann@example.org")},
        {STR_INIT(" \tAnn@Example.ORG "), STR_INIT("ann@example.org")},
        {STR_INIT("a@localhost"), STR_INIT("a@localhost")},
        {STR_INIT("a.b+tag_1-x~!#$%&'*/=?^`{|}@a-b.example"),
         STR_INIT("a.b+tag_1-x~!#$%&'*/=?^`{|}@a-b.example")},
        {STR_INIT("J\xc3\x96RG@B\xc3\x9c"
                  "cher.example"),
         STR_INIT("j\xc3\xb6rg@b\xc3\xbc"
                  "cher.example")},
        {STR_INIT("a@xn--bcher-kva.example"),
         STR_INIT("a@xn--bcher-kva.example")},
        {STR_INIT(SIXTY "abcd@e.org"), STR_INIT(SIXTY "abcd@e.org")},
        {STR_INIT("a@" SIXTY "abc.org"), STR_INIT("a@" SIXTY "abc.org")},
        {STR_INIT("a@1.2"), STR_INIT("a@1.2")},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str out;

        assert_int_equal(normal_email(*state, cases[i].in, &out), ERR_OK);
        assert_text(out, cases[i].out);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const struct str cases[] = {
        STR_INIT(""),
        {NULL, 0},
        STR_INIT(" "),
        STR_INIT("ann"),
        STR_INIT("@"),
        STR_INIT("@example.org"),
        STR_INIT("ann@"),
        STR_INIT("ann@example"),
        STR_INIT("ann@local.host."),
        STR_INIT("ann@.example.org"),
        STR_INIT("ann@example..org"),
        STR_INIT("ann@-example.org"),
        STR_INIT("ann@example-.org"),
        STR_INIT("ann@exa_mple.org"),
        STR_INIT("ann@[127.0.0.1]"),
        STR_INIT("ann@example.org:25"),
        STR_INIT("ann@bob@example.org"),
        STR_INIT(".ann@example.org"),
        STR_INIT("ann.@example.org"),
        STR_INIT("a..n@example.org"),
        STR_INIT("a nn@example.org"),
        STR_INIT("\"ann\"@example.org"),
        STR_INIT("ann(x)@example.org"),
        STR_INIT("ann,bob@example.org"),
        STR_INIT("<ann@example.org>"),
        STR_INIT("a\\n@example.org"),
        STR_INIT("ann@example.org\n"),
        STR_INIT("ann@exam\0ple.org"),
        STR_INIT("a\0nn@example.org"),
        STR_INIT("a\x7fn@example.org"),
        /* no-break space, zero-width space, right-to-left override */
        STR_INIT("a\xc2\xa0n@example.org"),
        STR_INIT("a\xe2\x80\x8bn@example.org"),
        STR_INIT("a\xe2\x80\xaen@example.org"),
        /* full-width at sign and ideographic full stop */
        STR_INIT("ann\xef\xbc\xa0"
                 "example.org"),
        STR_INIT("ann@example\xe3\x80\x82org"),
        STR_INIT("ann@ex\xe2\x80\x8b"
                 "ample.org"),
        STR_INIT(SIXTY "abcde@e.org"),
        STR_INIT("a@" SIXTY "abcd.org"),
        STR_INIT("a@" SIXTY "." SIXTY "." SIXTY "." SIXTY "." TEN),
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str out = STR("untouched");

        assert_int_equal(normal_email(*state, cases[i], &out),
                         ERR_EMAIL_INVALID);
        assert_text(out, STR("untouched"));
    }
}

static void full_arena_is_no_memory(void **state)
{
    struct arena *small = arena_new(4096);
    struct str out;

    (void)state;
    while (arena_alloc(small, 16) != NULL)
        continue;
    assert_int_equal(normal_nfc(small, STR("a"), &out), ERR_NO_MEMORY);
    assert_int_equal(normal_nfc(small, STR("\xc3\xa9"), &out), ERR_NO_MEMORY);
    assert_int_equal(normal_fold(small, STR("a"), &out), ERR_NO_MEMORY);
    assert_int_equal(normal_email(small, STR("a@b.c"), &out), ERR_NO_MEMORY);
    arena_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nfc_composes_and_changes_nothing_else_A_6_2_8),
        cmocka_unit_test(fold_makes_cases_equal),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
        cmocka_unit_test(length_counts_characters),
        cmocka_unit_test(email_has_one_comparable_form),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(full_arena_is_no_memory),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
