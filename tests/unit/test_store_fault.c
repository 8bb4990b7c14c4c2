/* SPDX-License-Identifier: MIT */
/* What each failure of the database is called, and what was kept of a write
 * whose answer never came. */
#include <mysql.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/db_conn.h"
#include "store/store_event.h"
#include "store_fixture.h"
#include "store_proxy.h"

static struct id id_of(uint8_t n)
{
    return store_fixture_id(n);
}

static enum err revoke_token(struct db *db, uint8_t n)
{
    struct id jti = id_of(n);
    return store_token_revoke(db, &jti, 1);
}

static int64_t tokens(const struct store_fixture *f)
{
    return store_fixture_number(f, "SELECT COUNT(*) FROM token_revocation");
}

static struct db *open_through(const struct store_fixture *f,
                               const struct proxy *p, struct config **c_r)
{
    struct db *db = NULL;
    *c_r = store_fixture_config(f, p->path, "read_timeout = 1\n");
    assert_int_equal(db_new(*c_r, DB_SERVICE, &db), ERR_OK);
    assert_int_equal(db_ready(db), ERR_OK);
    /* prepared before the fault, or it would meet the preparation */
    assert_int_equal(revoke_token(db, 99), ERR_OK);
    return db;
}

static void test_duplicate_key_is_told_and_leaves_the_transaction(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(1);
    assert_int_equal(db_begin(f->db), ERR_OK);
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    acc.id = id_of(2);
    assert_int_equal(store_account_insert(f->db, &acc), ERR_DUPLICATE_ROW);
    assert_int_equal(revoke_token(f->db, 1), ERR_OK);
    assert_int_equal(db_commit(f->db), ERR_OK);
    assert_int_equal(tokens(f), 1);
}

static void test_lock_wait_rolls_the_whole_transaction_back(void **state)
{
    struct store_fixture *f = *state;
    assert_int_equal(revoke_token(f->db, 1), ERR_OK);
    mysql_query(f->db->mysql, "SET SESSION innodb_lock_wait_timeout = 0");
    store_fixture_sql(f, "START TRANSACTION");
    store_fixture_sql(f, "SELECT 1 FROM token_revocation "
                         "WHERE jti = x'01000000000000000000000000000001' "
                         "FOR UPDATE");
    assert_int_equal(db_begin(f->db), ERR_OK);
    assert_int_equal(revoke_token(f->db, 2), ERR_OK);
    assert_int_equal(revoke_token(f->db, 1), ERR_RETRY);
    /* InnoDB kept token 2: going on would commit half the work */
    assert_int_equal(revoke_token(f->db, 3), ERR_RETRY);
    assert_int_equal(db_commit(f->db), ERR_RETRY);
    store_fixture_sql(f, "ROLLBACK");
    assert_int_equal(tokens(f), 1);
    mysql_query(f->db->mysql, "SET SESSION innodb_lock_wait_timeout = 3");
}

static void test_lock_wait_outside_a_transaction_is_unavailable(void **state)
{
    struct store_fixture *f = *state;
    assert_int_equal(revoke_token(f->db, 1), ERR_OK);
    mysql_query(f->db->mysql, "SET SESSION innodb_lock_wait_timeout = 0");
    store_fixture_sql(f, "START TRANSACTION");
    store_fixture_sql(f, "SELECT 1 FROM token_revocation "
                         "WHERE jti = x'01000000000000000000000000000001' "
                         "FOR UPDATE");
    assert_int_equal(revoke_token(f->db, 1), ERR_UNAVAILABLE);
    store_fixture_sql(f, "ROLLBACK");
    assert_int_equal(revoke_token(f->db, 1), ERR_OK);
    mysql_query(f->db->mysql, "SET SESSION innodb_lock_wait_timeout = 3");
}

struct crossing {
    struct db *db;
    uint8_t first, second;
    pthread_barrier_t *met;
    unsigned runs;
    bool meet; /* the first run waits for the other side's first lock */
    enum err result;
};

static enum err cross(void *data)
{
    struct crossing *c = data;
    struct id one = id_of(c->first), two = id_of(c->second);
    c->runs++;
    enum err e = store_token_revoke(c->db, &one, 2 + c->runs);
    if (c->meet)
        pthread_barrier_wait(c->met);
    c->meet = false;
    return e == ERR_OK ? store_token_revoke(c->db, &two, 2 + c->runs) : e;
}

static void *cross_thread(void *data)
{
    struct crossing *c = data;
    c->result = db_transact(c->db, cross, c);
    return NULL;
}

