/* SPDX-License-Identifier: MIT */
/* Rows of app_user_metadata, without rules. */
#ifndef GATEHOUSE_STORE_STORE_APP_METADATA_H
#define GATEHOUSE_STORE_STORE_APP_METADATA_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/db.h"

/* The JSON object kept of a user. ERR_NO_ROW. */
enum err store_app_metadata_get(struct db *db, struct arena *a, int64_t app_id,
                                struct str user_id, struct str *json_r);

/* The same, of a row that is there and locked afterwards: an empty object is
 * put where there was none. Part of the caller's transaction. */
enum err store_app_metadata_take(struct db *db, struct arena *a, int64_t app_id,
                                 struct str user_id, struct str *json_r);

/* Replaces it. */
enum err store_app_metadata_put(struct db *db, int64_t app_id,
                                struct str user_id, struct str json);

/* Deletes it; nothing there is no error. */
enum err store_app_metadata_remove(struct db *db, int64_t app_id,
                                   struct str user_id);

#endif
