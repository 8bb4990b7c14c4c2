/* SPDX-License-Identifier: MIT */
/* Children: how soon they come back, and what the master sees of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/scoreboard.h"
#include "server/spawn.h"
#include "server/worker.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void a_child_that_dies_unused_comes_back_later_and_later(void **state)
{
    static const struct {
        int64_t last;
        bool served;
        int64_t lived, delay;
    } cases[] = {
        {0, true, 0, 0},
        {SPAWN_DELAY_MOST, true, 0, 0},
        {0, false, 0, SPAWN_DELAY_FIRST},
        {SPAWN_DELAY_FIRST, false, 0, SPAWN_DELAY_FIRST * 2},
        {SPAWN_DELAY_FIRST * 2, false, 1, SPAWN_DELAY_FIRST * 4},
        {SPAWN_DELAY_MOST - 1, false, 0, SPAWN_DELAY_MOST},
        {SPAWN_DELAY_MOST, false, 0, SPAWN_DELAY_MOST},
        {SPAWN_DELAY_MOST, false, SPAWN_LIVED_WELL - 1, SPAWN_DELAY_MOST},
        {SPAWN_DELAY_MOST, false, SPAWN_LIVED_WELL, SPAWN_DELAY_FIRST},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(
            spawn_delay_us(cases[i].last, cases[i].served, cases[i].lived),
            cases[i].delay);
}

enum life { LIFE_GOOD, LIFE_BAD, LIFE_SERVES, LIFE_TOLD, LIFE_KILLED };

/* One life of a child, to its being reaped at time `at`. */
static void live(struct spawn_child *c, enum life life, int64_t at)
{
    int status = 0;
    pid_t pid = spawn_begin(c, 7, at);

    if (pid == 0) {
        if (life == LIFE_SERVES) {
            scoreboard_begin(c->slot, 1);
            scoreboard_end(c->slot);
        }
        while (life >= LIFE_TOLD)
            (void)pause();
        _exit(life == LIFE_GOOD ? 0 : 3);
    }
    assert_true(pid > 0);
    assert_int_equal(c->pid, pid);
    assert_int_equal(c->generation, 7);
    if (life == LIFE_TOLD) {
        spawn_tell(c, at + 5);
        spawn_tell(c, at + 9);
        assert_int_equal(c->told_us, at + 5);
    }
    if (life == LIFE_KILLED) {
        spawn_kill(c, "test");
        spawn_kill(c, "test");
        assert_true(c->killed);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    spawn_reaped(c, status, at);
    assert_int_equal(c->pid, 0);
}

static void only_an_unused_failure_delays_the_next_life(void **state)
{
    static const struct {
        enum life life;
        int64_t delay;
    } cases[] = {
        {LIFE_GOOD, 0},
        {LIFE_SERVES, 0},
        {LIFE_TOLD, 0},
        {LIFE_KILLED, SPAWN_DELAY_FIRST},
        {LIFE_BAD, SPAWN_DELAY_FIRST * 2},
        {LIFE_BAD, SPAWN_DELAY_FIRST * 4},
        {LIFE_GOOD, 0},
        {LIFE_BAD, SPAWN_DELAY_FIRST},
    };
    struct scoreboard_slot *slots = scoreboard_new(1);
    struct spawn_child c = {.role = "test"};
    int64_t now = 1000;

    (void)state;
    assert_non_null(slots);
    c.slot = slots;
    for (size_t i = 0; i < COUNT(cases); i++) {
        now += CLOCK_SECOND;
        live(&c, cases[i].life, now);
        assert_int_equal(c.due_us, now + cases[i].delay);
    }
    scoreboard_free(&slots, 1);
    scoreboard_free(&slots, 1);
}

static void a_missing_child_is_neither_told_nor_killed(void **state)
{
    struct spawn_child c = {.role = "test"};

    (void)state;
    spawn_tell(&c, 5);
    spawn_kill(&c, "test");
    assert_int_equal(c.told_us, 0);
    assert_false(c.killed);
}

static void a_busy_slot_is_stuck_only_after_the_limit_F5(void **state)
{
    static const struct {
        int64_t since, now;
        bool stuck;
    } cases[] = {
        {0, INT64_MAX, false}, {100, 100, false},      {100, 150, false},
        {100, 151, true},      {100, INT64_MAX, true},
    };
    struct scoreboard_slot *slots = scoreboard_new(2);

    (void)state;
    assert_non_null(slots);
    for (size_t i = 0; i < COUNT(cases); i++) {
        scoreboard_begin(&slots[1], cases[i].since);
        assert_int_equal(scoreboard_stuck(&slots[1], cases[i].now, 50),
                         cases[i].stuck);
        assert_false(scoreboard_stuck(&slots[0], cases[i].now, 50));
    }
    scoreboard_end(&slots[1]);
    assert_false(scoreboard_stuck(&slots[1], INT64_MAX, 50));
    assert_int_equal(atomic_load(&slots[1].served), 1);
    scoreboard_reset(&slots[1]);
    assert_int_equal(atomic_load(&slots[1].served), 0);
    scoreboard_free(&slots, 2);
}

static void workers_do_not_all_leave_at_once_F25(void **state)
{
    (void)state;
    assert_int_equal(worker_quota(0, 12345), 0);
    assert_int_equal(worker_quota(1, 99), 1);
    assert_int_equal(worker_quota(100, 0), 100);
    assert_int_equal(worker_quota(100, 10), 110);
    assert_int_equal(worker_quota(100, 11), 100);
    assert_true(worker_quota(1000000000, UINT64_MAX) <= 1100000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_that_dies_unused_comes_back_later_and_later),
        cmocka_unit_test(only_an_unused_failure_delays_the_next_life),
        cmocka_unit_test(a_missing_child_is_neither_told_nor_killed),
        cmocka_unit_test(a_busy_slot_is_stuck_only_after_the_limit_F5),
        cmocka_unit_test(workers_do_not_all_leave_at_once_F25),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
