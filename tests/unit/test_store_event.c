/* SPDX-License-Identifier: MIT */
/* Rows of event, throttle and lease; purge and the check of invariants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/db_conn.h"
#include "store/store_event.h"
#include "store_fixture.h"

#define REALM STORE_REALM_DEFAULT
#define WINDOW_US (60 * INT64_C(1000000))

static const uint8_t low[STORE_HASH_LEN] = {1}, high[STORE_HASH_LEN] = {2};

static void test_event_keeps_what_it_was_told(void **state)
{
    struct store_fixture *f = *state;
    struct store_event e = {.id = store_fixture_id(1),
                            .realm_id = REALM,
                            .at_us = 5,
                            .kind = "session.revoked",
                            .subject = STR("ann"),
                            .session_id = store_fixture_id(2),
                            .user_agent = STR(""),
                            .request_id = STR("r1"),
                            .detail = STR("{\"by\":\"owner\"}")};
    assert_int_equal(store_event_insert(f->db, &e), ERR_OK);
    assert_int_equal(store_event_insert(f->db, &e), ERR_DUPLICATE_ROW);
    assert_int_equal(
        store_fixture_number(f, "SELECT COUNT(*) FROM event WHERE at_us = 5 "
                                "AND kind = 'session.revoked' AND "
                                "subject = 'ann' AND request_id = 'r1' AND "
                                "detail = '{\"by\":\"owner\"}'"),
        1);
    struct store_event bare = {.id = store_fixture_id(3),
                               .realm_id = REALM,
                               .kind = "throttle.full",
                               .user_agent = STR(""),
                               .request_id = STR("")};
    assert_int_equal(store_event_insert(f->db, &bare), ERR_OK);
    assert_int_equal(
        store_fixture_number(f, "SELECT COUNT(*) FROM event WHERE "
                                "subject IS NULL AND session_id IS NULL AND "
                                "detail = '{}'"),
        1);
}

static void test_too_long_text_is_refused_not_cut(void **state)
{
    struct store_fixture *f = *state;
    char text[600];
    memset(text, 'u', sizeof(text));
    struct store_event e = {.id = store_fixture_id(1),
                            .realm_id = REALM,
                            .kind = "x",
                            .user_agent = {text, sizeof(text)},
                            .request_id = STR("")};
    assert_int_equal(store_event_insert(f->db, &e), ERR_INTERNAL);
    e.user_agent = STR("\xff\xfe");
    assert_int_equal(store_event_insert(f->db, &e), ERR_INTERNAL);
}

static struct store_throttle take_one(struct store_fixture *f,
                                      const uint8_t *bucket, int64_t window_us)
{
    uint8_t buckets[1][STORE_HASH_LEN];
    struct store_throttle t;
    memcpy(buckets[0], bucket, STORE_HASH_LEN);
    assert_int_equal(
        store_throttle_take(f->db, f->arena,
                            (const uint8_t(*)[STORE_HASH_LEN])buckets, 1,
                            window_us, &t),
        ERR_OK);
    return t;
}

static void test_bucket_counts_within_one_window(void **state)
{
    struct store_fixture *f = *state;
    struct store_throttle first = take_one(f, low, WINDOW_US);
    struct store_throttle second = take_one(f, low, 5 * WINDOW_US);
    assert_int_equal(first.used, 1);
    assert_int_equal(first.window_end_us, first.now_us + WINDOW_US);
    assert_int_equal(second.used, 2);
    /* going on trying does not move the end */
    assert_int_equal(second.window_end_us, first.window_end_us);
    assert_int_equal(take_one(f, high, WINDOW_US).used, 1);
}

static void test_bucket_starts_anew_when_its_window_is_over(void **state)
{
    struct store_fixture *f = *state;
    take_one(f, low, WINDOW_US);
    take_one(f, low, WINDOW_US);
    store_fixture_sql(f, "UPDATE throttle SET window_end_us = 5");
    struct store_throttle t = take_one(f, low, WINDOW_US);
    assert_int_equal(t.used, 1);
    assert_int_equal(t.window_end_us, t.now_us + WINDOW_US);
}

