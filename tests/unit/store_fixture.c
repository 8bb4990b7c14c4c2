/* SPDX-License-Identifier: MIT */
/* A private MariaDB with our schema and the users of doc/database.md. */
#include "store_fixture.h"

#include <mysql.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/db_conn.h"
#include "store/migrate.h"
#include "store/store_event.h"

extern char **environ;

static void run(char *const argv[])
{
    pid_t pid;
    int status = -1;
    assert_int_equal(posix_spawn(&pid, argv[0], NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void write_file(const struct store_fixture *f, const char *name,
                       const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

void store_fixture_server(const struct store_fixture *f, const char *command)
{
    char script[] = GATEHOUSE_TEST_SOURCE "/tests/lib/mariadb";
    char word[16], dir[64];
    snprintf(word, sizeof(word), "%s", command);
    snprintf(dir, sizeof(dir), "%s", f->dir);
    char *argv[] = {script, word, dir, NULL};
    run(argv);
}

struct config *store_fixture_config(const struct store_fixture *f,
                                    const char *socket, const char *more)
{
    char text[1024], path[128];
    snprintf(text, sizeof(text),
             "[http]\npublic_url = https://id.example.org\n"
             "[keys]\nsealing_key_file = %s/seal.key\n"
             "[database]\nsocket = %s\npassword_file = %s/password\n"
             "migrate_user = gatehouse_migrate\n"
             "migrate_password_file = %s/migrate_password\n%s",
             f->dir, socket, f->dir, f->dir, more);
    write_file(f, "gatehouse.conf", text);
    snprintf(path, sizeof(path), "%s/gatehouse.conf", f->dir);
    struct config *c = config_load(path, stderr);
    assert_non_null(c);
    return c;
}

static void connect_root(struct store_fixture *f)
{
    unsigned protocol = MYSQL_PROTOCOL_SOCKET;
    f->root = mysql_init(NULL);
    assert_non_null(f->root);
    mysql_options(f->root, MYSQL_OPT_PROTOCOL, &protocol);
    if (mysql_real_connect(f->root, NULL, "root", NULL, NULL, 0, f->socket,
                           0) == NULL)
        fail_msg("root: %s", mysql_error(f->root));
}

static void query(const struct store_fixture *f, const char *sql)
{
    if (mysql_query(f->root, sql) != 0)
        fail_msg("%s: %s", sql, mysql_error(f->root));
}

void store_fixture_sql(const struct store_fixture *f, const char *format, ...)
{
    char sql[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(sql, sizeof(sql), format, list);
    va_end(list);
    query(f, sql);
    mysql_free_result(mysql_store_result(f->root));
}

int64_t store_fixture_number(const struct store_fixture *f, const char *format,
                             ...)
{
    char sql[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(sql, sizeof(sql), format, list);
    va_end(list);
    query(f, sql);
    MYSQL_RES *result = mysql_store_result(f->root);
    assert_non_null(result);
    MYSQL_ROW row = mysql_fetch_row(result);
    int64_t n = row == NULL || row[0] == NULL ? -1 : strtoll(row[0], NULL, 10);
    mysql_free_result(result);
    return n;
}

/* Runs the at-th block of SQL in doc/database.md: what it tells people to do
 * is what the tests run on. */
static void run_doc_block(const struct store_fixture *f, unsigned at)
{
    static char text[65536];
    FILE *in = fopen(GATEHOUSE_TEST_SOURCE "/doc/database.md", "r");
    assert_non_null(in);
    text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
    fclose(in);
    char *block = text;
    for (unsigned i = 0; i <= at; i++) {
        block = strstr(block, "```sql\n");
        assert_non_null(block);
        block += strlen("```sql\n");
    }
    *strstr(block, "```") = '\0';
    char *rest = NULL;
    for (char *sql = strtok_r(block, ";", &rest);
         sql != NULL && strspn(sql, "\n") < strlen(sql);
         sql = strtok_r(NULL, ";", &rest))
        query(f, sql);
}

int store_fixture_setup_bare(void **state)
{
    struct store_fixture *f = calloc(1, sizeof(*f));
    char owner[32];
    assert_non_null(f);
    snprintf(f->dir, sizeof(f->dir), "/tmp/ght.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->socket, sizeof(f->socket), "%s/sock", f->dir);
    snprintf(owner, sizeof(owner), "%ld", (long)getpid());
    setenv("GATEHOUSE_TEST_OWNER", owner, 1);
    store_fixture_server(f, "start");
    write_file(f, "seal.key",
               "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n");
    write_file(f, "password", "change me\n");
    write_file(f, "migrate_password", "change me too\n");
    f->config = store_fixture_config(f, f->socket, "read_timeout = 20\n");
    f->arena = arena_new(8U << 20);
    assert_non_null(f->arena);
    connect_root(f);
    run_doc_block(f, 0);
    assert_int_equal(db_new(f->config, DB_SERVICE, &f->db), ERR_OK);
    *state = f;
    return 0;
}

void store_fixture_migrate(struct store_fixture *f)
{
    struct db *db = NULL;
    FILE *null = fopen("/dev/null", "w");
    assert_non_null(null);
    assert_int_equal(db_new(f->config, DB_MIGRATE, &db), ERR_OK);
    assert_int_equal(migrate(db, GATEHOUSE_TEST_SOURCE "/sql", null), ERR_OK);
    db_free(&db);
    fclose(null);
    run_doc_block(f, 1);
}

int store_fixture_setup(void **state)
{
    if (store_fixture_setup_bare(state) != 0)
        return -1;
    struct store_fixture *f = *state;
    store_fixture_migrate(f);
    query(f, "USE gatehouse");
    return 0;
}

int store_fixture_teardown(void **state)
{
    struct store_fixture *f = *state;
    char rm[] = "/bin/rm", flags[] = "-rf";
    char *argv[] = {rm, flags, f->dir, NULL};
    db_free(&f->db);
    mysql_close(f->root);
    arena_free(&f->arena);
    config_free(&f->config);
    store_fixture_server(f, "stop");
    run(argv);
    free(f);
    return 0;
}

int store_fixture_clear(void **state)
{
    static const char *const tables[] = {
        "event",        "throttle",         "lease",   "api_key", "signing_key",
        "account_role", "token_revocation", "session", "account"};
    struct store_fixture *f = *state;
    /* what a failed case left behind */
    db_rollback(f->db);
    store_fixture_sql(f, "ROLLBACK");
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        store_fixture_sql(f, "DELETE FROM gatehouse.%s", tables[i]);
    store_fixture_sql(f, "UPDATE gatehouse.realm SET "
                         "sessions_valid_from_us = 0, key_generation = 0");
    arena_reset(f->arena);
    return 0;
}

unsigned long store_fixture_thread(const struct db *db)
{
    return db->mysql == NULL ? 0 : mysql_thread_id(db->mysql);
}

void store_fixture_kill(const struct store_fixture *f, unsigned long thread)
{
    store_fixture_sql(f, "KILL %lu", thread);
    while (store_fixture_number(f,
                                "SELECT COUNT(*) FROM "
                                "information_schema.processlist WHERE id = %lu",
                                thread) > 0)
        usleep(10000);
}

struct id store_fixture_id(uint8_t n)
{
    return (struct id){{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n}};
}

int64_t store_fixture_now(struct store_fixture *f)
{
    int64_t now = 0;
    assert_int_equal(store_now(f->db, f->arena, &now), ERR_OK);
    return now;
}

struct store_session store_fixture_session(struct store_fixture *f, uint8_t n)
{
    int64_t now = store_fixture_now(f);
    struct store_session s = {
        .id = store_fixture_id(n),
        .realm_id = STORE_REALM_DEFAULT,
        .subject = STR("ann"),
        .lineage = {.cur = {n, 1}, .cur_issued_us = now},
        .created_us = now,
        .active_us = now,
        .expires_us = now + HOUR_US,
        .auth_time_s = now / 1000000,
        .amr = STR("[\"pwd\"]"),
        .acr = STR("1"),
        .browser = STR("Firefox 128"),
        .os = STR("Debian"),
        .user_agent = STR("Mozilla/5.0"),
        .device_type = STORE_DESKTOP,
        .ip = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}},
    };
    return s;
}

void store_fixture_put(struct store_fixture *f, const struct store_session *s)
{
    bool inserted = false;
    assert_int_equal(store_session_insert(f->db, s, 1, &inserted), ERR_OK);
    assert_true(inserted);
}

struct store_account store_fixture_account(uint8_t n)
{
    return (struct store_account){
        .id = store_fixture_id(n),
        .realm_id = STORE_REALM_DEFAULT,
        .email_hash = {n, 7},
        .email_sealed = STR("sealed\0address"),
        .password_hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
        .active = true,
        .version = 1,
        .created_us = 1,
    };
}
