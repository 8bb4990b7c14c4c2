/* SPDX-License-Identifier: MIT */
/* Rows of signing_key and app_secret that belong to applications, without
 * rules. */
#ifndef GATEHOUSE_STORE_STORE_APP_KEY_H
#define GATEHOUSE_STORE_STORE_APP_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/db.h"

/* A key row. */
struct store_app_key {
    int64_t app_id; /* realm */
    struct str kid;
    bool fixed; /* static, else dynamic */
    struct str sealed;
    int64_t created_us;
};

/* Calls each for the application's keys, newest first. */
enum err store_app_key_list(struct db *db, struct arena *a, int64_t app_id,
                            enum err (*each)(void *data,
                                             const struct store_app_key *k),
                            void *data);

/* Inserts a key. ERR_DUPLICATE_ROW when the kid is taken. */
enum err store_app_key_insert(struct db *db, const struct store_app_key *k);

/* Deletes dynamic keys made before before_us. */
enum err store_app_key_delete(struct db *db, int64_t app_id, int64_t before_us);

/* Deletes one key, of either kind; *done_r false: there is none. */
enum err store_app_key_revoke(struct db *db, int64_t app_id, struct str kid,
                              bool *done_r);

/* Calls each with the names of applications whose newest dynamic key was made
 * before before_us, the oldest first, at most limit. */
enum err store_app_key_oldest(struct db *db, struct arena *a, int64_t before_us,
                              int64_t limit,
                              enum err (*each)(void *data, struct str app),
                              void *data);

/* The sealed secret of that name. ERR_NO_ROW. */
enum err store_app_secret_get(struct db *db, struct arena *a, int64_t app_id,
                              struct str name, struct str *sealed_r);

/* Inserts it unless there is one. */
enum err store_app_secret_insert(struct db *db, int64_t app_id, struct str name,
                                 struct str sealed, int64_t now_us);

#endif
