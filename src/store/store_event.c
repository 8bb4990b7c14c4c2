/* SPDX-License-Identifier: MIT */
/* Rows of event (audit), throttle and lease, and what the janitor deletes. */
#include "store/store_event.h"

#include <string.h>

#include "store/db_conn.h"
#include "store/stmt.h"
#include "store/store_rows.h"

enum err store_event_insert(struct db *db, const struct store_event *e)
{
    const struct cell params[] = {
        CELL_ID(&e->id),
        CELL_N(e->realm_id),
        CELL_N(e->at_us),
        CELL_S(str_of(e->kind)),
        rows_text(e->subject),
        rows_id(&e->session_id),
        CELL_B(e->ip.b, sizeof(e->ip.b)),
        CELL_S(e->user_agent),
        CELL_S(e->request_id),
        CELL_S(e->detail.p == NULL ? STR("{}") : e->detail),
    };
    enum err err = stmt_exec(db, STMT_EVENT_INSERT, params, NULL);
    if (err == ERR_OK)
        db_stored(db, &e->id);
    return err;
}

struct taken {
    unsigned next, n;
    struct store_throttle rows[2];
};

static enum err taken_row(void *data, const struct cell *row)
{
    struct taken *t = data;
    if (t->next == t->n)
        return ERR_INTERNAL;
    t->rows[t->next++] = (struct store_throttle){
        .used = row[0].number,
        .window_end_us = row[1].number,
        .now_us = row[2].number,
    };
    return ERR_OK;
}

enum err store_throttle_take(struct db *db, struct arena *a,
                             const uint8_t (*buckets)[STORE_HASH_LEN],
                             unsigned n, int64_t window_us,
                             struct store_throttle *taken_r)
{
    if (n < 1 || n > 2)
        return ERR_INTERNAL;
    /* Rows are locked in the order given: one order for everybody, or two
     * workers wait for each other. */
    unsigned swap =
        n == 2 && memcmp(buckets[0], buckets[1], STORE_HASH_LEN) > 0;
    const struct cell params[] = {
        CELL_HASH(buckets[swap]), CELL_N(window_us),
        CELL_B(buckets[(n - 1) ^ swap], STORE_HASH_LEN), CELL_N(window_us)};
    enum stmt_id which = n == 1 ? STMT_THROTTLE_TAKE : STMT_THROTTLE_TAKE_TWO;
    struct taken t = {.n = n};
    enum err e = stmt_each(db, which, params, a, taken_row, &t);
    if (e != ERR_OK)
        return e;
    if (t.next != n)
        return ERR_INTERNAL;
    db_heard(db, t.rows[0].now_us);
    for (unsigned i = 0; i < n; i++)
        taken_r[i] = t.rows[i ^ swap];
    return ERR_OK;
}

enum err store_throttle_flow(struct db *db, struct arena *a,
                             const uint8_t bucket[STORE_HASH_LEN],
                             int64_t each_us, int64_t full_us,
                             struct store_throttle *taken_r)
{
    const struct cell params[] = {CELL_HASH(bucket), CELL_N(each_us),
                                  CELL_N(full_us)};
    struct taken t = {.n = 1};
    enum err e = stmt_each(db, STMT_THROTTLE_FLOW, params, a, taken_row, &t);
    if (e == ERR_OK && t.next != 1)
        e = ERR_INTERNAL;
    if (e != ERR_OK)
        return e;
    db_heard(db, t.rows[0].now_us);
    *taken_r = t.rows[0];
    return ERR_OK;
}

enum err store_throttle_look(struct db *db,
                             const uint8_t bucket[STORE_HASH_LEN],
                             struct store_throttle *bucket_r)
{
    const struct cell params[] = {CELL_HASH(bucket)};
    struct cell row[3];
    enum err e = stmt_one(db, STMT_THROTTLE_LOOK, params, NULL, row);
    if (e != ERR_OK)
        return e;
    db_heard(db, row[2].number);
    *bucket_r =
        (struct store_throttle){row[0].number, row[1].number, row[2].number};
    return ERR_OK;
}

