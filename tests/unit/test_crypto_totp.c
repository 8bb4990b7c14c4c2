/* SPDX-License-Identifier: MIT */
/* TOTP against the vectors of RFC 6238, appendix B, and its window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "crypto/totp.h"

#define SEED "1234567890"

static const char *const seeds[] = {
    [TOTP_SHA1] = SEED SEED,
    [TOTP_SHA256] = SEED SEED SEED "12",
    [TOTP_SHA512] = SEED SEED SEED SEED SEED SEED "1234",
};

static void R6238_4_2_the_vectors_of_appendix_b(void **state)
{
    static const struct {
        int64_t time;
        const char *codes[3];
    } rows[] = {
        {59, {"94287082", "46119246", "90693936"}},
        {1111111109, {"07081804", "68084774", "25091201"}},
        {1111111111, {"14050471", "67062674", "99943326"}},
        {1234567890, {"89005924", "91819424", "93441116"}},
        {2000000000, {"69279037", "90698825", "38618901"}},
        {20000000000, {"65353130", "77737706", "47863826"}},
    };
    char code[TOTP_DIGITS_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int h = TOTP_SHA1; h <= TOTP_SHA512; h++) {
            const uint8_t *seed = (const uint8_t *)seeds[h];
            const int64_t step = rows[i].time / TOTP_STEP_S;

            assert_int_equal(totp_code(seed, strlen(seeds[h]), step, 8,
                                       (enum totp_hash)h, code),
                             ERR_OK);
            assert_string_equal(code, rows[i].codes[h]);
            /* Six digits are the last six of eight. */
            assert_int_equal(totp_code(seed, strlen(seeds[h]), step, 6,
                                       (enum totp_hash)h, code),
                             ERR_OK);
            assert_string_equal(code, rows[i].codes[h] + 2);
        }
    }
}

static void R6238_5_2b_one_step_either_way_and_no_more(void **state)
{
    const uint8_t *seed = (const uint8_t *)seeds[TOTP_SHA1];
    const int64_t now = 1111111111, step = now / TOTP_STEP_S;
    char code[TOTP_DIGITS_MAX + 1];
    int64_t found;

    (void)state;
    for (int64_t d = -3; d <= 3; d++) {
        enum err expected = d >= -1 && d <= 1 ? ERR_OK : ERR_CODE_WRONG;

        assert_int_equal(totp_code(seed, TOTP_SECRET_LEN, step + d, TOTP_DIGITS,
                                   TOTP_SHA1, code),
                         ERR_OK);
        found = -7;
        assert_int_equal(totp_verify(seed, now, str_of(code), &found),
                         expected);
        assert_int_equal(found, expected == ERR_OK ? step + d : -7);
    }
}

static void what_is_no_code_is_wrong(void **state)
{
    static const char *const bad[] = {
        "", "0", "05047", "0504711", "O50471", " 50471", "050471 ", "14050471"};
    int64_t found;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(totp_verify((const uint8_t *)seeds[TOTP_SHA1],
                                     1111111111, str_of(bad[i]), &found),
                         ERR_CODE_WRONG);
    assert_int_equal(totp_verify((const uint8_t *)seeds[TOTP_SHA1], 1111111111,
                                 STR("050471"), &found),
                     ERR_OK);
}

static void digits_and_steps_have_bounds(void **state)
{
    char code[TOTP_DIGITS_MAX + 1];

    (void)state;
    assert_int_equal(
        totp_code((const uint8_t *)SEED, 10, 1, 5, TOTP_SHA1, code),
        ERR_INTERNAL);
    assert_int_equal(
        totp_code((const uint8_t *)SEED, 10, 1, 9, TOTP_SHA1, code),
        ERR_INTERNAL);
    assert_int_equal(
        totp_code((const uint8_t *)SEED, 10, -1, 6, TOTP_SHA1, code),
        ERR_INTERNAL);
}

static void R6238_5_1_secrets_are_160_bits_in_base32(void **state)
{
    uint8_t one[TOTP_SECRET_LEN], two[TOTP_SECRET_LEN];
    struct arena *arena = arena_new(1 << 16);
    struct str text;

    (void)state;
    assert_int_equal(totp_secret_new(one), ERR_OK);
    assert_int_equal(totp_secret_new(two), ERR_OK);
    assert_memory_not_equal(one, two, sizeof(one));
    assert_int_equal(totp_base32(arena, one, sizeof(one), &text), ERR_OK);
    assert_int_equal(text.n, 32);
    assert_int_equal(totp_base32(arena, (const uint8_t *)"foob", 4, &text),
                     ERR_OK);
    assert_true(str_eq(text, STR("MZXW6YQ")));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R6238_4_2_the_vectors_of_appendix_b),
        cmocka_unit_test(R6238_5_2b_one_step_either_way_and_no_more),
        cmocka_unit_test(what_is_no_code_is_wrong),
        cmocka_unit_test(digits_and_steps_have_bounds),
        cmocka_unit_test(R6238_5_1_secrets_are_160_bits_in_base32),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
