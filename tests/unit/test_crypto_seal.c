/* SPDX-License-Identifier: MIT */
/* Sealing: what opens, and all that must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "crypto/seal.h"
#include "crypto/secret.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KEY_1 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define KEY_2 "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"

struct fixture {
    struct arena *arena;
    struct sealer *old;  /* k1 */
    struct sealer *both; /* k2 seals, k1 opens and looks up */
};

static int set_up(void **state)
{
    static struct fixture f;

    f.arena = arena_new(1 << 20);
    if (f.arena == NULL || sealer_new(STR("k1:" KEY_1), &f.old) != ERR_OK ||
        sealer_new(STR("k2:" KEY_2 "\nk1:" KEY_1 "\n"), &f.both) != ERR_OK)
        return -1;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    sealer_free(&f->old);
    sealer_free(&f->both);
    arena_free(&f->arena);
    return 0;
}

static struct str sealed_text(struct fixture *f)
{
    struct str sealed;

    assert_int_equal(seal(f->old, f->arena, SEAL_EMAIL, STR("row 1"),
                          STR("ann@example.org"), &sealed),
                     ERR_OK);
    return sealed;
}

static void sealed_value_opens_for_the_same_purpose_and_place(void **state)
{
    static const struct str contents[] = {
        STR_INIT("x"), STR_INIT(""), STR_INIT("with\0nul"), {NULL, 0}};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(contents); i++) {
        struct str sealed;
        struct str opened;

        assert_int_equal(seal(f->old, f->arena, SEAL_SIGNING_KEY, STR("p"),
                              contents[i], &sealed),
                         ERR_OK);
        assert_int_equal(sealed.n, contents[i].n + SEAL_OVERHEAD);
        assert_int_equal(seal_open(f->old, f->arena, SEAL_SIGNING_KEY, STR("p"),
                                   sealed, &opened),
                         ERR_OK);
        assert_true(str_eq(opened, contents[i]));
    }
}

static void keys_are_told_by_their_ids(void **state)
{
    struct fixture *f = *state;
    struct str sealed = sealed_text(f);

    assert_true(str_eq(sealer_key(f->both, 0), STR("k2")));
    assert_true(str_eq(sealer_key(f->both, 1), STR("k1")));
    assert_null(sealer_key(f->both, 2).p);
    assert_true(sealer_holds(f->both, STR("k1")));
    assert_false(sealer_holds(f->old, STR("k2")));
    assert_false(sealer_holds(f->old, STR("")));
    assert_false(sealer_holds(f->old, STR("k1 ")));
    assert_false(sealer_holds(f->old, STR("toolong")));
    assert_true(str_eq(seal_key_id(sealed), STR("k1")));
    sealed.n = SEAL_OVERHEAD - 1;
    assert_null(seal_key_id(sealed).p);
    assert_null(seal_key_id((struct str){NULL, 0}).p);
}

static void value_moved_to_another_row_or_kind_stays_shut_A_11_3_3(void **state)
{
    static const struct {
        enum seal_purpose purpose;
        struct str place;
    } cases[] = {
        {SEAL_EMAIL, STR_INIT("row 2")},
        {SEAL_EMAIL, STR_INIT("row 1 ")},
        {SEAL_EMAIL, STR_INIT("")},
        {SEAL_EMAIL, {NULL, 0}},
        {SEAL_EMAIL, STR_INIT("row 1\0")},
        {SEAL_SIGNING_KEY, STR_INIT("row 1")},
        {SEAL_REFRESH_TOKEN, STR_INIT("row 1")},
        {SEAL_DEVICE_TOKEN, STR_INIT("row 1")},
        {SEAL_SESSION_TOKEN, STR_INIT("row 1")},
    };
    struct fixture *f = *state;
    struct str sealed = sealed_text(f);

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str opened = STR("untouched");

        assert_int_equal(seal_open(f->old, f->arena, cases[i].purpose,
                                   cases[i].place, sealed, &opened),
                         ERR_VALIDATION);
        assert_true(str_eq(opened, STR("untouched")));
    }
}

