/* SPDX-License-Identifier: MIT */
/* The schedule of signing keys as a table. Times in seconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "domain/keyring_plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW 100000
#define ROTATION 10000
#define AHEAD 1000

/* A key: when it signs, ends, was revoked; 0 is never. alg NULL: none. */
struct plan_key {
    const char *alg;
    int64_t active, retired, revoked;
};

struct plan_case {
    const char *name;
    struct plan_key keys[3];
    enum keyring_when when;
    bool make;
    int64_t active;
};

static const struct plan_case cases[] = {
    {"no key at all", {{0}}, KEYRING_WHEN_DUE, true, NOW},
    {"no key at all, ahead", {{0}}, KEYRING_AHEAD, true, NOW},
    {"a young key", {{"ES256", NOW - 5, 0, 0}}, KEYRING_WHEN_DUE, false, 0},
    {"just before a successor is published",
     {{"ES256", NOW - ROTATION + AHEAD + 1, 0, 0}},
     KEYRING_WHEN_DUE,
     false,
     0},
    {"a successor is due",
     {{"ES256", NOW - ROTATION + AHEAD, 0, 0}},
     KEYRING_WHEN_DUE,
     true,
     NOW + AHEAD},
    {"a successor is overdue: still published ahead",
     {{"ES256", NOW - 9 * ROTATION, 0, 0}},
     KEYRING_WHEN_DUE,
     true,
     NOW + AHEAD},
    {"the successor is published",
     {{"ES256", NOW - ROTATION, NOW + 5, 0}, {"ES256", NOW + 5, 0, 0}},
     KEYRING_WHEN_DUE,
     false,
     0},
    {"the successor signs",
     {{"ES256", NOW - ROTATION, NOW - 5, 0}, {"ES256", NOW - 5, 0, 0}},
     KEYRING_WHEN_DUE,
     false,
     0},
    {"another algorithm is wanted",
     {{"RS256", NOW - 5, 0, 0}},
     KEYRING_WHEN_DUE,
     true,
     NOW + AHEAD},
    {"the signer was revoked",
     {{"ES256", NOW - 5, NOW, NOW}},
     KEYRING_WHEN_DUE,
     true,
     NOW},
    {"the successor was revoked: the next follows the signer's end",
     {{"ES256", NOW - ROTATION, NOW + 300, 0}, {"ES256", NOW + 300, NOW, NOW}},
     KEYRING_WHEN_DUE,
     true,
     NOW + 300},
    {"all retired",
     {{"ES256", NOW - 50, NOW - 5, 0}},
     KEYRING_WHEN_DUE,
     true,
     NOW},
    {"now", {{"ES256", NOW - 5, 0, 0}}, KEYRING_NOW, true, NOW},
    {"ahead", {{"ES256", NOW - 5, 0, 0}}, KEYRING_AHEAD, true, NOW + AHEAD},
};

/* The rows of a case, linked; NULL when it has none. */
static struct keyring_row *rows_of(const struct plan_case *k,
                                   struct keyring_row *rows, size_t n)
{
    struct keyring_row *first = NULL;

    while (n-- > 0) {
        if (k->keys[n].alg == NULL)
            continue;
        rows[n].k =
            (struct store_key){.alg = str_of(k->keys[n].alg),
                               .active_us = k->keys[n].active * CLOCK_SECOND,
                               .retired_us = k->keys[n].retired * CLOCK_SECOND,
                               .revoked_us = k->keys[n].revoked * CLOCK_SECOND};
        rows[n].next = first;
        first = &rows[n];
    }
    return first;
}

static void keys_are_made_when_the_schedule_says_so(void **state)
{
    struct config *config = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct keyring_row rows[COUNT(cases[i].keys)];
        struct keyring_plan plan =
            keyring_plan(config, rows_of(&cases[i], rows, COUNT(rows)),
                         NOW * CLOCK_SECOND, cases[i].when);

        if (plan.make != cases[i].make ||
            (plan.make && plan.active_us != cases[i].active * CLOCK_SECOND))
            fail_msg("%s: %d at %lld", cases[i].name, plan.make,
                     (long long)(plan.active_us / CLOCK_SECOND));
    }
}

static void a_key_signs_between_its_times(void **state)
{
    static const struct {
        struct store_key key;
        bool signs;
    } rows[] = {
        {{.active_us = 100}, true},
        {{.active_us = 101}, false},
        {{.active_us = 50, .retired_us = 101}, true},
        {{.active_us = 50, .retired_us = 100}, false},
        {{.active_us = 50, .revoked_us = 1}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(keyring_plan_signs(&rows[i].key, 100), rows[i].signs);
}

static void a_key_is_kept_until_its_last_token_has_expired(void **state)
{
    struct config *config = *state;

    assert_int_equal(keyring_plan_expires(config, 0), 905 * CLOCK_SECOND);
}

static int set_up(void **state)
{
    static struct config config = {.tokens_access_lifetime = 900,
                                   .tokens_leeway = 5,
                                   .tokens_algorithm = ALG_ES256,
                                   .keys_rotation = ROTATION,
                                   .keys_publish_ahead = AHEAD};

    *state = &config;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_made_when_the_schedule_says_so),
        cmocka_unit_test(a_key_signs_between_its_times),
        cmocka_unit_test(a_key_is_kept_until_its_last_token_has_expired),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