static void test_two_buckets_answer_in_the_callers_order(void **state)
{
    struct store_fixture *f = *state;
    const uint8_t up[2][STORE_HASH_LEN] = {{1}, {2}};
    const uint8_t down[2][STORE_HASH_LEN] = {{2}, {1}};
    struct store_throttle t[2];
    take_one(f, high, WINDOW_US);
    take_one(f, high, WINDOW_US);
    assert_int_equal(store_throttle_take(f->db, f->arena, up, 2, WINDOW_US, t),
                     ERR_OK);
    assert_int_equal(t[0].used, 1);
    assert_int_equal(t[1].used, 3);
    assert_int_equal(
        store_throttle_take(f->db, f->arena, down, 2, WINDOW_US, t), ERR_OK);
    assert_int_equal(t[0].used, 4);
    assert_int_equal(t[1].used, 2);
    assert_int_equal(store_throttle_take(f->db, f->arena, up, 0, WINDOW_US, t),
                     ERR_INTERNAL);
    assert_int_equal(store_throttle_take(f->db, f->arena, up, 3, WINDOW_US, t),
                     ERR_INTERNAL);
}

static void test_release_gives_back_one_or_all(void **state)
{
    struct store_fixture *f = *state;
    const uint8_t both[2][STORE_HASH_LEN] = {{2}, {1}};
    struct store_throttle t[2];
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            store_throttle_take(f->db, f->arena, both, 2, WINDOW_US, t),
            ERR_OK);
    assert_int_equal(store_throttle_release(f->db, both, 1, false), ERR_OK);
    assert_int_equal(store_throttle_release(f->db, both, 2, true), ERR_OK);
    assert_int_equal(store_throttle_release(f->db, both, 0, true),
                     ERR_INTERNAL);
    assert_int_equal(store_throttle_release(f->db, both, 3, true),
                     ERR_INTERNAL);
    assert_int_equal(
        store_throttle_take(f->db, f->arena, both, 2, WINDOW_US, t), ERR_OK);
    assert_int_equal(t[0].used, 1);
    assert_int_equal(t[1].used, 3);
    for (int i = 0; i < 2; i++)
        assert_int_equal(store_throttle_release(f->db, both, 1, true), ERR_OK);
    /* never below zero: nobody saves up tries */
    assert_int_equal(store_throttle_release(f->db, both, 1, false), ERR_OK);
    assert_int_equal(
        store_throttle_take(f->db, f->arena, both, 2, WINDOW_US, t), ERR_OK);
    assert_int_equal(t[0].used, 1);
}

static bool lease(struct store_fixture *f, uint8_t owner, int64_t life_us)
{
    struct id id = store_fixture_id(owner);
    bool mine = false;
    assert_int_equal(store_lease_take(f->db, "janitor", &id, life_us, &mine),
                     ERR_OK);
    return mine;
}

static void test_lease_has_one_owner_until_it_ends(void **state)
{
    struct store_fixture *f = *state;
    struct id one = store_fixture_id(1), two = store_fixture_id(2);
    assert_true(lease(f, 1, HOUR_US));
    assert_false(lease(f, 2, HOUR_US));
    int64_t until = store_fixture_number(f, "SELECT until_us FROM lease");
    assert_true(lease(f, 1, HOUR_US));
    assert_true(store_fixture_number(f, "SELECT until_us FROM lease") > until);
    assert_int_equal(store_lease_release(f->db, "janitor", &two), ERR_OK);
    assert_false(lease(f, 2, HOUR_US));
    store_fixture_sql(f, "UPDATE lease SET until_us = 5");
    assert_true(lease(f, 2, HOUR_US));
    assert_false(lease(f, 1, HOUR_US));
    assert_int_equal(store_lease_release(f->db, "janitor", &two), ERR_OK);
    assert_int_equal(store_lease_release(f->db, "janitor", &one), ERR_OK);
    assert_true(lease(f, 1, HOUR_US));
}

static uint64_t purge(struct store_fixture *f, enum store_purge what,
                      int64_t before_us, int64_t limit)
{
    uint64_t count = 99;
    assert_int_equal(store_purge(f->db, what, before_us, limit, &count),
                     ERR_OK);
    return count;
}

static void test_purge_takes_the_oldest_first_and_no_more(void **state)
{
    struct store_fixture *f = *state;
    for (uint8_t n = 1; n <= 3; n++) {
        struct store_session s = store_fixture_session(f, n);
        s.expires_us = 10 * n;
        s.created_us = 1;
        store_fixture_put(f, &s);
    }
    assert_int_equal(purge(f, STORE_PURGE_SESSION_EXPIRED, 30, 1), 1);
    assert_int_equal(store_fixture_number(f, "SELECT MIN(expires_us) FROM "
                                             "session"),
                     20);
    assert_int_equal(purge(f, STORE_PURGE_SESSION_EXPIRED, 30, 100), 1);
    assert_int_equal(purge(f, STORE_PURGE_SESSION_EXPIRED, 30, 100), 0);
}

