/* SPDX-License-Identifier: MIT */
/* The database's time between two answers of the database. */
#include "base/clock.h"
#include "store/db_conn.h"

static int64_t clock_at(void *data)
{
    const struct db *db = data;
    struct clock system = clock_system();
    return db->heard ? clock_monotonic_us() + db->ahead_us : clock_us(&system);
}

struct clock db_clock(struct db *db)
{
    return (struct clock){clock_at, db};
}

/* The database looked at its clock some time between question and answer. An
 * answer that was held up must not set us back by as long: a token another
 * worker has just made would come from the future. So what was known stays as
 * far as it can be true. */
void db_heard(struct db *db, int64_t now_us)
{
    int64_t at = clock_monotonic_us();
    int64_t least = now_us - at, most = now_us - db->asked_us;
    if (!db->heard) {
        struct clock system = clock_system();
        db->ahead_us = clock_us(&system) - at;
        db->heard = true;
    }
    if (db->ahead_us > most)
        db->ahead_us = most;
    if (db->ahead_us < least)
        db->ahead_us = least;
}
