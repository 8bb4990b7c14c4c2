/* SPDX-License-Identifier: MIT */
/* A private database and two workers on it. */
#include "domain_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <mysql.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/secret.h"
#include "domain/app_keys.h"
#include "domain/keyring.h"
#include "domain/token_cache.h"
#include "store/migrate.h"

#define ARENA_LIMIT ((size_t)64 << 20)
#define SKIPPED 77 /* automake: not tested */

/* Runs tests/lib/mariadb; its first line, if any, is the socket. Not read to
 * the end: the watcher it leaves behind may hold the pipe. */
static int server(struct world *w, const char *verb)
{
    char command[512];

    snprintf(command, sizeof(command),
             "GATEHOUSE_TEST_OWNER=%ld " GATEHOUSE_TEST_SOURCE
             "/tests/lib/mariadb %s %s",
             (long)getpid(), verb, w->dir);
    FILE *p = popen(command, "r");

    if (p == NULL)
        return -1;
    if (fgets(w->socket, sizeof(w->socket), p) != NULL)
        w->socket[strcspn(w->socket, "\n")] = '\0';
    return pclose(p);
}

static int write_file(const struct world *w, const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", w->dir, name);
    FILE *f = fopen(path, "w");

    if (f == NULL)
        return -1;
    fputs(text, f);
    return fclose(f) != 0 || chmod(path, 0600) != 0 ? -1 : 0;
}

