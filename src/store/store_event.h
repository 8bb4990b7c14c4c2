/* SPDX-License-Identifier: MIT */
/* Rows of event (audit), throttle and lease, and what the janitor deletes. */
#ifndef GATEHOUSE_STORE_STORE_EVENT_H
#define GATEHOUSE_STORE_STORE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/ip.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* An audit row. */
struct store_event {
    struct id id;
    int64_t realm_id;
    int64_t at_us;
    const char *kind;     /* dotted word */
    struct str subject;   /* {NULL, 0}: none */
    struct id session_id; /* nil: none */
    struct ip ip;
    struct str user_agent, request_id;
    struct str detail; /* JSON object */
};

/* Appends an audit row. */
enum err store_event_insert(struct db *db, const struct store_event *e);

/* A bucket after one was taken from it. */
struct store_throttle {
    int64_t used, window_end_us;
    int64_t now_us; /* the database's clock */
};

/* Takes one from each of n (1 or 2) buckets in one statement: a bucket whose
 * window is over starts anew. Always counts; the caller compares used with its
 * limits. taken_r has n members, in the order of buckets; used is exact: no two
 * callers see the same. */
enum err store_throttle_take(struct db *db, struct arena *a,
                             const uint8_t (*buckets)[STORE_HASH_LEN],
                             unsigned n, int64_t window_us,
                             struct store_throttle *taken_r);

/* Takes one from a bucket that fills gradually: each fills again within
 * each_us, and all of them within full_us. taken_r->used is 0 when none was
 * there, and window_end_us is when the bucket is full again. */
enum err store_throttle_flow(struct db *db, struct arena *a,
                             const uint8_t bucket[STORE_HASH_LEN],
                             int64_t each_us, int64_t full_us,
                             struct store_throttle *taken_r);

/* What a bucket holds; nothing is taken. ERR_NO_ROW. */
enum err store_throttle_look(struct db *db,
                             const uint8_t bucket[STORE_HASH_LEN],
                             struct store_throttle *bucket_r);

/* Gives a unit of each of n buckets (1 or 2) back, by one statement; clear
 * empties the first of them until its window ends. */
enum err store_throttle_release(struct db *db,
                                const uint8_t (*buckets)[STORE_HASH_LEN],
                                unsigned n, bool clear);

/* Takes or renews the lease `name` for owner until now + life_us by one
 * conditional write; *mine_r. */
enum err store_lease_take(struct db *db, const char *name,
                          const struct id *owner, int64_t life_us,
                          bool *mine_r);

/* Gives the lease back if it is owner's. */
enum err store_lease_release(struct db *db, const char *name,
                             const struct id *owner);

/* What can be deleted by age. */
enum store_purge {
    STORE_PURGE_SESSION_EXPIRED, /* expires_us < before */
    STORE_PURGE_SESSION_REVOKED, /* 0 < revoked_us < before */
    STORE_PURGE_TOKEN,           /* expires_us < before */
    STORE_PURGE_THROTTLE,        /* window_end_us < before */
    STORE_PURGE_EVENT,           /* at_us < before */
    STORE_PURGE_KEY,             /* 0 < expires_us < before */
    STORE_PURGE_CHALLENGE,       /* expires_us < before */
    STORE_PURGE_TRUST,           /* expires_us < before */
    STORE_PURGE_OUTBOX,          /* expires_us < before */
    STORE_PURGE_APP_TOKEN,       /* expires_us < before */
    STORE_PURGE_APP_TOTP_CODE,   /* expires_us < before */
    STORE_PURGE_COUNT
};

/* Deletes at most limit rows by primary or time key; *count_r. */
enum err store_purge(struct db *db, enum store_purge what, int64_t before_us,
                     int64_t limit, uint64_t *count_r);

/* The database's clock. */
enum err store_now(struct db *db, struct arena *a, int64_t *now_us_r);

/* Counts rows that break an invariant of the store, by name: calls each with
 * the name and the number of offending rows (0 when sound). */
enum err store_check(struct db *db, struct arena *a,
                     enum err (*each)(void *data, const char *invariant,
                                      int64_t rows),
                     void *data);

#endif