static void damaged_value_stays_shut_A_11_3_2(void **state)
{
    struct fixture *f = *state;
    struct str sealed = sealed_text(f);
    char copy[128];
    struct str opened;

    assert_true(sealed.n < sizeof(copy));
    for (size_t bit = 0; bit < sealed.n * 8; bit++) {
        memcpy(copy, sealed.p, sealed.n);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        assert_int_equal(seal_open(f->both, f->arena, SEAL_EMAIL, STR("row 1"),
                                   (struct str){copy, sealed.n}, &opened),
                         ERR_VALIDATION);
    }
    memcpy(copy, sealed.p, sealed.n);
    for (size_t n = 0; n < sealed.n; n++)
        assert_int_equal(seal_open(f->both, f->arena, SEAL_EMAIL, STR("row 1"),
                                   (struct str){copy, n}, &opened),
                         ERR_VALIDATION);
    copy[sealed.n] = 0;
    assert_int_equal(seal_open(f->both, f->arena, SEAL_EMAIL, STR("row 1"),
                               (struct str){copy, sealed.n + 1}, &opened),
                     ERR_VALIDATION);
}

static void rotation_keeps_old_values_and_look_ups_A_13_3_3(void **state)
{
    struct fixture *f = *state;
    struct str sealed = sealed_text(f);
    struct str opened;
    struct digest before;
    struct digest after;

    assert_int_equal(
        seal_open(f->both, f->arena, SEAL_EMAIL, STR("row 1"), sealed, &opened),
        ERR_OK);
    assert_true(str_eq(opened, STR("ann@example.org")));
    assert_int_equal(seal_lookup(f->old, "email", STR("a"), &before), ERR_OK);
    assert_int_equal(seal_lookup(f->both, "email", STR("a"), &after), ERR_OK);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(
        seal(f->both, f->arena, SEAL_EMAIL, STR("row 1"), STR("x"), &sealed),
        ERR_OK);
    assert_memory_equal(sealed.p, "k2  ", 4);
    assert_int_equal(
        seal_open(f->old, f->arena, SEAL_EMAIL, STR("row 1"), sealed, &opened),
        ERR_VALIDATION);
}

static void equal_contents_never_look_equal_A_11_3_4(void **state)
{
    struct fixture *f = *state;
    struct str a = sealed_text(f);
    struct str b = sealed_text(f);

    assert_memory_not_equal(a.p + 4, b.p + 4, 24);
    assert_memory_not_equal(a.p + 28, b.p + 28, a.n - 28);
}

static void look_up_differs_by_label_value_and_key(void **state)
{
    static const struct {
        const char *label;
        struct str value;
    } cases[] = {{"email", STR_INIT("ab")}, {"email", STR_INIT("a")},
                 {"emaila", STR_INIT("b")}, {"throttle", STR_INIT("ab")},
                 {"", STR_INIT("emailab")}, {"email", STR_INIT("")}};
    struct fixture *f = *state;
    struct sealer *other = NULL;
    struct digest d[COUNT(cases) + 1];

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(
            seal_lookup(f->old, cases[i].label, cases[i].value, &d[i]), ERR_OK);
    assert_int_equal(sealer_new(STR("k1:" KEY_2), &other), ERR_OK);
    assert_int_equal(
        seal_lookup(other, cases[0].label, cases[0].value, &d[COUNT(cases)]),
        ERR_OK);
    sealer_free(&other);
    for (size_t i = 0; i < COUNT(d); i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&d[i], &d[j], sizeof(d[0]));
}

