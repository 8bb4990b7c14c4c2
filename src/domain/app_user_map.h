/* SPDX-License-Identifier: MIT */
/* Ids of their own that back ends give to users. */
#ifndef GATEHOUSE_DOMAIN_APP_USER_MAP_H
#define GATEHOUSE_DOMAIN_APP_USER_MAP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"

/* A user's two ids. info {NULL, 0}: none. */
struct app_user_map {
    struct str user_id, external_id, info;
};

/* What an id in a question is. */
enum app_user_map_id {
    APP_USER_MAP_OWN,
    APP_USER_MAP_EXTERNAL,
    APP_USER_MAP_ANY
};

/* What stands under an id and would be lost with a change of its map. */
enum app_user_use {
    APP_USER_USE_NONE,
    APP_USER_USE_SESSION,
    APP_USER_USE_METADATA,
    APP_USER_USE_ROLE,
    APP_USER_USE_EMAIL,
    APP_USER_USE_TOTP
};

/* Which of the two ids is mapped already, or what the own one is used for. */
struct app_user_map_taken {
    bool user_id, external_id;
    enum app_user_use use;
};

/* Whether there was a map, or what the external id is used for. */
struct app_user_map_gone {
    bool existed;
    enum app_user_use use;
};

/* Maps an account's id. ERR_USER_NOT_FOUND when there is no such account,
 * ERR_CONFLICT with *taken_r, ERR_FORBIDDEN with it when sessions, roles,
 * metadata, addresses or devices stand under the account's own id and not
 * force. */
enum err app_user_map_add(struct ctx *c, const struct app *app,
                          const struct app_user_map *map, bool force,
                          struct app_user_map_taken *taken_r);

/* The map of an id. ERR_USER_NOT_FOUND. */
enum err app_user_map_get(struct ctx *c, const struct app *app, struct str id,
                          enum app_user_map_id kind,
                          struct app_user_map *map_r);

/* Forgets it. ERR_FORBIDDEN, with *gone_r, when something stands under the
 * external id and not force. */
enum err app_user_map_drop(struct ctx *c, const struct app *app, struct str id,
                           enum app_user_map_id kind, bool force,
                           struct app_user_map_gone *gone_r);

/* Replaces what is noted beside it ({NULL, 0}: nothing). ERR_USER_NOT_FOUND. */
enum err app_user_map_note(struct ctx *c, const struct app *app, struct str id,
                           enum app_user_map_id kind, struct str info);

#endif
