/* SPDX-License-Identifier: MIT */
/* One connection to MariaDB: opened when first needed, opened again after a
 * loss, its errors sorted into the few kinds a caller can act on. */
#ifndef GATEHOUSE_STORE_DB_H
#define GATEHOUSE_STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "config/config.h"

/* Version of sql/ this program was built for. */
#define DB_SCHEMA_VERSION 4

struct db; /* connection, its prepared statements, state of the transaction */

/* Who connects: the running service, the migrating operator, or one who reads
 * the tables of another service, whose place c names instead of ours. */
enum db_role { DB_SERVICE, DB_MIGRATE, DB_SOURCE };

/* A handle that connects by itself at its first statement; c is borrowed and
 * must outlive it. ERR_NO_MEMORY. Owned by the caller. */
enum err db_new(const struct config *c, enum db_role role, struct db **db_r);

/* Puts prefix before the name of each table of a DB_SOURCE handle, before its
 * first statement. Letters, digits and _ alone: it becomes part of the text of
 * statements. Borrowed, and must outlive db. */
void db_prefix(struct db *db, const char *prefix);

/* Closes, frees and NULLs *db; safe on NULL. */
void db_free(struct db **db);

/* Forgets the connection without a word to the server: for a child after
 * fork, whose parent owns it. */
void db_abandon(struct db *db);

/* Uses c from the next connection on (reload). */
void db_configure(struct db *db, const struct config *c);

/* Connects if need be and checks that the schema has this version.
 * ERR_UNAVAILABLE, ERR_SCHEMA. */
enum err db_ready(struct db *db);

/* The same, asked once a second at most while the connection stands: for who
 * may ask without a key as often as he likes. */
enum err db_ready_lately(struct db *db);

/* Prepares every statement of the list and compares parameter and column
 * counts; for start and gatehousectl. ERR_UNAVAILABLE, ERR_SCHEMA, and
 * ERR_INTERNAL with a log line per mismatch. */
enum err db_check_statements(struct db *db);

/* Begins a transaction (READ COMMITTED). ERR_UNAVAILABLE. */
enum err db_begin(struct db *db);

/* Commits. ERR_UNCERTAIN when the connection was lost after COMMIT was sent:
 * it may have happened; ERR_RETRY on a certain rollback (deadlock). */
enum err db_commit(struct db *db);

/* Rolls back; a lost connection counts as rolled back. Never fails. */
void db_rollback(struct db *db);

/* Runs work(data) in a transaction and commits; on ERR_RETRY (deadlock) again
 * with jitter, at most 3 times, then ERR_UNAVAILABLE. Anything but ERR_OK from
 * work rolls back and is returned. */
enum err db_transact(struct db *db, enum err (*work)(void *data), void *data);

/* The database's time as its rows told it last, carried on by the monotonic
 * clock; the system's until then. Hosts whose own clocks differ or jump agree
 * by it on every token. db must outlive it. */
struct clock db_clock(struct db *db);

/* Notes now_us, which the answer to the last statement has told. */
void db_heard(struct db *db, int64_t now_us);

/* Text of the last server error, for the log; "" when none. Never sent out. */
const char *db_error(const struct db *db);

#endif