static void wrong_key_lines_are_refused(void **state)
{
    static const struct str cases[] = {
        STR_INIT(""),
        {NULL, 0},
        STR_INIT("\n"),
        STR_INIT(KEY_1),
        STR_INIT(":" KEY_1),
        STR_INIT("k1"),
        STR_INIT("k1:"),
        STR_INIT("k1:AQEB"),
        STR_INIT("k1:" KEY_1 "A"),
        STR_INIT("k1:" KEY_1 "="),
        STR_INIT("k1:" KEY_1 " "),
        STR_INIT("k1:" KEY_1 "\r\n"),
        STR_INIT("k1: " KEY_1),
        STR_INIT(" k1:" KEY_1),
        STR_INIT("abcde:" KEY_1),
        STR_INIT("K1:" KEY_1),
        STR_INIT("k-1:" KEY_1),
        STR_INIT("k1:" KEY_1 "\n\n"),
        STR_INIT("k1:" KEY_1 "\nk1:" KEY_2),
        STR_INIT("k1:" KEY_1 "\nk2:x"),
        /* unused low bits set */
        STR_INIT("k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF"),
    };
    struct sealer *s = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(sealer_new(cases[i], &s), ERR_VALIDATION);
        assert_null(s);
    }
}

static void sixteen_key_lines_are_enough(void **state)
{
    char lines[17 * (sizeof(KEY_1) + 3)] = "";
    size_t n = 0;
    struct sealer *s = NULL;

    (void)state;
    for (int c = 'a'; c <= 'q'; c++) {
        lines[n++] = (char)c;
        lines[n++] = ':';
        memcpy(lines + n, KEY_1 "\n", sizeof(KEY_1));
        n += sizeof(KEY_1);
    }
    assert_int_equal(sealer_new((struct str){lines, n}, &s), ERR_VALIDATION);
    n -= sizeof(KEY_1) + 2;
    assert_int_equal(sealer_new((struct str){lines, n}, &s), ERR_OK);
    sealer_free(&s);
    assert_null(s);
    sealer_free(&s);
}

static void new_line_makes_a_usable_fresh_key(void **state)
{
    static const struct str bad[] = {STR_INIT(""), STR_INIT("abcde"),
                                     STR_INIT("A"), STR_INIT("a:")};
    struct fixture *f = *state;
    struct sealer *s = NULL;
    struct str line;
    struct str other;

    assert_int_equal(sealer_new_line(f->arena, STR("abcd"), &line), ERR_OK);
    assert_int_equal(line.n, 4 + 1 + 43);
    assert_int_equal(sealer_new(line, &s), ERR_OK);
    sealer_free(&s);
    assert_int_equal(sealer_new_line(f->arena, STR("abcd"), &other), ERR_OK);
    assert_false(str_eq(line, other));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(sealer_new_line(f->arena, bad[i], &line),
                         ERR_VALIDATION);
}

static void full_arena_is_no_memory(void **state)
{
    struct fixture *f = *state;
    struct arena *small = arena_new(4096);
    struct str sealed = sealed_text(f);
    struct str out;

    while (arena_alloc(small, 16) != NULL)
        continue;
    assert_int_equal(
        seal(f->old, small, SEAL_EMAIL, STR("row 1"), STR("x"), &out),
        ERR_NO_MEMORY);
    assert_int_equal(
        seal_open(f->old, small, SEAL_EMAIL, STR("row 1"), sealed, &out),
        ERR_NO_MEMORY);
    assert_int_equal(sealer_new_line(small, STR("k"), &out), ERR_NO_MEMORY);
    arena_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_told_by_their_ids),
        cmocka_unit_test(sealed_value_opens_for_the_same_purpose_and_place),
        cmocka_unit_test(
            value_moved_to_another_row_or_kind_stays_shut_A_11_3_3),
        cmocka_unit_test(damaged_value_stays_shut_A_11_3_2),
        cmocka_unit_test(rotation_keeps_old_values_and_look_ups_A_13_3_3),
        cmocka_unit_test(equal_contents_never_look_equal_A_11_3_4),
        cmocka_unit_test(look_up_differs_by_label_value_and_key),
        cmocka_unit_test(wrong_key_lines_are_refused),
        cmocka_unit_test(sixteen_key_lines_are_enough),
        cmocka_unit_test(new_line_makes_a_usable_fresh_key),
        cmocka_unit_test(full_arena_is_no_memory),
    };

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
