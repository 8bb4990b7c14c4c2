/* SPDX-License-Identifier: MIT */
/* The connection: when it opens, when it must not, and what its schema is. */
#include <mysql.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/db_conn.h"
#include "store/store_event.h"
#include "store_fixture.h"

static void test_handle_opens_at_its_first_statement(void **state)
{
    struct store_fixture *f = *state;
    struct db *db = NULL;
    assert_int_equal(db_new(f->config, DB_SERVICE, &db), ERR_OK);
    assert_int_equal(store_fixture_thread(db), 0);
    assert_int_equal(db_ready(db), ERR_OK);
    assert_int_not_equal(store_fixture_thread(db), 0);
    assert_string_equal(db_error(db), "");
    db_free(&db);
    assert_null(db);
    db_free(&db);
}

/* The value of a session variable of the handle's own connection. */
static void assert_setting(struct db *db, const char *name, const char *value)
{
    char sql[128];
    snprintf(sql, sizeof(sql), "SELECT @@SESSION.%s", name);
    assert_int_equal(mysql_query(db->mysql, sql), 0);
    MYSQL_RES *result = mysql_store_result(db->mysql);
    MYSQL_ROW row = mysql_fetch_row(result);
    assert_string_equal(row[0], value);
    mysql_free_result(result);
}

static void assert_settings(struct db *db)
{
    assert_setting(db, "tx_isolation", "READ-COMMITTED");
    assert_setting(db, "innodb_lock_wait_timeout", "3");
    assert_setting(db, "lock_wait_timeout", "3");
    assert_setting(db, "time_zone", "+00:00");
    assert_setting(db, "autocommit", "1");
    assert_setting(db, "character_set_client", "utf8mb4");
    assert_setting(db, "sql_mode LIKE '%STRICT_ALL_TABLES%'", "1");
    assert_setting(db, "wsrep_sync_wait", "7");
    assert_setting(db, "wsrep_dirty_reads", "0");
}

static void test_settings_hold_and_hold_again_after_a_loss(void **state)
{
    struct store_fixture *f = *state;
    assert_int_equal(db_ready(f->db), ERR_OK);
    assert_settings(f->db);
    store_fixture_kill(f, store_fixture_thread(f->db));
    assert_true(store_fixture_now(f) > 0);
    assert_settings(f->db);
}

static void test_every_statement_matches_the_schema_and_the_rights(void **state)
{
    struct store_fixture *f = *state;
    assert_int_equal(db_check_statements(f->db), ERR_OK);
}

static void test_missing_column_is_found_by_the_check(void **state)
{
    struct store_fixture *f = *state;
    store_fixture_sql(f, "ALTER TABLE throttle RENAME COLUMN used TO taken");
    assert_int_equal(db_check_statements(f->db), ERR_SCHEMA);
    store_fixture_sql(f, "ALTER TABLE throttle RENAME COLUMN taken TO used");
    assert_int_equal(db_check_statements(f->db), ERR_OK);
}

static void test_missing_right_is_found_by_the_check(void **state)
{
    struct store_fixture *f = *state;
    store_fixture_sql(f, "REVOKE INSERT ON event FROM gatehouse@localhost");
    assert_int_equal(db_check_statements(f->db), ERR_INTERNAL);
    store_fixture_sql(f, "GRANT INSERT ON event TO gatehouse@localhost");
    assert_int_equal(db_check_statements(f->db), ERR_OK);
}

static void
test_the_audit_trail_and_tables_are_not_the_services_A_13_2_2(void **state)
{
    struct store_fixture *f = *state;
    assert_int_equal(db_ready(f->db), ERR_OK);
    assert_int_not_equal(
        mysql_query(f->db->mysql, "UPDATE event SET kind = 'x'"), 0);
    assert_int_not_equal(mysql_query(f->db->mysql, "DROP TABLE session"), 0);
    assert_int_not_equal(mysql_query(f->db->mysql, "DELETE FROM api_key"), 0);
}

static void test_older_schema_is_refused(void **state)
{
    struct store_fixture *f = *state;
    struct db *db = NULL;
    assert_int_equal(db_new(f->config, DB_SERVICE, &db), ERR_OK);
    store_fixture_sql(f, "UPDATE schema_migration SET version = version - 1");
    assert_int_equal(db_ready(db), ERR_SCHEMA);
    assert_non_null(strstr(db_error(db), "older"));
    store_fixture_sql(f, "UPDATE schema_migration SET version = version + 1 "
                         "ORDER BY version DESC");
    db_free(&db);
}

