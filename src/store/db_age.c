/* SPDX-License-Identifier: MIT */
/* Tells an older database from the one that was written to last: a backup that
 * was put back, or a replica that was left behind. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/db_conn.h"

/* How long an event is certain to be kept, whoever purges. */
#define WITNESS_LIFE_US (86400 * CLOCK_SECOND)

void db_settle(struct db *db)
{
    if (memcmp(&db->witness, &db->pending, sizeof(db->witness)) == 0)
        return;
    db->witness = db->pending;
    db->witness_at_us = clock_monotonic_us();
}

void db_stored(struct db *db, const struct id *event)
{
    db->pending = *event;
    if (!db->in_transaction)
        db_settle(db);
}

/* Long ago by a clock that never jumps; events may have been purged since, by
 * the janitor or by the operator. */
static bool is_purgeable(const struct db *db)
{
    int64_t kept_us = db->config->sessions_audit_retention * CLOCK_SECOND / 2;
    int64_t most_us =
        kept_us > 0 && kept_us < WITNESS_LIFE_US ? kept_us : WITNESS_LIFE_US;
    return clock_monotonic_us() - db->witness_at_us > most_us;
}

enum err db_check_age(struct db *db)
{
    const struct cell param = CELL_ID(&db->witness);
    int64_t found = 0;
    if (id_is_nil(&db->witness) || is_purgeable(db))
        return ERR_OK;
    enum err e = stmt_number(db, STMT_EVENT_STORED, &param, &found);
    if (e != ERR_OK)
        return e;
    stmt_close(db, STMT_EVENT_STORED);
    if (found > 0)
        return ERR_OK;
    db_keep_text(db, "what was stored last is missing: an older database");
    if (!db->older)
        log_msg(LOG_LEVEL_ERROR, "db.older", "%s", db->error);
    db->older = true;
    return ERR_UNAVAILABLE;
}

/* A statement that fails closes the connection, and then it is asked at once.
 */
enum err db_ready_lately(struct db *db)
{
    const int64_t at = clock_monotonic_us();
    enum err e = ERR_OK;
    if (db->mysql != NULL && db->ready_us != 0 &&
        at - db->ready_us < CLOCK_SECOND)
        return ERR_OK;
    e = db_ready(db);
    db->ready_us = e == ERR_OK ? at : 0;
    return e;
}
