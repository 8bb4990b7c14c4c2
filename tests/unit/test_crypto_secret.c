/* SPDX-License-Identifier: MIT */
/* Secrets: wiping, comparing, and random bytes that differ in every worker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/secret.h"

#define WORKERS 8
#define EACH 125000
#define TOKEN 16

static void new_secret_is_zeroed_and_free_empties_it(void **state)
{
    static const uint8_t zero[40];
    struct secret s;

    (void)state;
    assert_int_equal(secret_new(sizeof(zero), &s), ERR_OK);
    assert_int_equal(s.n, sizeof(zero));
    assert_memory_equal(s.p, zero, sizeof(zero));
    secret_free(&s);
    assert_null(s.p);
    assert_int_equal(s.n, 0);
    secret_free(&s);
}

static void new_secret_of_impossible_size_is_no_memory(void **state)
{
    struct secret s = {NULL, 7};

    (void)state;
    assert_int_equal(secret_new(SIZE_MAX, &s), ERR_NO_MEMORY);
    assert_int_equal(s.n, 7);
}

static void wipe_leaves_nothing(void **state)
{
    char text[] = "secret";
    static const char zero[sizeof(text)];

    (void)state;
    secret_wipe(text, sizeof(text));
    assert_memory_equal(text, zero, sizeof(text));
}

static void eq_sees_every_bit_A_11_2_4(void **state)
{
    uint8_t a[33] = {1, 2, 3};
    uint8_t b[33] = {1, 2, 3};

    (void)state;
    assert_true(secret_eq(a, b, sizeof(a)));
    assert_true(secret_eq(a, b, 0));
    for (size_t bit = 0; bit < sizeof(a) * 8; bit++) {
        b[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(secret_eq(a, b, sizeof(a)));
        b[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, TOKEN);
}

static void draw_tokens(uint8_t *out)
{
    for (size_t i = 0; i < EACH; i++) {
        if (random_bytes(out + i * TOKEN, TOKEN) != ERR_OK)
            _exit(1);
    }
    _exit(0);
}

static void forked_workers_never_draw_the_same_A_11_5_2(void **state)
{
    const size_t n = (size_t)WORKERS * EACH;
    uint8_t *all = mmap(NULL, n * TOKEN, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint8_t before[TOKEN];

    (void)state;
    assert_ptr_not_equal(all, MAP_FAILED);
    assert_int_equal(random_bytes(before, sizeof(before)), ERR_OK);
    for (size_t i = 0; i < WORKERS; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            draw_tokens(all + i * EACH * TOKEN);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        int status = 1;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    qsort(all, n, TOKEN, by_bytes);
    for (size_t i = 1; i < n; i++)
        assert_true(by_bytes(all + (i - 1) * TOKEN, all + i * TOKEN) != 0);
    assert_int_equal(munmap(all, n * TOKEN), 0);
}

static void random_bytes_fills_more_than_one_call_gives(void **state)
{
    static uint8_t big[100000];
    size_t zeros = 0;

    (void)state;
    assert_int_equal(random_bytes(big, sizeof(big)), ERR_OK);
    for (size_t i = sizeof(big) - 64; i < sizeof(big); i++)
        zeros += big[i] == 0;
    assert_true(zeros < 16);
    assert_int_equal(random_bytes(big, 0), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_secret_is_zeroed_and_free_empties_it),
        cmocka_unit_test(new_secret_of_impossible_size_is_no_memory),
        cmocka_unit_test(wipe_leaves_nothing),
        cmocka_unit_test(eq_sees_every_bit_A_11_2_4),
        cmocka_unit_test(random_bytes_fills_more_than_one_call_gives),
        cmocka_unit_test(forked_workers_never_draw_the_same_A_11_5_2),
    };

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
