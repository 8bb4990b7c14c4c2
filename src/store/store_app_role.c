/* SPDX-License-Identifier: MIT */
/* Rows of app_role, app_role_permission and app_user_role, without rules. */
#include "store/store_app_role.h"

#include "store/stmt.h"

static enum err counted(struct db *db, enum stmt_id which,
                        const struct cell *params, bool *done_r)
{
    uint64_t rows = 0;
    enum err e = stmt_exec(db, which, params, &rows);

    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}

static enum err name_row(void *data, const struct cell *row)
{
    const struct store_app_names *sink = data;

    return sink->each(sink->data, row[0].type == CELL_NULL
                                      ? (struct str){NULL, 0}
                                      : row[0].bytes);
}

/* Where the names of a list come from. */
struct names_from {
    enum stmt_id which;
    const struct cell *params;
};

static enum err names(struct db *db, struct arena *a,
                      const struct names_from *from,
                      const struct store_app_names *sink)
{
    struct store_app_names mine = *sink;

    return stmt_each(db, from->which, from->params, a, name_row, &mine);
}

enum err store_app_role_add(struct db *db, int64_t app_id, struct str role,
                            bool *made_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(role)};
    return counted(db, STMT_APP_ROLE_ADD, params, made_r);
}

enum err store_app_role_lock(struct db *db, int64_t app_id, struct str role)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(role)};
    struct cell one;
    return stmt_one(db, STMT_APP_ROLE_LOCK, params, NULL, &one);
}

enum err store_app_role_there(struct db *db, int64_t app_id, struct str role)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(role)};
    struct cell one;
    return stmt_one(db, STMT_APP_ROLE_THERE, params, NULL, &one);
}

enum err store_app_role_remove(struct db *db, int64_t app_id, struct str role,
                               bool *done_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(role)};
    return counted(db, STMT_APP_ROLE_REMOVE, params, done_r);
}

enum err store_app_role_list(struct db *db, struct arena *a, int64_t app_id,
                             const struct store_app_names *sink)
{
    const struct cell params[] = {CELL_N(app_id)};
    return names(db, a, &(struct names_from){STMT_APP_ROLE_LIST, params}, sink);
}

enum err store_app_permission_add(struct db *db, int64_t app_id,
                                  struct str role, struct str permission)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(role),
                                  CELL_S(permission)};
    return stmt_exec(db, STMT_APP_PERMISSION_ADD, params, NULL);
}

enum err store_app_permission_remove(struct db *db, int64_t app_id,
                                     struct str role, struct str permission)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(role),
                                  CELL_S(permission)};
    return stmt_exec(db,
                     permission.p == NULL ? STMT_APP_PERMISSION_CLEAR
                                          : STMT_APP_PERMISSION_REMOVE,
                     params, NULL);
}

enum err store_app_permission_list(struct db *db, struct arena *a,
                                   int64_t app_id, struct str role,
                                   const struct store_app_names *sink)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(role)};
    return names(db, a, &(struct names_from){STMT_APP_PERMISSION_LIST, params},
                 sink);
}

enum err store_app_permission_roles(struct db *db, struct arena *a,
                                    int64_t app_id, struct str permission,
                                    const struct store_app_names *sink)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(permission)};
    return names(db, a, &(struct names_from){STMT_APP_PERMISSION_ROLES, params},
                 sink);
}

enum err store_app_user_role_add(struct db *db,
                                 const struct store_app_user_role *row,
                                 bool *made_r)
{
    const struct cell params[] = {CELL_N(row->realm_id), CELL_S(row->user_id),
                                  CELL_N(row->app_id), CELL_S(row->role)};
    return counted(db, STMT_APP_USER_ROLE_ADD, params, made_r);
}

enum err store_app_user_role_remove(struct db *db,
                                    const struct store_app_user_role *row,
                                    bool *done_r)
{
    const struct cell params[] = {CELL_N(row->realm_id), CELL_S(row->user_id),
                                  CELL_S(row->role)};
    return counted(db, STMT_APP_USER_ROLE_REMOVE, params, done_r);
}

enum err store_app_user_role_list(struct db *db, struct arena *a,
                                  int64_t realm_id, struct str user_id,
                                  const struct store_app_names *sink)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(user_id)};
    return names(db, a, &(struct names_from){STMT_APP_USER_ROLE_LIST, params},
                 sink);
}

enum err store_app_user_permission_list(struct db *db, struct arena *a,
                                        int64_t realm_id, struct str user_id,
                                        const struct store_app_names *sink)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(user_id)};
    return names(db, a,
                 &(struct names_from){STMT_APP_USER_PERMISSION_LIST, params},
                 sink);
}

enum err store_app_role_users(struct db *db, struct arena *a,
                              const struct store_app_user_role *row,
                              const struct store_app_names *sink)
{
    const struct cell params[] = {CELL_N(row->realm_id), CELL_N(row->app_id),
                                  CELL_S(row->role)};
    return names(db, a, &(struct names_from){STMT_APP_ROLE_USERS, params},
                 sink);
}
