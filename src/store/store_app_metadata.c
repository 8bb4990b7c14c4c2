/* SPDX-License-Identifier: MIT */
/* Rows of app_user_metadata, without rules. */
#include "store/store_app_metadata.h"

#include "store/stmt.h"

enum err store_app_metadata_get(struct db *db, struct arena *a, int64_t app_id,
                                struct str user_id, struct str *json_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(user_id)};
    struct cell row;
    enum err e = stmt_one(db, STMT_APP_METADATA_GET, params, a, &row);

    if (e == ERR_OK)
        *json_r = row.bytes;
    return e;
}

enum err store_app_metadata_take(struct db *db, struct arena *a, int64_t app_id,
                                 struct str user_id, struct str *json_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(user_id)};
    enum err e = stmt_exec(db, STMT_APP_METADATA_TAKE, params, NULL);

    return e != ERR_OK ? e
                       : store_app_metadata_get(db, a, app_id, user_id, json_r);
}

enum err store_app_metadata_put(struct db *db, int64_t app_id,
                                struct str user_id, struct str json)
{
    const struct cell params[] = {CELL_S(json), CELL_N(app_id),
                                  CELL_S(user_id)};
    return stmt_exec(db, STMT_APP_METADATA_PUT, params, NULL);
}

enum err store_app_metadata_remove(struct db *db, int64_t app_id,
                                   struct str user_id)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(user_id)};
    return stmt_exec(db, STMT_APP_METADATA_REMOVE, params, NULL);
}