static void test_deadlock_is_retried_by_the_one_that_lost(void **state)
{
    struct store_fixture *f = *state;
    pthread_barrier_t met;
    pthread_t thread;
    struct db *other = NULL;
    assert_int_equal(db_new(f->config, DB_SERVICE, &other), ERR_OK);
    assert_int_equal(revoke_token(f->db, 1), ERR_OK);
    assert_int_equal(revoke_token(other, 2), ERR_OK);
    pthread_barrier_init(&met, NULL, 2);
    struct crossing a = {f->db, 1, 2, &met, 0, true, ERR_INTERNAL};
    struct crossing b = {other, 2, 1, &met, 0, true, ERR_INTERNAL};
    assert_int_equal(pthread_create(&thread, NULL, cross_thread, &b), 0);
    cross_thread(&a);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&met);
    assert_int_equal(a.result, ERR_OK);
    assert_int_equal(b.result, ERR_OK);
    assert_int_equal(a.runs + b.runs, 3);
    db_free(&other);
}

static enum err always_retry(void *data)
{
    ++*(unsigned *)data;
    return ERR_RETRY;
}

static enum err always_conflict(void *data)
{
    struct store_fixture *f = data;
    assert_int_equal(revoke_token(f->db, 7), ERR_OK);
    return ERR_CONFLICT;
}

static void test_transactions_are_retried_three_times_and_no_more(void **state)
{
    struct store_fixture *f = *state;
    unsigned runs = 0;
    assert_int_equal(db_transact(f->db, always_retry, &runs), ERR_UNAVAILABLE);
    assert_int_equal(runs, 4);
    assert_int_equal(db_transact(f->db, always_conflict, f), ERR_CONFLICT);
    assert_int_equal(tokens(f), 0);
}

static void test_read_only_server_still_answers_reads(void **state)
{
    struct store_fixture *f = *state;
    store_fixture_sql(f, "SET GLOBAL read_only = 1");
    assert_int_equal(revoke_token(f->db, 1), ERR_UNAVAILABLE);
    assert_true(store_fixture_now(f) > 0);
    assert_int_equal(db_begin(f->db), ERR_OK);
    assert_int_equal(revoke_token(f->db, 1), ERR_UNAVAILABLE);
    db_rollback(f->db);
    store_fixture_sql(f, "SET GLOBAL read_only = 0");
    assert_int_equal(revoke_token(f->db, 1), ERR_OK);
}

static void test_full_server_is_unavailable_and_recovers(void **state)
{
    struct store_fixture *f = *state;
    struct db *others[12] = {NULL};
    unsigned refused = 0;
    store_fixture_sql(f, "SET GLOBAL max_connections = 10");
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(db_new(f->config, DB_SERVICE, &others[i]), ERR_OK);
        refused += db_ready(others[i]) == ERR_UNAVAILABLE;
    }
    assert_true(refused > 0);
    store_fixture_sql(f, "SET GLOBAL max_connections = 100");
    while (db_ready(others[11]) == ERR_UNAVAILABLE)
        usleep(20000);
    assert_int_equal(db_ready(others[11]), ERR_OK);
    for (size_t i = 0; i < 12; i++)
        db_free(&others[i]);
}

static void test_no_room_for_statements_is_unavailable(void **state)
{
    struct store_fixture *f = *state;
    struct db *db = NULL;
    assert_int_equal(db_new(f->config, DB_SERVICE, &db), ERR_OK);
    assert_int_equal(db_ready(db), ERR_OK);
    store_fixture_sql(f, "SET GLOBAL max_prepared_stmt_count = 0");
    assert_int_equal(revoke_token(db, 1), ERR_UNAVAILABLE);
    store_fixture_sql(f, "SET GLOBAL max_prepared_stmt_count = 16382");
    assert_int_equal(revoke_token(db, 1), ERR_OK);
    db_free(&db);
}

static void test_lost_statement_handle_is_prepared_again(void **state)
{
    struct store_fixture *f = *state;
    assert_int_equal(revoke_token(f->db, 1), ERR_OK);
    /* COM_RESET_CONNECTION closes all handles on the server */
    assert_int_equal(mysql_reset_connection(f->db->mysql), 0);
    assert_int_equal(revoke_token(f->db, 2), ERR_OK);
    assert_int_equal(tokens(f), 2);
}

static void test_write_lost_on_its_way_is_uncertain(void **state)
{
    struct store_fixture *f = *state;
    struct config *c = NULL;
    struct proxy p;
    proxy_start(&p, f->dir, f->socket);
    struct db *db = open_through(f, &p, &c);
    proxy_set(&p, PROXY_DROP_COMMAND);
    /* the client cannot know where it was lost: never "it failed" */
    assert_int_equal(revoke_token(db, 1), ERR_UNCERTAIN);
    assert_int_equal(tokens(f), 1);
    assert_int_equal(revoke_token(db, 1), ERR_OK);
    db_free(&db);
    proxy_stop(&p);
    config_free(&c);
}

