/* SPDX-License-Identifier: MIT */
/* The database's time between two answers of the database. */
#include "base/clock.h"
#include "store/db_conn.h"

static int64_t clock_at(void *data)
{
    const struct db *db = data;
    struct clock system = clock_system();
    if (db->heard_us == 0)
        return clock_us(&system);
    return db->heard_us + clock_monotonic_us() - db->heard_at_us;
}

struct clock db_clock(struct db *db)
{
    return (struct clock){clock_at, db};
}

void db_heard(struct db *db, int64_t now_us)
{
    db->heard_us = now_us;
    db->heard_at_us = clock_monotonic_us();
}