static int configure(struct world *w)
{
    char text[1024], path[128];

    snprintf(text, sizeof(text),
             "[database]\nsocket = %s\nuser = root\n"
             "[http]\npublic_url = https://id.example.org\n"
             "[keys]\nsealing_key_file = %s/seal\n"
             "[passwords]\nmemory_kib = 8192\npasses = 1\n"
             "context_words = shopword\n",
             w->socket, w->dir);
    if (write_file(w, "seal",
                   "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n") != 0 ||
        write_file(w, "conf", text) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s/conf", w->dir);
    w->config = config_load(path, stderr);
    return w->config != NULL ? 0 : -1;
}

static int schema(struct world *w)
{
    struct db *db = NULL;

    w->raw = mysql_init(NULL);
    if (w->raw == NULL ||
        mysql_real_connect(w->raw, NULL, "root", NULL, NULL, 0, w->socket, 0) ==
            NULL ||
        mysql_query(w->raw, "CREATE DATABASE gatehouse") != 0 ||
        mysql_select_db(w->raw, "gatehouse") != 0 ||
        db_new(w->config, DB_MIGRATE, &db) != ERR_OK)
        return -1;
    enum err e = migrate(db, GATEHOUSE_TEST_SOURCE "/sql", stderr);

    db_free(&db);
    return e == ERR_OK ? 0 : -1;
}

static int64_t shifted(void *data)
{
    const struct world *w = data;
    struct clock system = clock_system();

    return clock_us(&system) + w->clock_offset_us;
}

static int worker(struct world *w, struct ctx *c)
{
    *c = (struct ctx){.config = w->config,
                      .sealer = w->sealer,
                      .hasher = w->hasher,
                      .clock = {shifted, w},
                      .arena = arena_new(ARENA_LIMIT),
                      .realm_id = STORE_REALM_DEFAULT,
                      .client = {.user_agent = STR("test/1"),
                                 .browser = STR("Chrome"),
                                 .os = STR("Linux"),
                                 .device_type = STORE_DESKTOP,
                                 .request_id = STR("req-1")}};
    return c->arena != NULL && ip_parse(STR("192.0.2.1"), &c->client.ip) &&
                   db_new(w->config, DB_SERVICE, &c->db) == ERR_OK &&
                   keyring_new(&c->keyring) == ERR_OK &&
                   token_cache_new(16, &c->cache) == ERR_OK &&
                   app_keys_new(&c->app_keys) == ERR_OK
               ? 0
               : -1;
}

int world_up(void **state)
{
    static struct world w;
    const struct password_params params = {8192, 1};

    snprintf(w.dir, sizeof(w.dir), "%s", "/tmp/gh-domain.XXXXXX");
    if (mkdtemp(w.dir) == NULL || crypto_init() != ERR_OK)
        return -1;
    if (system("command -v mariadbd >/dev/null") != 0)
        exit(SKIPPED);
    if (server(&w, "start") != 0 || configure(&w) != 0 || schema(&w) != 0)
        return -1;
    struct str lines = {w.config->keys_sealing_key_file.value,
                        w.config->keys_sealing_key_file.n};

    if (sealer_new(lines, &w.sealer) != ERR_OK ||
        hasher_new(&params, 1, &w.hasher) != ERR_OK || worker(&w, &w.a) != 0 ||
        worker(&w, &w.b) != 0)
        return -1;
    *state = &w;
    return 0;
}

static void worker_down(struct ctx *c)
{
    token_cache_free(&c->cache);
    app_keys_free(&c->app_keys);
    keyring_free(&c->keyring);
    db_free(&c->db);
    arena_free(&c->arena);
}

int world_down(void **state)
{
    struct world *w = *state;
    char command[128];

    worker_down(&w->a);
    worker_down(&w->b);
    hasher_free(&w->hasher);
    sealer_free(&w->sealer);
    config_free(&w->config);
    mysql_close(w->raw);
    mysql_library_end();
    server(w, "stop");
    snprintf(command, sizeof(command), "rm -rf %s", w->dir);
    return system(command) == 0 ? 0 : -1;
}

static void settings(struct config *c)
{
    c->tokens_refresh_overlap = 10;
    c->tokens_access_lifetime = 900;
    c->tokens_refresh_lifetime = 7884000;
    c->tokens_algorithm = ALG_ES256;
    c->sessions_limit = 0;
    c->sessions_limit_policy = LIMIT_REFUSE;
    c->sessions_inactivity = 0;
    c->sessions_absolute_lifetime = 0;
    c->throttle_account_limit = 10;
    c->throttle_device_limit = 10;
    c->throttle_network_limit = 100;
    c->throttle_register_limit = 20;
    c->keys_rotation = 2592000;
    c->keys_publish_ahead = 3600;
}

int world_fresh(void **state)
{
    struct world *w = *state;
    bool created = false;

    settings(w->config);
    w->clock_offset_us = 0;
    arena_reset(w->a.arena);
    arena_reset(w->b.arena);
    w->a.client.device_token = (struct str){NULL, 0};
    w->b.client.device_token = (struct str){NULL, 0};
    world_sql(w, "DELETE FROM throttle");
    world_sql(w, "DELETE FROM event");
    snprintf(w->email_text, sizeof(w->email_text), "ann%u@example.net",
             w->accounts++);
    w->email = str_of(w->email_text);
    return account_register(&w->a, w->email, STR(WORLD_PASSWORD), STR(""),
                            &created) == ERR_OK &&
                   created
               ? 0
               : -1;
}

static void run(struct world *w, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void run(struct world *w, const char *format, va_list args)
{
    char sql[1024];

    vsnprintf(sql, sizeof(sql), format, args);
    if (mysql_query(w->raw, sql) != 0)
        fail_msg("%s: %s", sql, mysql_error(w->raw));
}

void world_sql(struct world *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    run(w, format, args);
    va_end(args);
}

int64_t world_number(struct world *w, const char *format, ...)
{
    va_list args;
    int64_t number = INT64_MIN;

    va_start(args, format);
    run(w, format, args);
    va_end(args);
    MYSQL_RES *result = mysql_store_result(w->raw);
    MYSQL_ROW row = result != NULL ? mysql_fetch_row(result) : NULL;

    if (row != NULL && row[0] != NULL)
        number = strtoll(row[0], NULL, 10);
    mysql_free_result(result);
    return number;
}

int64_t world_events(struct world *w, const char *kind)
{
    return world_number(w, "SELECT COUNT(*) FROM event WHERE kind = '%s'",
                        kind);
}

void world_age(struct world *w, const struct id *session, int64_t seconds)
{
    char id[ID_TEXT_LEN + 1];
    long long us = (long long)(seconds * CLOCK_SECOND);

    id_text(session, id);
    world_sql(w,
              "UPDATE session SET cur_issued_us = cur_issued_us - %lld, "
              "prev_issued_us = prev_issued_us - %lld, "
              "created_us = created_us - %lld, active_us = active_us - %lld, "
              "expires_us = expires_us - %lld, absolute_us = "
              "IF(absolute_us = 0, 0, absolute_us - %lld) "
              "WHERE id = UNHEX(REPLACE('%s', '-', ''))",
              us, us, us, us, us, us, id);
}

enum err world_try(struct world *w, struct ctx *c, const char *password,
                   struct signed_in *in_r)
{
    const struct account_login login = {.email = w->email,
                                        .password = str_of(password)};

    return account_login(c, &login, in_r);
}

struct tokens world_sign_in(struct world *w, struct ctx *c)
{
    struct signed_in in;

    assert_int_equal(world_try(w, c, WORLD_PASSWORD, &in), ERR_OK);
    c->client.device_token = in.device_token;
    return in.tokens;
}

enum err world_check(struct ctx *c, struct str access)
{
    struct session_view view;

    return session_check(c, access, &view);
}