static void test_write_whose_answer_is_lost_is_uncertain(void **state)
{
    struct store_fixture *f = *state;
    struct config *c = NULL;
    struct proxy p;
    proxy_start(&p, f->dir, f->socket);
    struct db *db = open_through(f, &p, &c);
    proxy_set(&p, PROXY_DROP_ANSWER);
    assert_int_equal(revoke_token(db, 1), ERR_UNCERTAIN);
    assert_int_equal(tokens(f), 2);
    db_free(&db);
    proxy_stop(&p);
    config_free(&c);
}

static void test_read_whose_answer_is_lost_is_asked_again(void **state)
{
    struct store_fixture *f = *state;
    struct config *c = NULL;
    struct proxy p;
    int64_t now = 0;
    proxy_start(&p, f->dir, f->socket);
    struct db *db = open_through(f, &p, &c);
    assert_int_equal(store_now(db, f->arena, &now), ERR_OK);
    proxy_set(&p, PROXY_DROP_ANSWER);
    assert_int_equal(store_now(db, f->arena, &now), ERR_OK);
    assert_int_equal(atomic_load(&p.connections), 2);
    db_free(&db);
    proxy_stop(&p);
    config_free(&c);
}

static void test_transaction_lost_before_commit_is_absent(void **state)
{
    struct store_fixture *f = *state;
    struct config *c = NULL;
    struct proxy p;
    proxy_start(&p, f->dir, f->socket);
    struct db *db = open_through(f, &p, &c);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(revoke_token(db, 1), ERR_OK);
    proxy_set(&p, PROXY_DROP_ANSWER);
    assert_int_equal(revoke_token(db, 2), ERR_UNAVAILABLE);
    assert_int_equal(db_commit(db), ERR_UNAVAILABLE);
    assert_int_equal(tokens(f), 1);
    /* one connection only: nothing was sent over a second one */
    assert_int_equal(atomic_load(&p.connections), 1);
    db_free(&db);
    proxy_stop(&p);
    config_free(&c);
}

static void test_commit_whose_answer_is_lost_is_uncertain(void **state)
{
    struct store_fixture *f = *state;
    struct config *c = NULL;
    struct proxy p;
    proxy_start(&p, f->dir, f->socket);
    struct db *db = open_through(f, &p, &c);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(revoke_token(db, 1), ERR_OK);
    proxy_set(&p, PROXY_DROP_ANSWER);
    assert_int_equal(db_commit(db), ERR_UNCERTAIN);
    assert_int_equal(tokens(f), 2);
    db_rollback(db);
    assert_int_equal(revoke_token(db, 2), ERR_OK);
    db_free(&db);
    proxy_stop(&p);
    config_free(&c);
}

static void test_hung_server_costs_one_read_timeout(void **state)
{
    struct store_fixture *f = *state;
    struct config *c = NULL;
    struct proxy p;
    int64_t now = 0;
    proxy_start(&p, f->dir, f->socket);
    struct db *db = open_through(f, &p, &c);
    assert_int_equal(store_now(db, f->arena, &now), ERR_OK);
    proxy_set(&p, PROXY_HANG);
    assert_int_equal(store_now(db, f->arena, &now), ERR_UNAVAILABLE);
    assert_null(db->mysql);
    assert_int_equal(atomic_load(&p.connections), 1);
    proxy_set(&p, PROXY_PASS);
    while (store_now(db, f->arena, &now) == ERR_UNAVAILABLE)
        usleep(20000);
    db_free(&db);
    proxy_stop(&p);
    config_free(&c);
}

static void test_read_only_server_is_left_for_the_next_host(void **state)
{
    struct store_fixture *f = *state;
    struct config *c =
        store_fixture_config(f, "", "host = 127.0.0.1,::1\nport = 1\n");
    struct db *db = NULL;
    assert_int_equal(db_new(c, DB_SERVICE, &db), ERR_OK);
    assert_int_equal(db_failed(db, 1290, "read-only", DB_WRITE),
                     ERR_UNAVAILABLE);
    assert_true(db->leave);
    assert_int_equal(db_failed(f->db, 1290, "read-only", DB_WRITE),
                     ERR_UNAVAILABLE);
    assert_false(f->db->leave);
    db_free(&db);
    config_free(&c);
}