static void F39_newer_schema_is_used_when_it_is_compatible(void **state)
{
    struct store_fixture *f = *state;
    struct db *db = NULL;
    int64_t now = 0;
    assert_int_equal(db_new(f->config, DB_SERVICE, &db), ERR_OK);
    store_fixture_sql(f, "INSERT INTO schema_migration "
                         "SELECT 9, MAX(version), 'x', '', 0 "
                         "FROM schema_migration");
    assert_int_equal(db_ready(db), ERR_OK);
    assert_int_equal(store_now(db, f->arena, &now), ERR_OK);
    store_fixture_sql(f, "DELETE FROM schema_migration WHERE version = 9");
    db_free(&db);
}

static void F39_newer_schema_that_is_not_compatible_is_refused(void **state)
{
    struct store_fixture *f = *state;
    struct db *db = NULL;
    int64_t now = 0;
    assert_int_equal(db_new(f->config, DB_SERVICE, &db), ERR_OK);
    store_fixture_sql(f,
                      "INSERT INTO schema_migration VALUES (9, 9, 'x', '', 0)");
    assert_int_equal(db_ready(db), ERR_SCHEMA);
    assert_non_null(strstr(db_error(db), "too new"));
    assert_int_equal(store_now(db, f->arena, &now), ERR_SCHEMA);
    assert_int_equal(store_fixture_thread(db), 0);
    store_fixture_sql(f, "DELETE FROM schema_migration WHERE version = 9");
    while (db_ready(db) == ERR_SCHEMA)
        usleep(20000);
    assert_int_equal(store_now(db, f->arena, &now), ERR_OK);
    db_free(&db);
}

static void test_dead_database_is_unavailable_at_once(void **state)
{
    struct store_fixture *f = *state;
    struct db *db = NULL;
    struct config *c = store_fixture_config(f, "/nonexistent/socket", "");
    assert_int_equal(db_new(c, DB_SERVICE, &db), ERR_OK);
    assert_int_equal(db_ready(db), ERR_UNAVAILABLE);
    assert_string_not_equal(db_error(db), "");
    int64_t next = db->next_try_us;
    assert_true(next > clock_monotonic_us());
    assert_int_equal(db_ready(db), ERR_UNAVAILABLE);
    assert_int_equal(db_begin(db), ERR_UNAVAILABLE);
    /* nobody tried again within the pause */
    assert_int_equal(db->next_try_us, next);
    db_free(&db);
    config_free(&c);
}

static void test_stopped_server_is_unavailable_and_comes_back(void **state)
{
    struct store_fixture *f = *state;
    int64_t now = 0;
    assert_true(store_fixture_now(f) > 0);
    store_fixture_server(f, "kill");
    assert_int_equal(store_now(f->db, f->arena, &now), ERR_UNAVAILABLE);
    store_fixture_server(f, "start");
    while (store_now(f->db, f->arena, &now) == ERR_UNAVAILABLE)
        usleep(20000);
    assert_true(now > 0);
    mysql_close(f->root);
    f->root = mysql_init(NULL);
    assert_non_null(mysql_real_connect(f->root, NULL, "root", NULL, "gatehouse",
                                       0, f->socket, 0));
}

static void test_killed_idle_connection_is_opened_again(void **state)
{
    struct store_fixture *f = *state;
    struct id jti = store_fixture_id(1);
    assert_int_equal(db_ready(f->db), ERR_OK);
    unsigned long before = store_fixture_thread(f->db);
    store_fixture_kill(f, before);
    /* a write: it may be sent again only because it was not sent before */
    assert_int_equal(store_token_revoke(f->db, &jti, 1), ERR_OK);
    assert_int_not_equal(store_fixture_thread(f->db), before);
}

static void test_wait_timeout_is_not_noticed(void **state)
{
    struct store_fixture *f = *state;
    assert_int_equal(db_ready(f->db), ERR_OK);
    unsigned long before = store_fixture_thread(f->db);
    assert_int_equal(mysql_query(f->db->mysql, "SET SESSION wait_timeout = 1"),
                     0);
    while (store_fixture_number(f,
                                "SELECT COUNT(*) FROM "
                                "information_schema.processlist WHERE id = %lu",
                                before) > 0)
        usleep(50000);
    assert_int_equal(db_begin(f->db), ERR_OK);
    assert_int_not_equal(store_fixture_thread(f->db), before);
    db_rollback(f->db);
}