static void test_purge_of_the_revoked_leaves_the_living(void **state)
{
    struct store_fixture *f = *state;
    bool done = false;
    struct store_session s = store_fixture_session(f, 1);
    store_fixture_put(f, &s);
    assert_int_equal(store_session_data_put(f->db, &s.id, STR("{}"), &done),
                     ERR_OK);
    s = store_fixture_session(f, 2);
    store_fixture_put(f, &s);
    store_fixture_sql(f, "UPDATE session SET revoked_us = 7, revoked_reason = "
                         "'x' WHERE id = "
                         "x'01000000000000000000000000000001'");
    assert_int_equal(purge(f, STORE_PURGE_SESSION_REVOKED, 7, 100), 0);
    assert_int_equal(purge(f, STORE_PURGE_SESSION_REVOKED, 8, 100), 1);
    assert_int_equal(store_fixture_number(f, "SELECT COUNT(*) FROM session"),
                     1);
    assert_int_equal(
        store_fixture_number(f, "SELECT COUNT(*) FROM session_data"), 0);
}

static void test_purge_knows_every_kind(void **state)
{
    struct store_fixture *f = *state;
    struct id jti = store_fixture_id(1);
    take_one(f, low, WINDOW_US);
    assert_int_equal(store_token_revoke(f->db, &jti, 5), ERR_OK);
    store_fixture_sql(f, "INSERT INTO event (id, realm_id, at_us, kind, ip) "
                         "VALUES (x'01', 1, 5, 'x', x'')");
    store_fixture_sql(f,
                      "INSERT INTO signing_key (kid, realm_id, alg, sealed, "
                      "created_us, active_us, retired_us, expires_us) VALUES "
                      "('a', 1, 'ES256', '', 1, 1, 2, 5), "
                      "('b', 1, 'ES256', '', 1, 1, 0, 0)");
    assert_int_equal(purge(f, STORE_PURGE_TOKEN, 5, 9), 0);
    assert_int_equal(purge(f, STORE_PURGE_TOKEN, 6, 9), 1);
    assert_int_equal(purge(f, STORE_PURGE_EVENT, 6, 9), 1);
    assert_int_equal(purge(f, STORE_PURGE_KEY, 6, 9), 1);
    assert_int_equal(purge(f, STORE_PURGE_KEY, INT64_MAX, 9), 0);
    assert_int_equal(purge(f, STORE_PURGE_THROTTLE, 6, 9), 0);
    assert_int_equal(purge(f, STORE_PURGE_THROTTLE, INT64_MAX, 9), 1);
}

struct offenders {
    const char *name;
    int64_t rows, others;
    unsigned count;
};

static enum err see(void *data, const char *invariant, int64_t rows)
{
    struct offenders *o = data;
    o->count++;
    if (o->name != NULL && strcmp(invariant, o->name) == 0)
        o->rows = rows;
    else
        o->others += rows;
    return ERR_OK;
}

/* What to break, and the name it must be found by. Each starts from one sound
 * session of a sound account, and one sound key. */
