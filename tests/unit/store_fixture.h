/* SPDX-License-Identifier: MIT */
/* A private MariaDB with our schema and the users of doc/database.md. */
#ifndef GATEHOUSE_TESTS_STORE_FIXTURE_H
#define GATEHOUSE_TESTS_STORE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "config/config.h"
#include "store/db.h"
#include "store/store_account.h"
#include "store/store_session.h"

#define HOUR_US INT64_C(3600000000)

struct st_mysql;

struct store_fixture {
    char dir[64];
    char socket[128];
    struct config *config; /* user gatehouse */
    struct db *db;
    struct arena *arena;
    struct st_mysql *root; /* the administrator's connection */
};

/* cmocka's group setup: server, schema, users, one handle. */
int store_fixture_setup(void **state);

/* The same without the migration: a bare server and the users. */
int store_fixture_setup_bare(void **state);

/* cmocka's group teardown: everything gone. */
int store_fixture_teardown(void **state);

/* cmocka's setup of a case: no rows but the default realm. */
int store_fixture_clear(void **state);

/* Runs tests/lib/mariadb with these words; fails the test if it fails. */
void store_fixture_server(const struct store_fixture *f, const char *command);

/* Applies the repository's sql/ as gatehouse_migrate and grants the rights. */
void store_fixture_migrate(struct store_fixture *f);

/* Loads a configuration for that socket and those [database] lines. */
struct config *store_fixture_config(const struct store_fixture *f,
                                    const char *socket, const char *more);

/* Runs one statement as the administrator. */
void store_fixture_sql(const struct store_fixture *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first column of the only row, as a number; -1 for NULL or no row. */
int64_t store_fixture_number(const struct store_fixture *f, const char *format,
                             ...) __attribute__((format(printf, 2, 3)));

/* Number of the server's thread behind a handle. */
unsigned long store_fixture_thread(const struct db *db);

/* Kills that thread and waits until it is gone. */
void store_fixture_kill(const struct store_fixture *f, unsigned long thread);

/* An id with that last byte, the same each time. */
struct id store_fixture_id(uint8_t n);

/* A good session of subject "ann" with id n, one hour to live from now. */
struct store_session store_fixture_session(struct store_fixture *f, uint8_t n);

/* Inserts it. */
void store_fixture_put(struct store_fixture *f, const struct store_session *s);

/* An active account with id n and version 1. */
struct store_account store_fixture_account(uint8_t n);

/* The database's clock. */
int64_t store_fixture_now(struct store_fixture *f);

#endif
