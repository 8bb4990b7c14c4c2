/* SPDX-License-Identifier: MIT */
/* The arena and the buffer that grows in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

#define KIB ((size_t)1024)
#define KEEP (256 * KIB)

static void alloc_is_zeroed_aligned_and_apart(void **state)
{
    struct arena *a = arena_new(KIB);
    char *p = arena_alloc(a, 3);
    char *q = arena_alloc(a, 5);

    (void)state;
    assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
    assert_int_equal((uintptr_t)q % _Alignof(max_align_t), 0);
    assert_memory_equal(p, "\0\0\0", 3);
    assert_memory_equal(q, "\0\0\0\0\0", 5);
    assert_true(q >= p + 3);
    assert_true(arena_used(a) >= 8);
    assert_non_null(arena_alloc(a, 0));
    arena_free(&a);
    assert_null(a);
    arena_free(&a);
}

static void limit_is_never_passed(void **state)
{
    struct arena *a = arena_new(100);

    (void)state;
    assert_null(arena_alloc(a, 101));
    assert_null(arena_alloc(a, SIZE_MAX));
    assert_null(arena_alloc(a, SIZE_MAX - 15));
    assert_int_equal(arena_used(a), 0);
    assert_non_null(arena_alloc(a, 100));
    assert_null(arena_alloc(a, 1));
    assert_null(arena_strdup(a, STR("")));
    assert_null(arena_str(a, STR("x")).p);
    assert_int_equal(arena_str(a, STR("x")).n, 0);
    assert_null(arena_strdup(a, (struct str){"x", SIZE_MAX}));
    arena_free(&a);
}

static void new_refuses_what_cannot_be_mapped(void **state)
{
    (void)state;
    assert_null(arena_new(SIZE_MAX));
    assert_null(arena_new(SIZE_MAX - 4096));
    assert_null(arena_new(SIZE_MAX / 2));
}

static void strdup_ends_with_nul_and_keeps_bytes(void **state)
{
    struct arena *a = arena_new(KIB);

    (void)state;
    assert_string_equal(arena_strdup(a, STR("abc")), "abc");
    assert_string_equal(arena_strdup(a, (struct str){NULL, 0}), "");
    struct str copy = arena_str(a, STR("a\0b"));

    assert_int_equal(copy.n, 3);
    assert_memory_equal(copy.p, "a\0b", 4);
    arena_free(&a);
}

static void extend_serves_only_the_latest_within_the_limit(void **state)
{
    struct arena *a = arena_new(128);
    char *p = arena_alloc(a, 16);
    char *q = arena_alloc(a, 16);

    (void)state;
    assert_false(arena_extend(a, p, 16, 32));
    assert_false(arena_extend(a, q, 15, 32));
    assert_false(arena_extend(a, q, 16, 8));
    assert_false(arena_extend(a, q, 16, 113));
    assert_false(arena_extend(a, q, 16, SIZE_MAX));
    assert_true(arena_extend(a, q, 16, 112));
    assert_int_equal(q[111], 0);
    assert_null(arena_alloc(a, 1));
    arena_free(&a);
}

struct track {
    char log[8];
    size_t n;
};

struct mark {
    struct track *track;
    char name;
};

static void note(void *object)
{
    const struct mark *m = object;

    m->track->log[m->track->n++] = m->name;
}

static void reset_destroys_last_registered_first(void **state)
{
    struct track t = {.n = 0};
    struct mark m[] = {{&t, 'a'}, {&t, 'b'}, {&t, 'c'}};
    struct arena *a = arena_new(KIB);

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(arena_defer(a, note, &m[i]), 0);
    assert_int_equal(t.n, 0);
    arena_reset(a);
    assert_string_equal(t.log, "cba");
    arena_reset(a);
    assert_int_equal(t.n, 3);
    assert_int_equal(arena_defer(a, note, &m[0]), 0);
    arena_free(&a);
    assert_string_equal(t.log, "cbaa");
}

static void defer_past_the_limit_destroys_at_once(void **state)
{
    struct track t = {.n = 0};
    struct mark m = {&t, 'x'};
    struct arena *a = arena_new(8);

    (void)state;
    assert_int_equal(arena_defer(a, note, &m), -1);
    assert_string_equal(t.log, "x");
    arena_free(&a);
    assert_string_equal(t.log, "x");
}

static void reset_wipes_what_was_used(void **state)
{
    struct arena *a = arena_new(4 * KEEP);

    (void)state;
    for (size_t n = 16; n <= 4 * KEEP; n *= 8) {
        char *p = arena_alloc(a, n);

        memset(p, 's', n);
        arena_reset(a);
        assert_int_equal(arena_used(a), 0);
        char *again = arena_alloc(a, n);

        assert_ptr_equal(again, p);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(again[i], 0);
        arena_reset(a);
    }
    arena_free(&a);
}

static void reset_gives_pages_back_above_what_is_kept(void **state)
{
    struct arena *a = arena_new(4 * KEEP);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *p = arena_alloc(a, 3 * KEEP);
    char *start = p - (uintptr_t)p % page;
    unsigned char there[4] = {0};

    (void)state;
    memset(p, 's', 3 * KEEP);
    assert_int_equal(mincore(start + 2 * KEEP, page, there), 0);
    assert_int_equal(there[0] & 1, 1);
    arena_reset(a);
    assert_int_equal(mincore(start + 2 * KEEP, page, there), 0);
    assert_int_equal(there[0] & 1, 0);
    assert_int_equal(mincore(start, page, there), 0);
    assert_int_equal(there[0] & 1, 1);
    arena_free(&a);
}

static void buf_keeps_every_kind_of_piece(void **state)
{
    struct arena *a = arena_new(KIB);
    struct buf b = buf_new(a);
    struct str text;

    (void)state;
    buf_put(&b, "a\0b", 3);
    buf_char(&b, '-');
    buf_str(&b, STR("str"));
    buf_str(&b, (struct str){NULL, 0});
    buf_text(&b, "text");
    buf_text(&b, NULL);
    buf_int(&b, INT64_MIN);
    buf_fmt(&b, "[%03d]", 7);
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    assert_true(str_eq(text, STR("a\0b-strtext-9223372036854775808[007]")));
    assert_int_equal(text.p[text.n], '\0');
    arena_free(&a);
}

static void buf_empty_is_an_empty_c_string(void **state)
{
    struct arena *a = arena_new(KIB);
    struct buf b = buf_new(a);
    struct str text = {NULL, 9};

    (void)state;
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    assert_int_equal(text.n, 0);
    assert_string_equal(text.p, "");
    arena_free(&a);
}

static void buf_grows_in_place_and_around_others(void **state)
{
    struct arena *a = arena_new(64 * KIB);
    struct buf b = buf_new(a);
    struct str text;

    (void)state;
    buf_char(&b, 'x');
    const char *first = b.p;

    for (size_t i = 1; i < 1000; i++)
        buf_char(&b, (char)('0' + i % 10));
    assert_ptr_equal(b.p, first);
    assert_non_null(arena_alloc(a, 1));
    for (size_t i = 1000; i < 3000; i++)
        buf_char(&b, (char)('0' + i % 10));
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    assert_int_equal(text.n, 3000);
    assert_int_equal(text.p[0], 'x');
    for (size_t i = 1; i < 3000; i++)
        assert_int_equal(text.p[i], '0' + i % 10);
    arena_free(&a);
}

static void buf_uses_the_arena_to_its_last_byte(void **state)
{
    struct arena *a = arena_new(300);
    struct buf b = buf_new(a);
    struct str text;

    (void)state;
    for (size_t i = 0; i < 299; i++)
        buf_char(&b, 'x');
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    assert_int_equal(text.n, 299);
    buf_char(&b, 'x');
    assert_int_equal(buf_done(&b, &text), ERR_NO_MEMORY);
    assert_int_equal(text.n, 299);
    arena_free(&a);
}

static void buf_failure_is_remembered(void **state)
{
    struct arena *a = arena_new(64);
    struct buf b = buf_new(a);
    char big[65] = "";
    struct str text = STR("untouched");

    (void)state;
    buf_put(&b, big, sizeof(big));
    buf_char(&b, 'x');
    assert_int_equal(buf_done(&b, &text), ERR_NO_MEMORY);
    assert_true(str_eq(text, STR("untouched")));
    b = buf_new(a);
    buf_put(&b, big, SIZE_MAX);
    assert_int_equal(buf_done(&b, &text), ERR_NO_MEMORY);
    assert_true(str_eq(text, STR("untouched")));
    arena_free(&a);
}

static void buf_fmt_fails_instead_of_cutting(void **state)
{
    struct arena *a = arena_new(64 * KIB);
    struct buf b = buf_new(a);
    struct str text = {NULL, 0};

    (void)state;
    buf_fmt(&b, "%1023d", 1);
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    assert_int_equal(text.n, 1023);
    buf_fmt(&b, "%1024d", 1);
    assert_int_equal(buf_done(&b, &text), ERR_NO_MEMORY);
    assert_int_equal(text.n, 1023);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alloc_is_zeroed_aligned_and_apart),
        cmocka_unit_test(limit_is_never_passed),
        cmocka_unit_test(new_refuses_what_cannot_be_mapped),
        cmocka_unit_test(strdup_ends_with_nul_and_keeps_bytes),
        cmocka_unit_test(extend_serves_only_the_latest_within_the_limit),
        cmocka_unit_test(reset_destroys_last_registered_first),
        cmocka_unit_test(defer_past_the_limit_destroys_at_once),
        cmocka_unit_test(reset_wipes_what_was_used),
        cmocka_unit_test(reset_gives_pages_back_above_what_is_kept),
        cmocka_unit_test(buf_keeps_every_kind_of_piece),
        cmocka_unit_test(buf_empty_is_an_empty_c_string),
        cmocka_unit_test(buf_grows_in_place_and_around_others),
        cmocka_unit_test(buf_uses_the_arena_to_its_last_byte),
        cmocka_unit_test(buf_failure_is_remembered),
        cmocka_unit_test(buf_fmt_fails_instead_of_cutting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
