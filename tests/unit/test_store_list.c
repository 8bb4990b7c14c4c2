/* SPDX-License-Identifier: MIT */
/* A subject's sessions: which, in what order, and what is told of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_session.h"
#include "store_fixture.h"

#define REALM STORE_REALM_DEFAULT

struct seen {
    struct store_session rows[40];
    uint8_t last[40];
    size_t n;
    int64_t now_us;
    enum err stop;
};

static enum err see(void *data, const struct store_session *s, int64_t now_us)
{
    struct seen *seen = data;
    seen->rows[seen->n] = *s;
    seen->last[seen->n++] = s->id.b[15];
    seen->now_us = now_us;
    return seen->stop;
}

static enum err list(struct store_fixture *f, int64_t limit, struct seen *seen)
{
    const struct store_session_sink sink = {see, seen};
    return store_session_list(f->db, f->arena, REALM, STR("ann"), limit, &sink);
}

static void put(struct store_fixture *f, uint8_t n)
{
    struct store_session s = store_fixture_session(f, n);
    store_fixture_put(f, &s);
}

static void test_list_has_the_subjects_own_newest_first(void **state)
{
    struct store_fixture *f = *state;
    struct seen seen = {.n = 0};
    struct store_session s = store_fixture_session(f, 1);
    s.active_us += 5;
    store_fixture_put(f, &s);
    put(f, 2);
    put(f, 3);
    s = store_fixture_session(f, 4);
    s.subject = STR("ANN");
    store_fixture_put(f, &s);
    s = store_fixture_session(f, 5);
    s.active_us -= 5 * HOUR_US;
    store_fixture_put(f, &s);
    store_fixture_sql(f, "UPDATE session SET revoked_us = 1 WHERE "
                         "id = (SELECT MIN(id) FROM session "
                         "WHERE HEX(id) LIKE '%%03')");
    s = store_fixture_session(f, 6);
    s.created_us = 76;
    store_fixture_put(f, &s);
    assert_int_equal(store_session_valid_from(f->db, REALM, 77), ERR_OK);
    assert_int_equal(list(f, 7, &seen), ERR_OK);
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.last[2], 5);
    assert_true(seen.now_us > 0);
    seen = (struct seen){.n = 0};
    assert_int_equal(list(f, 1, &seen), ERR_OK);
    assert_int_equal(seen.n, 1);
}

static void test_list_tells_where_a_session_was_begun(void **state)
{
    struct store_fixture *f = *state;
    struct seen seen = {.n = 0};
    struct store_session s = store_fixture_session(f, 1);
    s.label = STR("kitchen");
    s.device_type = STORE_PWA;
    s.absolute_us = s.expires_us + 5;
    store_fixture_put(f, &s);
    assert_int_equal(list(f, 7, &seen), ERR_OK);
    const struct store_session *row = &seen.rows[0];
    assert_int_equal(seen.n, 1);
    assert_int_equal(row->created_us, s.created_us);
    assert_int_equal(row->active_us, s.active_us);
    assert_int_equal(row->expires_us, s.expires_us);
    assert_int_equal(row->absolute_us, s.absolute_us);
    assert_true(str_eq(row->label, s.label));
    assert_true(str_eq(row->amr, s.amr));
    assert_true(str_eq(row->browser, s.browser));
    assert_true(str_eq(row->os, s.os));
    assert_true(str_eq(row->user_agent, s.user_agent));
    assert_int_equal(row->device_type, STORE_PWA);
    assert_memory_equal(&row->ip, &s.ip, sizeof(s.ip));
}

static void test_list_stops_where_the_caller_stops(void **state)
{
    struct store_fixture *f = *state;
    struct seen seen = {.stop = ERR_CONFLICT};
    put(f, 1);
    put(f, 2);
    assert_int_equal(list(f, 7, &seen), ERR_CONFLICT);
    assert_int_equal(seen.n, 1);
    /* nothing unread stands in the way */
    seen = (struct seen){.n = 0};
    assert_int_equal(list(f, 7, &seen), ERR_OK);
    assert_int_equal(seen.n, 2);
}

static void test_list_has_no_memory_in_a_small_arena(void **state)
{
    struct store_fixture *f = *state;
    struct seen seen = {.n = 0};
    const struct store_session_sink sink = {see, &seen};
    struct arena *tiny = arena_new(64);
    put(f, 1);
    assert_non_null(tiny);
    assert_int_equal(
        store_session_list(f->db, tiny, REALM, STR("ann"), 7, &sink),
        ERR_NO_MEMORY);
    assert_int_equal(seen.n, 0);
    arena_free(&tiny);
}

/* More rows than the first room for them; the limit keeps the latest begun. */
static void test_list_grows_and_keeps_the_latest(void **state)
{
    struct store_fixture *f = *state;
    struct seen seen = {.n = 0};
    for (uint8_t n = 1; n <= 40; n++)
        put(f, n);
    assert_int_equal(list(f, 40, &seen), ERR_OK);
    assert_int_equal(seen.n, 40);
    assert_int_equal(seen.last[39], 1);
    seen = (struct seen){.n = 0};
    assert_int_equal(list(f, 20, &seen), ERR_OK);
    assert_int_equal(seen.n, 20);
    assert_int_equal(seen.last[0], 40);
    assert_int_equal(seen.last[19], 21);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, store_fixture_clear)
    const struct CMUnitTest tests[] = {
        CASE(test_list_has_the_subjects_own_newest_first),
        CASE(test_list_tells_where_a_session_was_begun),
        CASE(test_list_stops_where_the_caller_stops),
        CASE(test_list_has_no_memory_in_a_small_arena),
        CASE(test_list_grows_and_keeps_the_latest),
    };
    return cmocka_run_group_tests(tests, store_fixture_setup,
                                  store_fixture_teardown);
}