/* The server walks the buckets in the order of their key, as a reservation
 * takes them. */
enum err store_throttle_release(struct db *db,
                                const uint8_t (*buckets)[STORE_HASH_LEN],
                                unsigned n, bool clear)
{
    if (n < 1 || n > 2)
        return ERR_INTERNAL;
    const struct cell params[] = {clear ? CELL_HASH(buckets[0]) : CELL_NIL,
                                  CELL_HASH(buckets[0]),
                                  CELL_HASH(buckets[n - 1])};
    return stmt_exec(db, STMT_THROTTLE_RELEASE, params, NULL);
}

/* One statement decides, by the database's clock alone: hosts whose clocks
 * differ cannot both believe they own the lease. */
enum err store_lease_take(struct db *db, const char *name,
                          const struct id *owner, int64_t life_us, bool *mine_r)
{
    const struct cell params[] = {CELL_S(str_of(name)), CELL_ID(owner),
                                  CELL_N(life_us)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_LEASE_TAKE, params, &rows);
    if (e == ERR_OK)
        *mine_r = rows > 0;
    return e;
}

enum err store_lease_release(struct db *db, const char *name,
                             const struct id *owner)
{
    const struct cell params[] = {CELL_S(str_of(name)), CELL_ID(owner)};
    return stmt_exec(db, STMT_LEASE_RELEASE, params, NULL);
}

/* Each walks an index from its old end, so that a batch costs the same in a big
 * table. */
static const enum stmt_id purges[] = {
    [STORE_PURGE_SESSION_EXPIRED] = STMT_PURGE_SESSION_EXPIRED,
    [STORE_PURGE_SESSION_REVOKED] = STMT_PURGE_SESSION_REVOKED,
    [STORE_PURGE_TOKEN] = STMT_PURGE_TOKEN,
    [STORE_PURGE_THROTTLE] = STMT_PURGE_THROTTLE,
    [STORE_PURGE_EVENT] = STMT_PURGE_EVENT,
    [STORE_PURGE_KEY] = STMT_PURGE_KEY,
    [STORE_PURGE_CHALLENGE] = STMT_PURGE_CHALLENGE,
    [STORE_PURGE_TRUST] = STMT_PURGE_TRUST,
    [STORE_PURGE_OUTBOX] = STMT_PURGE_OUTBOX,
    [STORE_PURGE_APP_TOKEN] = STMT_PURGE_APP_TOKEN,
    [STORE_PURGE_APP_TOTP_CODE] = STMT_PURGE_APP_TOTP_CODE,
};
_Static_assert(sizeof(purges) / sizeof(purges[0]) == STORE_PURGE_COUNT,
               "a statement per kind");

enum err store_purge(struct db *db, enum store_purge what, int64_t before_us,
                     int64_t limit, uint64_t *count_r)
{
    const struct cell params[] = {CELL_N(before_us), CELL_N(limit)};
    return stmt_exec(db, purges[what], params, count_r);
}

enum err store_now(struct db *db, struct arena *a, int64_t *now_us_r)
{
    struct cell row;
    enum err e = stmt_one(db, STMT_NOW, NULL, a, &row);
    if (e != ERR_OK)
        return e;
    db_heard(db, row.number);
    *now_us_r = row.number;
    return ERR_OK;
}

struct check {
    enum err (*each)(void *data, const char *invariant, int64_t rows);
    void *data;
};

static enum err check_row(void *data, const struct cell *row)
{
    const struct check *c = data;
    return c->each(c->data, row[0].bytes.p, row[1].number);
}

enum err store_check(struct db *db, struct arena *a,
                     enum err (*each)(void *data, const char *invariant,
                                      int64_t rows),
                     void *data)
{
    struct check c = {each, data};
    enum err e = stmt_each(db, STMT_CHECK, NULL, a, check_row, &c);
    return e == ERR_OK ? stmt_each(db, STMT_CHECK_APPS, NULL, a, check_row, &c)
                       : e;
}