static const struct {
    const char *name, *sql;
} broken[] = {
    {"session-revoked-without-reason", "UPDATE session SET revoked_us = 9"},
    {"session-reason-without-revocation",
     "UPDATE session SET revoked_reason = 'x'"},
    {"session-ends-before-it-began", "UPDATE session SET expires_us = 1"},
    {"session-outlives-its-absolute-end",
     "UPDATE session SET absolute_us = expires_us - 1"},
    {"session-from-the-future",
     "UPDATE session SET active_us = active_us + 7200000000"},
    {"session-lineage-broken", "UPDATE session SET refresh_prev = refresh_cur"},
    {"session-realm-differs-from-account", "UPDATE session SET realm_id = 2"},
    {"session-live-of-disabled-account",
     "UPDATE account SET status = 'disabled'"},
    {"account-without-way-in", "UPDATE account SET email_hash = NULL"},
    {"key-ends-without-retirement",
     "UPDATE signing_key SET retired_us = 0, expires_us = 99"},
    {"key-retired-before-active", "UPDATE signing_key SET active_us = 4"},
    {"key-from-the-future",
     "UPDATE signing_key SET created_us = 9000000000000000"},
    {"event-from-the-future",
     "INSERT INTO event (id, realm_id, at_us, kind, ip) VALUES (x'01', 1, "
     "9000000000000000, 'x', x'')"},
    /* realm 2 is a tenant of realm 1, realm 3 another application */
    {"tenant-without-application", "UPDATE realm SET app_id = 9 WHERE id = 2"},
    {"session-of-app-ends-absolutely",
     "UPDATE session SET kind = 'app', absolute_us = expires_us"},
    {"session-application-differs-from-account",
     "UPDATE session SET kind = 'app', realm_id = 3"},
    {"key-name-differs-from-purpose",
     "UPDATE signing_key SET purpose = 'static', alg = 'RS256', kid = 'd-1'"},
    {"key-of-a-tenant", "UPDATE signing_key SET purpose = 'dynamic', "
                        "alg = 'RS256', kid = 'd-1', realm_id = 2"},
    {"secret-of-a-tenant",
     "INSERT INTO app_secret (realm_id, name, sealed, created_us) "
     "VALUES (2, 'x', '', 1)"},
    {"account-linked-to-another-application",
     "INSERT INTO account (id, realm_id, primary_id, created_us, updated_us) "
     "SELECT REPEAT('x', 16), 3, id, 1, 1 FROM account"},
    {"account-joins-another-application",
     "INSERT INTO account_tenant (realm_id, account_id, created_us) "
     "SELECT 3, id, 1 FROM account"},
    {"user-map-of-a-tenant",
     "INSERT INTO app_user_map (realm_id, user_id, external_id) "
     "VALUES (2, 'u', 'e')"},
    {"user-metadata-of-a-tenant",
     "INSERT INTO app_user_metadata (realm_id, user_id, metadata) "
     "VALUES (2, 'u', '{}')"},
    {"role-of-a-tenant", "INSERT INTO app_role (realm_id, role) "
                         "VALUES (2, 'r')"},
    {"user-role-of-another-application",
     "INSERT INTO app_user_role (realm_id, user_id, role, app_id) "
     "VALUES (2, 'u', 'r', 3)"},
    {"proved-address-of-a-tenant",
     "INSERT INTO app_verified_email (realm_id, user_id, email_hash) "
     "VALUES (2, 'u', REPEAT('x', 32))"},
    {"user-token-of-another-application",
     "INSERT INTO app_token (hash, realm_id, app_id, purpose, user_id, "
     "email_sealed, email_hash, created_us, expires_us) VALUES "
     "(REPEAT('x', 32), 2, 3, 'email', 'u', '', REPEAT('x', 32), 1, 2)"},
    {"device-of-a-tenant",
     "INSERT INTO app_totp_device (realm_id, user_id, name, id, "
     "secret_sealed, period_s, skew, created_us) "
     "VALUES (2, 'u', 'n', REPEAT('x', 16), '', 30, 1, 1)"},
};

/* What applications keep, and the applications themselves, as they should be.
 */
static void put_sound_apps(struct store_fixture *f)
{
    static const char *const tables[] = {
        "app_secret",         "app_user_map", "app_user_metadata", "app_role",
        "app_verified_email", "app_token",    "app_totp_device"};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        store_fixture_sql(f, "DELETE FROM %s", tables[i]);
    store_fixture_sql(f, "REPLACE INTO realm (id, app, tenant, app_id, "
                         "created_us) VALUES (2, 'public', 't', 1, 1), "
                         "(3, 'other', 'public', 3, 1)");
    store_fixture_sql(f, "INSERT INTO app_role (realm_id, role) "
                         "VALUES (3, 'r')");
}

static void put_sound_rows(struct store_fixture *f)
{
    struct store_account acc = store_fixture_account(1);
    struct store_session s = store_fixture_session(f, 1);
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    s.account_id = acc.id;
    store_fixture_put(f, &s);
    store_fixture_sql(f,
                      "INSERT INTO signing_key (kid, realm_id, alg, sealed, "
                      "created_us, active_us, retired_us, expires_us) VALUES "
                      "('a', 1, 'ES256', '', 1, 1, 2, 5)");
}

static struct offenders check(struct store_fixture *f, const char *name)
{
    struct offenders o = {.name = name};
    assert_int_equal(store_check(f->db, f->arena, see, &o), ERR_OK);
    return o;
}

