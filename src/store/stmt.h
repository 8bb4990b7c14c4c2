/* SPDX-License-Identifier: MIT */
/* Typed bind and fetch over the one list of statements. */
#ifndef GATEHOUSE_STORE_STMT_H
#define GATEHOUSE_STORE_STMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/db.h"

enum stmt_id {
#define STMT(name, params, columns, sql) STMT_##name,
#include "store/statements.def"
#undef STMT
    STMT_COUNT
};

enum cell_type { CELL_NULL, CELL_INT, CELL_BYTES, CELL_TEXT };

/* A parameter or a column: a 64-bit integer, bytes, text or NULL. Columns with
 * text come as CELL_BYTES; parameters tell them apart, since a text column
 * compared with bytes would not use its index. */
struct cell {
    enum cell_type type;
    int64_t number;
    struct str bytes;
};

#define CELL_N(v) ((struct cell){CELL_INT, (int64_t)(v), {NULL, 0}})
#define CELL_B(ptr, len)                                                       \
    ((struct cell){CELL_BYTES, 0, {(const char *)(ptr), (len)}})
#define CELL_ID(id) CELL_B((id)->b, sizeof((id)->b))
#define CELL_HASH(hash) CELL_B(hash, STORE_HASH_LEN)
#define CELL_S(s) ((struct cell){CELL_TEXT, 0, (s)})
#define CELL_NIL ((struct cell){CELL_NULL, 0, {NULL, 0}})

/* Runs a statement that returns no rows; params has the count of the list.
 * affected_r (may be NULL) gets the affected rows (changed, not matched).
 * ERR_DUPLICATE_ROW, ERR_RETRY (deadlock, lock wait: roll back),
 * ERR_UNAVAILABLE (lost or refused before it was sent; read-only),
 * ERR_UNCERTAIN (lost after a write outside a transaction was sent),
 * ERR_SCHEMA, ERR_INTERNAL. Outside a transaction a connection that was found
 * closed is opened again once, before sending, and a deadlock is tried again as
 * by db_transact. */
enum err stmt_exec(struct db *db, enum stmt_id id, const struct cell *params,
                   uint64_t *affected_r);

/* Runs a SELECT of at most one row; row has the list's column count, its bytes
 * live in a, with a NUL behind them. a may be NULL when all columns are
 * integers. ERR_NO_ROW and the errors of stmt_exec. */
enum err stmt_one(struct db *db, enum stmt_id id, const struct cell *params,
                  struct arena *a, struct cell *row);

/* Gets one row of stmt_each. */
typedef enum err stmt_row(void *data, const struct cell *row);

/* Runs a SELECT (or RETURNING) and calls each(data, row) per row, bytes in a; a
 * result other than ERR_OK stops and is returned. The whole result has been
 * read before the first call; each must leave db alone. */
enum err stmt_each(struct db *db, enum stmt_id id, const struct cell *params,
                   struct arena *a, stmt_row *each, void *data);

/* The list's SQL text, parameter and column count of a statement. */
const char *stmt_sql(enum stmt_id id);
/* Parameters of a statement. */
unsigned stmt_params(enum stmt_id id);
/* Columns of a statement; 0 when it returns none. */
unsigned stmt_columns(enum stmt_id id);

#endif
