/* SPDX-License-Identifier: MIT */
/* One row names both ids; its unique keys decide. */
#include "domain/app_user_map.h"

#include "domain/account_read.h"
#include "domain/app_user.h"
#include "store/store_app_token.h"
#include "store/store_app_user.h"

/* The account an own id names; its text in one case. */
static enum err own_account(struct ctx *c, const struct app *app,
                            struct str user_id, struct str *own_r)
{
    struct app_user_ref ref;
    struct id id;
    enum err e = ERR_USER_NOT_FOUND;

    if (!id_parse(user_id, &id))
        return e;
    e = app_user_ref(c, app, user_id, &ref);
    if (e == ERR_OK && (!ref.account || !id_eq(&ref.account_id, &id)))
        e = ERR_USER_NOT_FOUND;
    return e != ERR_OK ? e : account_subject(c, &id, own_r);
}

enum err app_user_map_add(struct ctx *c, const struct app *app,
                          const struct app_user_map *map, bool force,
                          struct app_user_map_taken *taken_r)
{
    struct store_app_map row = {.external_id = map->external_id,
                                .info = map->info};
    struct app_user_map_taken taken = {.user_id = false};
    enum store_app_use use = STORE_APP_USE_NONE;
    enum err e = own_account(c, app, map->user_id, &row.user_id);

    if (e == ERR_OK)
        e = store_app_map_taken(c->db, c->arena, app->app_id, &row,
                                &taken.user_id, &taken.external_id);
    if (e != ERR_OK)
        return e;
    if (taken.user_id || taken.external_id) {
        *taken_r = taken;
        return ERR_CONFLICT;
    }
    if (!force)
        e = store_app_user_used(c->db, app->app_id, row.user_id, &use);
    if (e == ERR_OK && use != STORE_APP_USE_NONE) {
        taken_r->use = (enum app_user_use)use;
        return ERR_FORBIDDEN;
    }
    if (e == ERR_OK)
        e = store_app_map_add(c->db, app->app_id, &row);
    if (e != ERR_DUPLICATE_ROW)
        return e;
    /* Somebody was faster: which one does not matter much. */
    *taken_r =
        (struct app_user_map_taken){.user_id = true, .external_id = true};
    return ERR_CONFLICT;
}

enum err app_user_map_get(struct ctx *c, const struct app *app, struct str id,
                          enum app_user_map_id kind, struct app_user_map *map_r)
{
    struct store_app_map row;
    enum err e =
        store_app_map_get(c->db, c->arena, app->app_id, id, (int)kind, &row);

    if (e == ERR_NO_ROW)
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK)
        *map_r = (struct app_user_map){row.user_id, row.external_id, row.info};
    return e;
}

enum err app_user_map_drop(struct ctx *c, const struct app *app, struct str id,
                           enum app_user_map_id kind, bool force,
                           struct app_user_map_gone *gone_r)
{
    struct app_user_map map;
    enum store_app_use use = STORE_APP_USE_NONE;
    uint64_t count = 0;
    enum err e = app_user_map_get(c, app, id, kind, &map);

    if (e == ERR_USER_NOT_FOUND) {
        gone_r->existed = false;
        return ERR_OK;
    }
    if (e == ERR_OK && !force)
        e = store_app_user_used(c->db, app->app_id, map.external_id, &use);
    if (e == ERR_OK && use != STORE_APP_USE_NONE) {
        gone_r->use = (enum app_user_use)use;
        return ERR_FORBIDDEN;
    }
    if (e == ERR_OK)
        e = store_app_map_drop(c->db, app->app_id, map.user_id, &count);
    if (e == ERR_OK)
        gone_r->existed = count == 1;
    return e;
}

enum err app_user_map_note(struct ctx *c, const struct app *app, struct str id,
                           enum app_user_map_id kind, struct str info)
{
    struct app_user_map map;
    enum err e = app_user_map_get(c, app, id, kind, &map);

    return e != ERR_OK
               ? e
               : store_app_map_note(c->db, app->app_id, map.user_id, info);
}
