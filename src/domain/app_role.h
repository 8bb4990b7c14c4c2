/* SPDX-License-Identifier: MIT */
/* Roles of applications, what they permit, and who has them. Roles are shared
 * by an application's tenants; users have them in one. They are no rights of
 * this service. */
#ifndef GATEHOUSE_DOMAIN_APP_ROLE_H
#define GATEHOUSE_DOMAIN_APP_ROLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"

#define APP_ROLE_MAX 255 /* bytes of a role's or a permission's name */

/* Who gets the names of a list, in their order. */
struct app_role_names {
    enum err (*each)(void *data, struct str name);
    void *data;
};

/* A role and permissions that are given to it or taken from it. */
struct app_role_change {
    struct str role;
    const struct str *permissions;
    size_t count;
};

/* Makes a role unless it is there, and gives it permissions; *made_r. */
enum err app_role_put(struct ctx *c, const struct app *app,
                      const struct app_role_change *change, bool *made_r);

/* Takes permissions from a role; permissions NULL: all. ERR_APP_ROLE_UNKNOWN.
 */
enum err app_role_permissions_remove(struct ctx *c, const struct app *app,
                                     const struct app_role_change *change);

/* Deletes a role, from its users too; *done_r false when there was none. */
enum err app_role_remove(struct ctx *c, const struct app *app, struct str role,
                         bool *done_r);

/* All roles. */
enum err app_role_list(struct ctx *c, const struct app *app,
                       const struct app_role_names *names);

/* A role's permissions. ERR_APP_ROLE_UNKNOWN. */
enum err app_role_permissions(struct ctx *c, const struct app *app,
                              struct str role,
                              const struct app_role_names *names);

/* The roles with a permission. */
enum err app_role_by_permission(struct ctx *c, const struct app *app,
                                struct str permission,
                                const struct app_role_names *names);

/* Gives a user a role in app's tenant; *made_r false when the user had it.
 * ERR_APP_ROLE_UNKNOWN. */
enum err app_role_give(struct ctx *c, const struct app *app, struct str user_id,
                       struct str role, bool *made_r);

/* Takes it away; *done_r false when the user did not have it.
 * ERR_APP_ROLE_UNKNOWN. */
enum err app_role_take(struct ctx *c, const struct app *app, struct str user_id,
                       struct str role, bool *done_r);

/* A user's roles in app's tenant. */
enum err app_role_of_user(struct ctx *c, const struct app *app,
                          struct str user_id,
                          const struct app_role_names *names);

/* What a user's roles in app's tenant permit, each once. */
enum err app_role_permissions_of_user(struct ctx *c, const struct app *app,
                                      struct str user_id,
                                      const struct app_role_names *names);

/* The users with a role in app's tenant. ERR_APP_ROLE_UNKNOWN. */
enum err app_role_users(struct ctx *c, const struct app *app, struct str role,
                        const struct app_role_names *names);

#endif
