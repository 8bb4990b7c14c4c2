/* SPDX-License-Identifier: MIT */
/* When an application's keys are made, sign and verify: the rules alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app_keys_week.h"
#include "domain/app_keys_plan.h"

static void S21_S22_the_age_of_a_key_decides(void **state)
{
    static const struct {
        int64_t age_us;
        bool due, verifies;
    } rows[] = {
        {-5 * S, false, true},
        {0, false, true},
        {U - O - 1, false, true},
        {U - O, true, true},
        {U, true, true},
        {U + 2 * V * S - 1, true, true},
        {U + 2 * V * S, true, false},
        {2 * U, true, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(app_keys_plan_due(&week, 0, rows[i].age_us),
                         rows[i].due);
        assert_int_equal(app_keys_plan_verifies(&week, 0, rows[i].age_us),
                         rows[i].verifies);
    }
}

static void S22_the_key_before_signs_while_the_newest_is_new(void **state)
{
    static const struct {
        int64_t newest_age, previous_age;
        bool waits;
    } rows[] = {
        {0, U - O, true},  {O - 1, U - 1, true}, {O, U, false},
        {O, U - 1, false}, {0, U, false},        {1, 3 * U, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(app_keys_plan_waits(&week, -rows[i].newest_age,
                                             -rows[i].previous_age, 0),
                         rows[i].waits);
}

static void S25_an_answer_is_kept_until_a_successor_is_due(void **state)
{
    (void)state;
    assert_int_equal(app_keys_plan_max_age(&week, 0, 0), 604740);
    assert_int_equal(app_keys_plan_max_age(&week, 0, 500 * S + 1), 604239);
    assert_int_equal(app_keys_plan_max_age(&week, 0, U - O - 3 * S / 2), 1);
    assert_int_equal(app_keys_plan_max_age(&week, 0, U - O), 1);
    assert_int_equal(app_keys_plan_max_age(&week, 0, 5 * U), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S21_S22_the_age_of_a_key_decides),
        cmocka_unit_test(S22_the_key_before_signs_while_the_newest_is_new),
        cmocka_unit_test(S25_an_answer_is_kept_until_a_successor_is_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
