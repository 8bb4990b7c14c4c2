/* SPDX-License-Identifier: MIT */
/* Sealed columns of all tables, looked at as what they are: a key, a sealed
 * value; and how far re-sealing has come. */
#ifndef GATEHOUSE_STORE_STORE_SEALED_H
#define GATEHOUSE_STORE_STORE_SEALED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/db.h"

/* Every column that holds sealed values. */
enum store_sealed {
    STORE_SEALED_ACCOUNT_EMAIL,
    STORE_SEALED_ACCOUNT_NAME,
    STORE_SEALED_ACCOUNT_PHONE,
    STORE_SEALED_CHALLENGE,
    STORE_SEALED_OUTBOX_RECIPIENT,
    STORE_SEALED_OUTBOX_VALUES,
    STORE_SEALED_SIGNING_KEY,
    STORE_SEALED_APP_SECRET,
    STORE_SEALED_APP_TOKEN,
    STORE_SEALED_APP_TOTP,
    STORE_SEALED_REALM_PROVIDERS,
    STORE_SEALED_TOTP,
    STORE_SEALED_IDENTITY_SUBJECT,
    STORE_SEALED_IDENTITY_TOKENS,
    STORE_SEALED_COUNT
};

/* One value. */
struct store_sealed_row {
    struct str key;  /* primary key: an id's bytes, a kid, a hash, a
                      * realm and a name */
    struct str kind; /* of a challenge; empty otherwise */
    struct str sealed;
};

/* "account.email" and so on. Static text. */
const char *store_sealed_name(enum store_sealed column);

/* Who gets the rows of a list. */
struct store_sealed_sink {
    enum err (*each)(void *data, const struct store_sealed_row *row);
    void *data;
};

/* Calls each for the values of a column behind the key `after` (empty: from the
 * first), in the order of keys, at most limit. */
enum err store_sealed_list(struct db *db, struct arena *a,
                           enum store_sealed column, struct str after,
                           int64_t limit, const struct store_sealed_sink *sink);

/* Replaces row's value by fresh if it is still the one row tells; *done_r. */
enum err store_sealed_put(struct db *db, enum store_sealed column,
                          const struct store_sealed_row *row, struct str fresh,
                          bool *done_r);

/* How far re-sealing of a column has come. */
struct store_resealing {
    struct str name;    /* of the column, or another piece of the work */
    struct str key_id;  /* the key it began with */
    struct str reached; /* the last primary key done */
    struct str error;   /* what holds it up; empty: nothing */
    int64_t done, broken;
    int64_t started_us, finished_us, last_us;
};

/* Calls each for all rows by name. */
enum err store_resealing_list(struct db *db, struct arena *a,
                              enum err (*each)(void *data,
                                               const struct store_resealing *r),
                              void *data);

/* Rows that are not finished. */
enum err store_resealing_open(struct db *db, int64_t *count_r);

/* Begins (again) under the name. */
enum err store_resealing_start(struct db *db, const char *name,
                               struct str key_id);

/* A step from the place `from` on: to->reached, and to->done and to->broken
 * more. *done_r: nobody else has taken it. */
enum err store_resealing_step(struct db *db, struct str from,
                              const struct store_resealing *to, bool *done_r);

/* Ends the round that has come to r->reached; *done_r. */
enum err store_resealing_finish(struct db *db, const struct store_resealing *r,
                                bool *done_r);

/* Notes what holds it up. */
enum err store_resealing_fail(struct db *db, struct str name, struct str error);

#endif
