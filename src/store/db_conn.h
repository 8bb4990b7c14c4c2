/* SPDX-License-Identifier: MIT */
/* What the connection and the statements share; for the store's files only. */
#ifndef GATEHOUSE_STORE_DB_CONN_H
#define GATEHOUSE_STORE_DB_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "config/config.h"
#include "store/db.h"
#include "store/stmt.h"

struct st_mysql;
struct stmt_slot; /* a prepared statement and its buffers */

struct db {
    const struct config *config;
    struct st_mysql *mysql; /* NULL: closed */
    struct stmt_slot *slots[STMT_COUNT];
    size_t host;                /* of the list, where the last one went to */
    int64_t return_us;          /* monotonic; when to go back to the first */
    int64_t stay_until_us;      /* monotonic; a replica is not left before */
    int64_t next_try_us;        /* monotonic; until then refusal is told */
    int64_t witness_at_us;      /* monotonic */
    int64_t asked_us;           /* monotonic: the last statement was sent */
    int64_t ready_us;           /* monotonic; when it was last found ready */
    int64_t ahead_us;           /* of the monotonic clock: database's time */
    struct id witness, pending; /* last events stored: for good, so far */
    enum db_role role;
    const char *prefix; /* of the tables of a DB_SOURCE handle */
    enum err broken;    /* why the transaction can only be rolled back */
    enum err refusal;
    bool in_transaction;
    bool leave; /* the server refuses writes: go to another one */
    bool older; /* the witness was missing */
    bool heard; /* an answer has told the time */
    char error[256];
};

/* How far a command had gone when it failed: what its loss means. */
enum db_phase { DB_UNSENT, DB_READ, DB_WRITE, DB_COMMIT };

/* Before a first statement: opens, or opens again what was found closed.
 * Inside a transaction only whether it still stands. */
enum err db_enter(struct db *db);

/* Sorts a failure by its number, keeps its text, closes a dead connection and
 * marks a transaction that is beyond repair. */
enum err db_failed(struct db *db, unsigned number, const char *text,
                   enum db_phase phase);

/* Keeps a text for db_error(): the library's dies with the connection. */
void db_keep_text(struct db *db, const char *text);

/* Notes an event that has just been stored. Once it is committed, a database
 * without it is an older one, such as a replica left behind: this process will
 * not believe it. */
void db_stored(struct db *db, const struct id *event);

/* Room for the longest name of a host. */
#define DB_HOST_CAP 256

/* The comma-separated host number at of the configuration; false when there
 * are fewer. */
bool db_host_at(const struct db *db, size_t at, char *out, size_t cap);

/* How many there are. */
size_t db_host_count(const struct db *db);

/* What was noted is committed: it is there for good. */
void db_settle(struct db *db);

/* Is what was stored last still there? A replica that had not received it yet
 * would let in whom we have put out. Asked once per connection.
 * ERR_UNAVAILABLE, with a log line. */
enum err db_check_age(struct db *db);

/* After ERR_RETRY: waits a little, with jitter, and says whether to try again;
 * the one place that bounds it. since_us is monotonic. */
bool db_again(unsigned *attempt, int64_t since_us);

/* Runs text as it stands, dropping any result; for settings and sql/ files.
 * Outside a transaction. */
enum err db_text(struct db *db, struct str sql);

/* Prepares id if it is not yet and compares its counts. ERR_INTERNAL, with a
 * log line, on a mismatch or a text the server refuses. */
enum err stmt_prepare(struct db *db, enum stmt_id id);

/* Forgets a prepared statement; safe when there is none. */
void stmt_close(struct db *db, enum stmt_id id);

/* stmt_one without entering, for the connection's own questions; one integer.
 */
enum err stmt_number(struct db *db, enum stmt_id id, const struct cell *params,
                     int64_t *number_r);

#endif