static void test_kill_in_a_transaction_is_never_healed_silently(void **state)
{
    struct store_fixture *f = *state;
    struct id one = store_fixture_id(1), two = store_fixture_id(2);
    assert_int_equal(db_begin(f->db), ERR_OK);
    assert_int_equal(store_token_revoke(f->db, &one, 1), ERR_OK);
    store_fixture_kill(f, store_fixture_thread(f->db));
    assert_int_equal(store_token_revoke(f->db, &two, 1), ERR_UNAVAILABLE);
    assert_int_equal(store_token_revoke(f->db, &two, 1), ERR_UNAVAILABLE);
    assert_int_equal(db_commit(f->db), ERR_UNAVAILABLE);
    assert_int_equal(
        store_fixture_number(f, "SELECT COUNT(*) FROM token_revocation"), 0);
    assert_int_equal(store_token_revoke(f->db, &two, 1), ERR_OK);
}

static void test_begin_and_commit_come_in_pairs(void **state)
{
    struct store_fixture *f = *state;
    assert_int_equal(db_commit(f->db), ERR_INTERNAL);
    db_rollback(f->db);
    assert_int_equal(db_begin(f->db), ERR_OK);
    assert_int_equal(db_begin(f->db), ERR_INTERNAL);
    assert_int_equal(db_commit(f->db), ERR_OK);
}

static void test_child_forgets_the_parents_connection(void **state)
{
    struct store_fixture *f = *state;
    int status = -1;
    assert_int_equal(db_begin(f->db), ERR_OK);
    unsigned long before = store_fixture_thread(f->db);
    pid_t pid = fork();
    if (pid == 0) {
        db_abandon(f->db);
        _exit(f->db->mysql == NULL && db_ready(f->db) == ERR_OK &&
                      store_fixture_thread(f->db) != before
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(store_fixture_thread(f->db), before);
    assert_int_equal(db_commit(f->db), ERR_OK);
}

static void test_new_configuration_counts_from_the_next_connection(void **state)
{
    struct store_fixture *f = *state;
    struct config *c = store_fixture_config(f, "/nonexistent/socket", "");
    struct db *db = NULL;
    assert_int_equal(db_new(f->config, DB_SERVICE, &db), ERR_OK);
    assert_int_equal(db_ready(db), ERR_OK);
    db_configure(db, c);
    assert_int_equal(db_ready(db), ERR_OK);
    store_fixture_kill(f, store_fixture_thread(db));
    assert_int_equal(db_ready(db), ERR_UNAVAILABLE);
    db_free(&db);
    config_free(&c);
}

static void test_hosts_are_tried_in_turn(void **state)
{
    struct store_fixture *f = *state;
    struct config *c = store_fixture_config(
        f, "", "host = 127.0.0.1, ::1 ,localhost\nport = 1\n");
    struct db *db = NULL;
    assert_int_equal(db_new(c, DB_SERVICE, &db), ERR_OK);
    assert_int_equal(db_ready(db), ERR_UNAVAILABLE);
    db_free(&db);
    config_free(&c);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, store_fixture_clear)
    const struct CMUnitTest tests[] = {
        CASE(test_handle_opens_at_its_first_statement),
        CASE(test_settings_hold_and_hold_again_after_a_loss),
        CASE(test_every_statement_matches_the_schema_and_the_rights),
        CASE(test_missing_column_is_found_by_the_check),
        CASE(test_missing_right_is_found_by_the_check),
        CASE(test_the_audit_trail_and_tables_are_not_the_services_A_13_2_2),
        CASE(test_older_schema_is_refused),
        CASE(F39_newer_schema_is_used_when_it_is_compatible),
        CASE(F39_newer_schema_that_is_not_compatible_is_refused),
        CASE(test_dead_database_is_unavailable_at_once),
        CASE(test_stopped_server_is_unavailable_and_comes_back),
        CASE(test_killed_idle_connection_is_opened_again),
        CASE(test_wait_timeout_is_not_noticed),
        CASE(test_kill_in_a_transaction_is_never_healed_silently),
        CASE(test_begin_and_commit_come_in_pairs),
        CASE(test_child_forgets_the_parents_connection),
        CASE(test_new_configuration_counts_from_the_next_connection),
        CASE(test_hosts_are_tried_in_turn),
    };
    return cmocka_run_group_tests(tests, store_fixture_setup,
                                  store_fixture_teardown);
}
