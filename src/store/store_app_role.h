/* SPDX-License-Identifier: MIT */
/* Rows of app_role, app_role_permission and app_user_role, without rules.
 * app_id is the application's realm, realm_id the tenant's. */
#ifndef GATEHOUSE_STORE_STORE_APP_ROLE_H
#define GATEHOUSE_STORE_STORE_APP_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/db.h"

/* Who gets the names of a list: text.p NULL where a row stands for none. */
struct store_app_names {
    enum err (*each)(void *data, struct str name);
    void *data;
};

/* Makes a role, or locks it; *made_r. Part of the caller's transaction. */
enum err store_app_role_add(struct db *db, int64_t app_id, struct str role,
                            bool *made_r);

/* Locks a role's row. ERR_NO_ROW. Part of the caller's transaction. */
enum err store_app_role_lock(struct db *db, int64_t app_id, struct str role);

/* Is there such a role? ERR_NO_ROW. */
enum err store_app_role_there(struct db *db, int64_t app_id, struct str role);

/* Deletes a role and all that hangs on it; *done_r. */
enum err store_app_role_remove(struct db *db, int64_t app_id, struct str role,
                               bool *done_r);

/* All roles, by name. */
enum err store_app_role_list(struct db *db, struct arena *a, int64_t app_id,
                             const struct store_app_names *sink);

/* Gives a role a permission; having it is no error. */
enum err store_app_permission_add(struct db *db, int64_t app_id,
                                  struct str role, struct str permission);

/* Takes a permission from a role; permission.p NULL: all of them. */
enum err store_app_permission_remove(struct db *db, int64_t app_id,
                                     struct str role, struct str permission);

/* A role's permissions, by name; a role without any gives one name of NULL, no
 * role none. */
enum err store_app_permission_list(struct db *db, struct arena *a,
                                   int64_t app_id, struct str role,
                                   const struct store_app_names *sink);

/* The roles that have a permission, by name. */
enum err store_app_permission_roles(struct db *db, struct arena *a,
                                    int64_t app_id, struct str permission,
                                    const struct store_app_names *sink);

/* A user's role in a tenant. */
struct store_app_user_role {
    int64_t realm_id, app_id;
    struct str user_id, role;
};

/* Inserts one; *made_r false when it is there, or the role is not. */
enum err store_app_user_role_add(struct db *db,
                                 const struct store_app_user_role *row,
                                 bool *made_r);

/* Deletes one; *done_r. */
enum err store_app_user_role_remove(struct db *db,
                                    const struct store_app_user_role *row,
                                    bool *done_r);

/* A user's roles in a tenant, by name. */
enum err store_app_user_role_list(struct db *db, struct arena *a,
                                  int64_t realm_id, struct str user_id,
                                  const struct store_app_names *sink);

/* What a user's roles in a tenant permit, each once, by name. */
enum err store_app_user_permission_list(struct db *db, struct arena *a,
                                        int64_t realm_id, struct str user_id,
                                        const struct store_app_names *sink);

/* The users that have a role in a tenant (row's user_id is not asked), by id; a
 * role without any gives one name of NULL, no role none. */
enum err store_app_role_users(struct db *db, struct arena *a,
                              const struct store_app_user_role *row,
                              const struct store_app_names *sink);

#endif