static void test_check_finds_each_broken_invariant_by_name(void **state)
{
    struct store_fixture *f = *state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        store_fixture_clear(state);
        put_sound_apps(f);
        put_sound_rows(f);
        assert_int_equal(check(f, NULL).others, 0);
        store_fixture_sql(f, "%s", broken[i].sql);
        struct offenders o = check(f, broken[i].name);
        if (o.rows != 1 || o.others != 0)
            fail_msg("%s: %ld rows, %ld elsewhere", broken[i].name,
                     (long)o.rows, (long)o.others);
        assert_int_equal(o.count, sizeof(broken) / sizeof(broken[0]) + 1);
    }
    store_fixture_clear(state);
    put_sound_apps(f);
}

static void test_check_finds_a_shared_current_key(void **state)
{
    struct store_fixture *f = *state;
    struct store_session s = store_fixture_session(f, 1);
    store_fixture_put(f, &s);
    s.id = store_fixture_id(2);
    store_fixture_put(f, &s);
    struct offenders o = check(f, "session-current-key-shared");
    assert_int_equal(o.rows, 1);
    assert_int_equal(o.others, 0);
}

/* A worker of its own, which has stored an event or has tried to. */
static struct db *worker(const struct store_fixture *f, uint8_t n, bool keep)
{
    struct db *db = NULL;
    struct store_event e = {.id = store_fixture_id(n),
                            .realm_id = REALM,
                            .kind = "x",
                            .user_agent = STR(""),
                            .request_id = STR("")};
    assert_int_equal(db_new(f->config, DB_SERVICE, &db), ERR_OK);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(store_event_insert(db, &e), ERR_OK);
    if (keep)
        assert_int_equal(db_commit(db), ERR_OK);
    else
        db_rollback(db);
    return db;
}

static enum err connected_again(const struct store_fixture *f, struct db *db)
{
    store_fixture_kill(f, store_fixture_thread(db));
    return db_ready(db);
}

static void
test_f13_database_that_lacks_what_was_stored_is_refused(void **state)
{
    struct store_fixture *f = *state;
    struct db *db = worker(f, 2, true);
    store_fixture_sql(f, "UPDATE event SET id = REVERSE(id)");
    assert_int_equal(connected_again(f, db), ERR_UNAVAILABLE);
    assert_int_equal(db_ready(db), ERR_UNAVAILABLE);
    /* It has caught up; the next try may have to wait. */
    store_fixture_sql(f, "UPDATE event SET id = REVERSE(id)");
    for (int i = 0; i < 1000 && db_ready(db) != ERR_OK; i++)
        usleep(10000);
    assert_int_equal(db_ready(db), ERR_OK);
    db_free(&db);
}

static void test_f13_what_was_never_kept_is_not_missed(void **state)
{
    struct store_fixture *f = *state;
    struct db *db = worker(f, 1, false);
    assert_int_equal(connected_again(f, db), ERR_OK);
    db_free(&db);
    db = worker(f, 1, true);
    assert_int_equal(connected_again(f, db), ERR_OK);
    db_free(&db);
}

static void test_f13_what_may_have_been_purged_is_not_missed(void **state)
{
    struct store_fixture *f = *state;
    struct db *db = worker(f, 1, true);
    store_fixture_sql(f, "DELETE FROM event");
    db->witness_at_us -= 25 * HOUR_US;
    assert_int_equal(connected_again(f, db), ERR_OK);
    db_free(&db);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, store_fixture_clear)
    const struct CMUnitTest tests[] = {
        CASE(test_event_keeps_what_it_was_told),
        CASE(test_too_long_text_is_refused_not_cut),
        CASE(test_bucket_counts_within_one_window),
        CASE(test_bucket_starts_anew_when_its_window_is_over),
        CASE(test_two_buckets_answer_in_the_callers_order),
        CASE(test_release_gives_back_one_or_all),
        CASE(test_lease_has_one_owner_until_it_ends),
        CASE(test_purge_takes_the_oldest_first_and_no_more),
        CASE(test_purge_of_the_revoked_leaves_the_living),
        CASE(test_purge_knows_every_kind),
        CASE(test_check_finds_each_broken_invariant_by_name),
        CASE(test_check_finds_a_shared_current_key),
        CASE(test_f13_database_that_lacks_what_was_stored_is_refused),
        CASE(test_f13_what_was_never_kept_is_not_missed),
        CASE(test_f13_what_may_have_been_purged_is_not_missed),
    };
    return cmocka_run_group_tests(tests, store_fixture_setup,
                                  store_fixture_teardown);
}
