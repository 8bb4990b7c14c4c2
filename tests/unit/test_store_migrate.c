/* SPDX-License-Identifier: MIT */
/* Migrations: once each, in order, by one runner, and never over a change. */
#include <mysql.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/migrate.h"
#include "store_fixture.h"

#define SQL_FOLDER GATEHOUSE_TEST_SOURCE "/sql"

static void write_sql(const struct store_fixture *f, const char *name,
                      const char *text)
{
    char path[192];
    snprintf(path, sizeof(path), "%s/sql", f->dir);
    (void)mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/sql/%s", f->dir, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    fclose(out);
}

static void remove_sql(const struct store_fixture *f, const char *name)
{
    char path[192];
    snprintf(path, sizeof(path), "%s/sql/%s", f->dir, name);
    assert_int_equal(unlink(path), 0);
}

/* Runs from folder; what it told is in told[512]. */
static enum err run(const struct store_fixture *f, const char *folder,
                    char *told)
{
    struct db *db = NULL;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    assert_int_equal(db_new(f->config, DB_MIGRATE, &db), ERR_OK);
    enum err e = migrate(db, folder, out);
    db_free(&db);
    fclose(out);
    snprintf(told, 512, "%s", text);
    free(text);
    return e;
}

static enum err run_own(const struct store_fixture *f, char *told)
{
    char folder[128];
    snprintf(folder, sizeof(folder), "%s/sql", f->dir);
    return run(f, folder, told);
}

/* Each case starts from an empty schema and an empty folder. */
static int empty_schema(void **state)
{
    struct store_fixture *f = *state;
    char command[160];
    store_fixture_sql(f, "DROP DATABASE gatehouse");
    store_fixture_sql(f, "CREATE DATABASE gatehouse");
    store_fixture_sql(f, "USE gatehouse");
    static const char *const names[] = {"0001_a.sql", "0002_b.sql",
                                        "0003_c.sql", "0001_x.sql"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(command, sizeof(command), "%s/sql/%s", f->dir, names[i]);
        (void)unlink(command);
    }
    return 0;
}

static int64_t applied(const struct store_fixture *f)
{
    return store_fixture_number(f, "SELECT COUNT(*) FROM schema_migration");
}

static void test_empty_schema_is_refused_by_the_service(void **state)
{
    struct store_fixture *f = *state;
    struct db *db = NULL;
    assert_int_equal(db_new(f->config, DB_SERVICE, &db), ERR_OK);
    /* no right at all, so not even the ledger can be read */
    assert_int_not_equal(db_ready(db), ERR_OK);
    db_free(&db);
}

static void test_our_own_files_apply_once(void **state)
{
    struct store_fixture *f = *state;
    char told[512];
    assert_int_equal(run(f, SQL_FOLDER, told), ERR_OK);
    assert_string_equal(told, "0001_init.sql: applied\n"
                              "0002_accounts.sql: applied\n"
                              "0003_oauth2.sql: applied\n"
                              "0004_apps.sql: applied\n");
    assert_int_equal(run(f, SQL_FOLDER, told), ERR_OK);
    assert_string_equal(told, "0001_init.sql: applied before\n"
                              "0002_accounts.sql: applied before\n"
                              "0003_oauth2.sql: applied before\n"
                              "0004_apps.sql: applied before\n");
    assert_int_equal(applied(f), DB_SCHEMA_VERSION);
    assert_int_equal(store_fixture_number(f, "SELECT COUNT(*) FROM realm"), 1);
}

struct runner {
    const struct store_fixture *f;
    enum err result;
    char told[512];
};

static void *run_thread(void *data)
{
    struct runner *r = data;
    mysql_thread_init();
    r->result = run(r->f, SQL_FOLDER, r->told);
    mysql_thread_end();
    return NULL;
}

static void test_two_runners_do_the_work_once(void **state)
{
    struct store_fixture *f = *state;
    struct runner r[2] = {{.f = f}, {.f = f}};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_thread, &r[i]),
                         0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(r[0].result, ERR_OK);
    assert_int_equal(r[1].result, ERR_OK);
    assert_string_not_equal(r[0].told, r[1].told);
    assert_int_equal(applied(f), DB_SCHEMA_VERSION);
}

static void test_new_file_is_added_to_the_old(void **state)
{
    struct store_fixture *f = *state;
    char told[512];
    write_sql(f, "0001_a.sql", "CREATE TABLE a (x INT); -- one;\n");
    write_sql(f, "notes.txt", "not SQL");
    write_sql(f, "0002_b.sql~", "not SQL");
    assert_int_equal(run_own(f, told), ERR_OK);
    write_sql(f, "0002_b.sql",
              "INSERT INTO a VALUES (';'+1);\nCREATE TABLE b "
              "(y INT)");
    assert_int_equal(run_own(f, told), ERR_INTERNAL);
    assert_int_equal(applied(f), 1);
    write_sql(f, "0002_b.sql",
              "INSERT INTO a VALUES (3);\nCREATE TABLE b "
              "(y INT)");
    assert_int_equal(run_own(f, told), ERR_OK);
    assert_string_equal(told, "0001_a.sql: applied before\n"
                              "0002_b.sql: applied\n");
    assert_int_equal(store_fixture_number(f, "SELECT x FROM a"), 3);
}