static void test_replica_is_not_left_again_at_once(void **state)
{
    struct store_fixture *f = *state;
    struct config *c =
        store_fixture_config(f, "", "host = 127.0.0.1,::1\nport = 1\n");
    struct db *db = NULL;
    assert_int_equal(db_new(c, DB_SERVICE, &db), ERR_OK);
    db->stay_until_us = INT64_MAX;
    assert_int_equal(db_failed(db, 1290, "read-only", DB_WRITE),
                     ERR_UNAVAILABLE);
    assert_false(db->leave);
    /* A node outside its cluster cannot even read. */
    assert_int_equal(db_failed(db, 1047, "not prepared", DB_READ),
                     ERR_UNAVAILABLE);
    assert_true(db->leave);
    db_free(&db);
    config_free(&c);
}

struct kind_case {
    unsigned number;
    enum db_phase phase;
    enum err err;
};

static const struct kind_case kinds[] = {
    {1021, DB_WRITE, ERR_UNAVAILABLE}, /* disk full */
    {1026, DB_WRITE, ERR_UNAVAILABLE},  {1030, DB_WRITE, ERR_UNAVAILABLE},
    {1114, DB_WRITE, ERR_UNAVAILABLE},  {1040, DB_UNSENT, ERR_UNAVAILABLE},
    {1203, DB_UNSENT, ERR_UNAVAILABLE}, {1317, DB_WRITE, ERR_UNAVAILABLE},
    {1836, DB_WRITE, ERR_UNAVAILABLE},  {1792, DB_WRITE, ERR_UNAVAILABLE},
    {1836, DB_COMMIT, ERR_UNAVAILABLE}, {1213, DB_COMMIT, ERR_RETRY},
    {1205, DB_COMMIT, ERR_UNCERTAIN},   {1180, DB_COMMIT, ERR_UNCERTAIN},
    {1180, DB_WRITE, ERR_UNCERTAIN},    {1053, DB_WRITE, ERR_UNCERTAIN},
    {1927, DB_WRITE, ERR_UNCERTAIN},    {1927, DB_READ, ERR_UNAVAILABLE},
    {4031, DB_WRITE, ERR_UNAVAILABLE},  {2006, DB_WRITE, ERR_UNAVAILABLE},
    {2006, DB_COMMIT, ERR_UNAVAILABLE}, {2013, DB_READ, ERR_UNAVAILABLE},
    {2013, DB_WRITE, ERR_UNCERTAIN},    {2013, DB_COMMIT, ERR_UNCERTAIN},
    {2014, DB_READ, ERR_UNAVAILABLE},   {2026, DB_WRITE, ERR_UNCERTAIN},
    {5013, DB_READ, ERR_UNAVAILABLE},   {1146, DB_UNSENT, ERR_SCHEMA},
    {1054, DB_UNSENT, ERR_SCHEMA},      {1062, DB_WRITE, ERR_DUPLICATE_ROW},
    {1064, DB_UNSENT, ERR_INTERNAL},    {1366, DB_WRITE, ERR_INTERNAL},
    {1452, DB_WRITE, ERR_INTERNAL},
};

static void test_every_number_has_its_meaning(void **state)
{
    struct store_fixture *f = *state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct kind_case *k = &kinds[i];
        enum err e = db_failed(f->db, k->number, "x", k->phase);
        if (e != k->err)
            fail_msg("%u in phase %d is %s", k->number, (int)k->phase,
                     err_name(e));
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, store_fixture_clear)
    const struct CMUnitTest tests[] = {
        CASE(test_duplicate_key_is_told_and_leaves_the_transaction),
        CASE(test_lock_wait_rolls_the_whole_transaction_back),
        CASE(test_lock_wait_outside_a_transaction_is_unavailable),
        CASE(test_deadlock_is_retried_by_the_one_that_lost),
        CASE(test_transactions_are_retried_three_times_and_no_more),
        CASE(test_read_only_server_still_answers_reads),
        CASE(test_full_server_is_unavailable_and_recovers),
        CASE(test_no_room_for_statements_is_unavailable),
        CASE(test_lost_statement_handle_is_prepared_again),
        CASE(test_write_lost_on_its_way_is_uncertain),
        CASE(test_write_whose_answer_is_lost_is_uncertain),
        CASE(test_read_whose_answer_is_lost_is_asked_again),
        CASE(test_transaction_lost_before_commit_is_absent),
        CASE(test_commit_whose_answer_is_lost_is_uncertain),
        CASE(test_hung_server_costs_one_read_timeout),
        CASE(test_read_only_server_is_left_for_the_next_host),
        CASE(test_replica_is_not_left_again_at_once),
        CASE(test_every_number_has_its_meaning),
    };
    return cmocka_run_group_tests(tests, store_fixture_setup,
                                  store_fixture_teardown);
}
