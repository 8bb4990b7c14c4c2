/* SPDX-License-Identifier: MIT */
/* Prepared statements with buffers made once: a request neither allocates from
 * the heap nor asks the server for anything but the execution. */
#include "store/stmt.h"

#include <mysql.h>
#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/db_conn.h"

/* Bytes of a column read in place; longer values are fetched once more, into
 * the arena, when their length is known. */
#define PLACE_MAX 1024

/* A read that was lost is asked again only while the client hardly noticed. */
#define REREAD_AGE_US CLOCK_SECOND

#define COLUMNS_MAX 40

struct stmt_info {
    const char *sql;
    const char *name;
    unsigned params, columns;
};

static const struct stmt_info list[] = {
#define STMT(name, params, columns, sql) {sql, #name, params, columns},
#include "store/statements.def"
#undef STMT
};
_Static_assert(sizeof(list) / sizeof(list[0]) == STMT_COUNT, "list and enum");
#define STMT(name, params, columns, sql)                                       \
    _Static_assert((columns) <= COLUMNS_MAX, #name);
#include "store/statements.def"
#undef STMT

struct stmt_place {
    int64_t number;
    unsigned long length;
    my_bool null, cut;
    char *text; /* NULL: an integer */
};

struct stmt_result {
    MYSQL_BIND out[COLUMNS_MAX];
    struct stmt_place places[COLUMNS_MAX];
    char text[]; /* of all places */
};

struct stmt_slot {
    MYSQL_STMT *stmt;
    MYSQL_BIND *in;
    struct stmt_result *result; /* NULL until there was one */
};

/* One run of one statement: where its rows go. */
struct stmt_run {
    enum stmt_id id;
    const struct cell *params;
    struct arena *arena;
    struct cell *row;
    stmt_row *each;
    void *data;
    uint64_t *affected_r;
};

const char *stmt_sql(enum stmt_id id)
{
    return list[id].sql;
}

unsigned stmt_params(enum stmt_id id)
{
    return list[id].params;
}

unsigned stmt_columns(enum stmt_id id)
{
    return list[id].columns;
}

/* By the first word: all but SELECT may change something. */
static enum db_phase phase_of(enum stmt_id id)
{
    return strncmp(list[id].sql, "SEL", 3) == 0 ? DB_READ : DB_WRITE;
}

static void slot_free(struct stmt_slot *slot)
{
    if (slot == NULL)
        return;
    MYSQL_STMT *stmt = slot->stmt;
    free(slot->in);
    free(slot->result);
    free(slot);
    if (stmt != NULL)
        mysql_stmt_close(stmt);
}

void stmt_close(struct db *db, enum stmt_id id)
{
    slot_free(db->slots[id]);
    db->slots[id] = NULL;
}

static enum err failed(struct db *db, enum stmt_id id, MYSQL_STMT *stmt,
                       enum db_phase phase)
{
    unsigned number = mysql_stmt_errno(stmt);
    const char *text = mysql_stmt_error(stmt);
    /* What breaks between two rows is told of the connection only. */
    if (number == 0) {
        number = mysql_errno(db->mysql);
        text = mysql_error(db->mysql);
    }
    enum err e = db_failed(db, number, text, phase);
    if (e == ERR_INTERNAL || e == ERR_SCHEMA) {
        /* Not the text: it may quote values. */
        const struct log_field fields[] = {
            LOG_TEXT("statement", str_of(list[id].name)),
            LOG_INT("number", number), LOG_END};
        log_event(LOG_LEVEL_ERROR, "db.refused", fields);
    }
    return e;
}

static bool is_integer(enum enum_field_types type)
{
    return type == MYSQL_TYPE_LONGLONG || type == MYSQL_TYPE_LONG ||
           type == MYSQL_TYPE_INT24 || type == MYSQL_TYPE_SHORT ||
           type == MYSQL_TYPE_TINY;
}

/* 0 for integers, which are read into their place itself. */
static size_t place_size(const MYSQL_FIELD *field)
{
    if (is_integer(field->type))
        return 0;
    return field->length < PLACE_MAX ? field->length : PLACE_MAX;
}

static void bind_column(struct stmt_result *result, unsigned at, char *text,
                        size_t size)
{
    struct stmt_place *place = &result->places[at];
    place->text = text;
    result->out[at] = (MYSQL_BIND){
        .buffer_type = text != NULL ? MYSQL_TYPE_BLOB : MYSQL_TYPE_LONGLONG,
        .buffer = text != NULL ? (void *)text : (void *)&place->number,
        .buffer_length = size,
        .length = &place->length,
        .is_null = &place->null,
        .error = &place->cut,
    };
}

static enum err mismatch(const struct stmt_slot *slot, enum stmt_id id)
{
    const struct log_field fields[] = {
        LOG_TEXT("statement", str_of(list[id].name)),
        LOG_INT("parameters", (int64_t)mysql_stmt_param_count(slot->stmt)),
        LOG_INT("columns", mysql_stmt_field_count(slot->stmt)), LOG_END};
    log_event(LOG_LEVEL_ERROR, "db.statement_mismatch", fields);
    return ERR_INTERNAL;
}

static bool counts_match(const struct stmt_slot *slot, enum stmt_id id)
{
    unsigned columns = mysql_stmt_field_count(slot->stmt);
    /* The columns of RETURNING are told at the first execution only. */
    bool later = columns == 0 && phase_of(id) == DB_WRITE;
    return mysql_stmt_param_count(slot->stmt) == list[id].params &&
           (later || columns == list[id].columns);
}

static struct stmt_result *new_result(unsigned columns,
                                      const MYSQL_FIELD *fields)
{
    size_t total = sizeof(struct stmt_result), used = 0;
    for (unsigned i = 0; i < columns; i++)
        total += place_size(&fields[i]);
    struct stmt_result *result = calloc(1, total);
    for (unsigned i = 0; i < columns && result != NULL; i++) {
        size_t size = place_size(&fields[i]);
        bool number = is_integer(fields[i].type);
        bind_column(result, i, number ? NULL : result->text + used, size);
        used += size;
    }
    return result;
}

/* Buffers for the columns, made at the first result and kept. */
static enum err slot_columns(struct stmt_slot *slot, enum stmt_id id)
{
    unsigned columns = list[id].columns;
    if (slot->result != NULL || columns == 0)
        return ERR_OK;
    if (mysql_stmt_field_count(slot->stmt) != columns)
        return mismatch(slot, id);
    MYSQL_RES *meta = mysql_stmt_result_metadata(slot->stmt);
    if (meta == NULL)
        return ERR_NO_MEMORY;
    struct stmt_result *result = new_result(columns, mysql_fetch_fields(meta));
    mysql_free_result(meta);
    if (result == NULL)
        return ERR_NO_MEMORY;
    if (mysql_stmt_bind_result(slot->stmt, result->out)) {
        free(result);
        return ERR_INTERNAL;
    }
    slot->result = result;
    return ERR_OK;
}

/* The server bounds the handles of all connections together. */
static void close_all(struct db *db)
{
    for (int id = 0; id < STMT_COUNT; id++)
        stmt_close(db, (enum stmt_id)id);
}

/* A statement's text, with the prefix of another service's tables for each ~.
 * NULL: no memory. Owned by the caller. */
static char *text_new(const struct db *db, enum stmt_id id)
{
    const char *sql = list[id].sql;
    const size_t more = strlen(db->prefix);
    size_t cap = strlen(sql) + 1, n = 0;
    char *text;

    for (const char *p = strchr(sql, '~'); p != NULL; p = strchr(p + 1, '~'))
        cap += more;
    if ((text = malloc(cap)) == NULL)
        return NULL;
    for (const char *p = sql; *p != '\0'; p++) {
        if (*p != '~' || db->role != DB_SOURCE) {
            text[n++] = *p;
            continue;
        }
        memcpy(text + n, db->prefix, more);
        n += more;
    }
    text[n] = '\0';
    return text;
}

static enum err prepare_new(struct db *db, enum stmt_id id,
                            struct stmt_slot *slot)
{
    char *sql = text_new(db, id);
    if (sql == NULL)
        return ERR_NO_MEMORY;
    unsigned long n = (unsigned long)strlen(sql);
    slot->stmt = mysql_stmt_init(db->mysql);
    if (slot->stmt == NULL) {
        free(sql);
        return ERR_NO_MEMORY;
    }
    int rc = mysql_stmt_prepare(slot->stmt, sql, n);
    if (rc != 0 &&
        mysql_stmt_errno(slot->stmt) == ER_MAX_PREPARED_STMT_COUNT_REACHED) {
        /* Give back ours and stand in line with the other workers. */
        close_all(db);
        rc = mysql_stmt_prepare(slot->stmt, sql, n);
    }
    free(sql);
    if (rc != 0)
        return failed(db, id, slot->stmt, DB_UNSENT);
    if (!counts_match(slot, id))
        return mismatch(slot, id);
    slot->in = calloc(list[id].params + 1, sizeof(*slot->in));
    return slot->in == NULL ? ERR_NO_MEMORY : ERR_OK;
}

enum err stmt_prepare(struct db *db, enum stmt_id id)
{
    if (db->slots[id] != NULL)
        return ERR_OK;
    struct stmt_slot *slot = calloc(1, sizeof(*slot));
    if (slot == NULL)
        return ERR_NO_MEMORY;
    enum err e = prepare_new(db, id, slot);
    if (e != ERR_OK)
        slot_free(slot);
    else
        db->slots[id] = slot;
    return e;
}

/* The library's parameter buffers are not const; it only reads them. */
static void *borrowed(const void *p)
{
    void *mine;
    memcpy(&mine, &p, sizeof(mine));
    return mine;
}

static bool bind_params(struct stmt_slot *slot, enum stmt_id id,
                        const struct cell *params)
{
    static const enum enum_field_types types[] = {
        [CELL_NULL] = MYSQL_TYPE_NULL,
        [CELL_INT] = MYSQL_TYPE_LONGLONG,
        [CELL_BYTES] = MYSQL_TYPE_BLOB,
        [CELL_TEXT] = MYSQL_TYPE_STRING,
    };
    if (params == NULL || slot->in == NULL)
        return list[id].params == 0;
    for (unsigned i = 0; i < list[id].params; i++) {
        const struct cell *p = &params[i];
        MYSQL_BIND *bind = &slot->in[i];
        bind->buffer_type = types[p->type];
        bind->buffer = borrowed(p->type == CELL_INT ? (const void *)&p->number
                                                    : p->bytes.p);
        bind->buffer_length = p->bytes.n;
    }
    return !mysql_stmt_bind_param(slot->stmt, slot->in);
}

/* Executes; once more with a new handle when the server has lost ours, which
 * it says before it does anything. */
static enum err execute(struct db *db, const struct stmt_run *run)
{
    for (int round = 0;; round++) {
        enum err e = stmt_prepare(db, run->id);
        if (e != ERR_OK)
            return e;
        struct stmt_slot *slot = db->slots[run->id];
        if (!bind_params(slot, run->id, run->params))
            return failed(db, run->id, slot->stmt, DB_UNSENT);
        db->asked_us = clock_monotonic_us();
        if (mysql_stmt_execute(slot->stmt) == 0)
            return ERR_OK;
        unsigned number = mysql_stmt_errno(slot->stmt);
        if (round > 0 ||
            (number != ER_UNKNOWN_STMT_HANDLER && number != ER_NEED_REPREPARE))
            return failed(db, run->id, slot->stmt, phase_of(run->id));
        stmt_close(db, run->id);
    }
}

/* A copy that ends with a NUL, so that a hash or name can go to a C interface
 * without a second copy. */
static enum err read_bytes(struct stmt_slot *slot, unsigned at, struct arena *a,
                           struct cell *cell)
{
    const struct stmt_place *place = &slot->result->places[at];
    size_t n = place->length;
    if (a == NULL)
        return ERR_INTERNAL;
    char *copy = arena_alloc(a, n + 1);
    if (copy == NULL)
        return ERR_NO_MEMORY;
    if (n <= slot->result->out[at].buffer_length) {
        memcpy(copy, place->text, n);
    } else {
        unsigned long length = 0;
        MYSQL_BIND whole = {.buffer_type = MYSQL_TYPE_BLOB,
                            .buffer = copy,
                            .buffer_length = n,
                            .length = &length};
        if (mysql_stmt_fetch_column(slot->stmt, &whole, at, 0) != 0)
            return ERR_INTERNAL;
    }
    *cell = CELL_B(copy, n);
    return ERR_OK;
}

static enum err read_row(struct stmt_slot *slot, const struct stmt_run *run,
                         struct cell *row)
{
    enum err e = slot->result != NULL ? ERR_OK : ERR_INTERNAL;
    for (unsigned i = 0; i < list[run->id].columns && e == ERR_OK; i++) {
        const struct stmt_place *place = &slot->result->places[i];
        if (place->null)
            row[i] = CELL_NIL;
        else if (place->text == NULL)
            row[i] = CELL_N(place->number);
        else
            e = read_bytes(slot, i, run->arena, &row[i]);
    }
    return e;
}

/* At most one row, straight from the network buffer. The second fetch reads
 * the end of the result, where a late error would stand. */
static enum err take_one(struct db *db, const struct stmt_run *run,
                         struct stmt_slot *slot)
{
    int rc = mysql_stmt_fetch(slot->stmt);
    if (rc == MYSQL_NO_DATA)
        return ERR_NO_ROW;
    if (rc == 1)
        return failed(db, run->id, slot->stmt, phase_of(run->id));
    enum err e = read_row(slot, run, run->row);
    rc = mysql_stmt_fetch(slot->stmt);
    if (rc == 1)
        return failed(db, run->id, slot->stmt, phase_of(run->id));
    if (rc != MYSQL_NO_DATA)
        mysql_stmt_free_result(slot->stmt);
    return e;
}

/* The whole result comes first: a callback that stops, or one that never
 * comes back in time, must not leave the connection between two rows. */
static enum err take_each(struct db *db, const struct stmt_run *run,
                          struct stmt_slot *slot)
{
    struct cell row[COLUMNS_MAX];
    enum err e = ERR_OK;
    if (mysql_stmt_store_result(slot->stmt) != 0)
        return failed(db, run->id, slot->stmt, phase_of(run->id));
    int rc = mysql_stmt_fetch(slot->stmt);
    while (e == ERR_OK && rc != MYSQL_NO_DATA) {
        /* All rows are here, so only memory can be short; what is bound still
         * holds the row before. */
        e = rc == 1 ? ERR_NO_MEMORY : read_row(slot, run, row);
        if (e == ERR_OK)
            e = run->each(run->data, row);
        if (e == ERR_OK)
            rc = mysql_stmt_fetch(slot->stmt);
    }
    mysql_stmt_free_result(slot->stmt);
    return e;
}

static enum err once(struct db *db, const struct stmt_run *run)
{
    enum err e = execute(db, run);
    if (e != ERR_OK)
        return e;
    struct stmt_slot *slot = db->slots[run->id];
    e = slot_columns(slot, run->id);
    if (e != ERR_OK) {
        stmt_close(db, run->id); /* with its unread rows */
        return e;
    }
    if (run->affected_r != NULL)
        *run->affected_r = mysql_stmt_affected_rows(slot->stmt);
    if (run->row != NULL)
        return take_one(db, run, slot);
    return run->each != NULL ? take_each(db, run, slot) : ERR_OK;
}

/* The only loop around a statement. Inside a transaction nothing is repeated
 * here: its earlier statements would be missing. */
static enum err run_statement(struct db *db, const struct stmt_run *run)
{
    int64_t since = clock_monotonic_us();
    unsigned attempt = 0;
    bool reopened = false;
    for (;;) {
        enum err e = db_enter(db);
        if (e != ERR_OK)
            return e;
        e = once(db, run);
        if (e == ERR_OK || db->in_transaction)
            return e;
        if (e == ERR_RETRY && db_again(&attempt, since))
            continue;
        if (e == ERR_RETRY)
            return ERR_UNAVAILABLE;
        /* UNAVAILABLE and not UNCERTAIN: a read, never arrived, or refused by
         * a server that is not the only one. */
        bool elsewhere = db->mysql == NULL || db->leave;
        if (e != ERR_UNAVAILABLE || !elsewhere || reopened ||
            clock_monotonic_us() - since > REREAD_AGE_US)
            return e;
        reopened = true;
    }
}

enum err stmt_exec(struct db *db, enum stmt_id id, const struct cell *params,
                   uint64_t *affected_r)
{
    uint64_t affected = 0;
    const struct stmt_run run = {
        .id = id, .params = params, .affected_r = &affected};
    enum err e = run_statement(db, &run);
    if (e == ERR_OK && affected_r != NULL)
        *affected_r = affected;
    return e;
}

enum err stmt_one(struct db *db, enum stmt_id id, const struct cell *params,
                  struct arena *a, struct cell *row)
{
    const struct stmt_run run = {
        .id = id, .params = params, .arena = a, .row = row};
    return run_statement(db, &run);
}

enum err stmt_each(struct db *db, enum stmt_id id, const struct cell *params,
                   struct arena *a, stmt_row *each, void *data)
{
    const struct stmt_run run = {
        .id = id, .params = params, .arena = a, .each = each, .data = data};
    return run_statement(db, &run);
}

enum err stmt_number(struct db *db, enum stmt_id id, const struct cell *params,
                     int64_t *number_r)
{
    struct cell row[COLUMNS_MAX] = {CELL_NIL};
    const struct stmt_run run = {.id = id, .params = params, .row = row};
    enum err e = once(db, &run);
    if (e == ERR_OK)
        *number_r = row[0].number;
    return e;
}