static void test_changed_file_stops_everything(void **state)
{
    struct store_fixture *f = *state;
    char told[512];
    write_sql(f, "0001_a.sql", "CREATE TABLE a (x INT);");
    assert_int_equal(run_own(f, told), ERR_OK);
    write_sql(f, "0001_a.sql", "CREATE TABLE a (x INT) ;");
    write_sql(f, "0002_b.sql", "CREATE TABLE b (x INT);");
    assert_int_equal(run_own(f, told), ERR_SCHEMA);
    assert_string_equal(told, "0001_a.sql: differs from what was applied\n");
    assert_int_equal(applied(f), 1);
}

static void test_gaps_and_doubles_are_refused(void **state)
{
    struct store_fixture *f = *state;
    char told[512];
    write_sql(f, "0002_b.sql", "CREATE TABLE b (x INT);");
    assert_int_equal(run_own(f, told), ERR_SCHEMA);
    write_sql(f, "0001_a.sql", "CREATE TABLE a (x INT);");
    write_sql(f, "0001_x.sql", "CREATE TABLE x (x INT);");
    assert_int_equal(run_own(f, told), ERR_SCHEMA);
    assert_int_equal(run(f, "/nonexistent", told), ERR_SCHEMA);
    assert_int_equal(store_fixture_number(f, "SELECT COUNT(*) FROM "
                                             "information_schema.tables WHERE "
                                             "table_schema = 'gatehouse'"),
                     0);
}

static void test_newer_schema_is_left_alone(void **state)
{
    struct store_fixture *f = *state;
    char told[512];
    write_sql(f, "0001_a.sql", "CREATE TABLE a (x INT);");
    write_sql(f, "0002_b.sql", "CREATE TABLE b (x INT);");
    assert_int_equal(run_own(f, told), ERR_OK);
    remove_sql(f, "0002_b.sql");
    assert_int_equal(run_own(f, told), ERR_SCHEMA);
    assert_string_equal(told, "0002_b.sql: was applied by a newer program\n");
}

static void F39_a_file_says_which_programs_may_go_on(void **state)
{
    static const struct {
        const char *head;
        int64_t from; /* 0: refused */
    } cases[] = {
        {"", 2},
        {"-- A comment.\n-- compatible-from: 1\n", 1},
        {"-- compatible-from: 2\n-- More.\n", 2},
        {"-- compatible-from:1\n", 1},
        {"-- compatible-from: 1\r\n", 0},
        {"\n-- compatible-from: 1\n", 2}, /* not at the head */
        {"-- about compatible-from: 1\n", 2},
        {"-- compatible-from: 3\n", 0},
        {"-- compatible-from: 0\n", 0},
        {"-- compatible-from: -1\n", 0},
        {"-- compatible-from: one\n", 0},
        {"-- compatible-from:\n", 0},
        {"-- compatible-from: 99999999999999999999\n", 0},
    };
    struct store_fixture *f = *state;
    char told[512], text[256];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(empty_schema(state), 0);
        write_sql(f, "0001_a.sql", "CREATE TABLE a (x INT);");
        snprintf(text, sizeof(text), "%sCREATE TABLE b (x INT);",
                 cases[i].head);
        write_sql(f, "0002_b.sql", text);
        if (cases[i].from == 0) {
            assert_int_equal(run_own(f, told), ERR_SCHEMA);
            assert_string_equal(told, "0002_b.sql: compatible-from is no "
                                      "version up to its own\n");
            continue;
        }
        assert_int_equal(run_own(f, told), ERR_OK);
        assert_int_equal(store_fixture_number(
                             f, "SELECT compatible_from FROM schema_migration "
                                "WHERE version = 2"),
                         cases[i].from);
    }
}

static void test_failed_file_says_why_and_is_not_recorded(void **state)
{
    struct store_fixture *f = *state;
    char told[512];
    write_sql(f, "0001_a.sql", "CREATE TABLE a (x INT); CREATE TABEL b;");
    assert_int_equal(run_own(f, told), ERR_INTERNAL);
    assert_non_null(strstr(told, "0001_a.sql: You have an error"));
    assert_int_equal(applied(f), 0);
}

static void test_dead_database_is_unavailable(void **state)
{
    struct store_fixture *f = *state;
    struct store_fixture dead = *f;
    char told[512];
    dead.config = store_fixture_config(f, "/nonexistent/socket", "");
    assert_int_equal(run(&dead, SQL_FOLDER, told), ERR_UNAVAILABLE);
    assert_non_null(strstr(told, "/nonexistent/socket"));
    config_free(&dead.config);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, empty_schema)
    const struct CMUnitTest tests[] = {
        CASE(test_empty_schema_is_refused_by_the_service),
        CASE(test_our_own_files_apply_once),
        CASE(test_two_runners_do_the_work_once),
        CASE(test_new_file_is_added_to_the_old),
        CASE(test_changed_file_stops_everything),
        CASE(test_gaps_and_doubles_are_refused),
        CASE(test_newer_schema_is_left_alone),
        CASE(F39_a_file_says_which_programs_may_go_on),
        CASE(test_failed_file_says_why_and_is_not_recorded),
        CASE(test_dead_database_is_unavailable),
    };
    return cmocka_run_group_tests(tests, store_fixture_setup_bare,
                                  store_fixture_teardown);
}
