/* SPDX-License-Identifier: MIT */
/* Rows of app_token, app_verified_email and app_user_map. */
#include "store/store_app_token.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum err store_app_token_insert(struct db *db, const struct store_app_token *t)
{
    const struct cell params[] = {
        CELL_HASH(t->hash),       CELL_N(t->realm_id),
        CELL_N(t->app_id),        CELL_N(t->purpose),
        CELL_S(t->user_id),       CELL_B(t->email_sealed.p, t->email_sealed.n),
        CELL_HASH(t->email_hash), CELL_N(t->created_us),
        CELL_N(t->expires_us)};

    return stmt_exec(db, STMT_APP_TOKEN_INSERT, params, NULL);
}

enum err store_app_token_take(struct db *db, struct arena *a,
                              struct store_app_token *t)
{
    const struct cell realm = t->realm_id == 0 ? CELL_NIL : CELL_N(t->realm_id);
    const struct cell params[] = {CELL_N(t->app_id), CELL_N(t->purpose),
                                  CELL_HASH(t->hash), realm, realm};
    struct cell c[4];
    enum err e = stmt_one(db, STMT_APP_TOKEN_TAKE, params, a, c);

    if (e == ERR_OK)
        e = rows_read_bytes(&c[2], t->email_hash, STORE_HASH_LEN);
    if (e != ERR_OK)
        return e;
    t->user_id = c[0].bytes;
    t->email_sealed = c[1].bytes;
    t->live = c[3].number == 1;
    return ERR_OK;
}

enum err store_app_token_drop(struct db *db, const struct store_app_token *t,
                              bool by_email)
{
    const struct cell email = by_email ? CELL_HASH(t->email_hash) : CELL_NIL;
    const struct cell params[] = {CELL_N(t->app_id), CELL_N(t->purpose),
                                  CELL_S(t->user_id), email, email};

    return stmt_exec(db, STMT_APP_TOKEN_DROP, params, NULL);
}

enum err store_app_verified(struct db *db, const struct store_app_verified *v,
                            bool *found_r)
{
    const struct cell params[] = {CELL_N(v->app_id), CELL_S(v->user_id),
                                  CELL_HASH(v->email_hash)};
    struct cell one;
    enum err e = stmt_one(db, STMT_APP_VERIFIED, params, NULL, &one);

    if (e != ERR_OK && e != ERR_NO_ROW)
        return e;
    *found_r = e == ERR_OK;
    return ERR_OK;
}

enum err store_app_verified_set(struct db *db,
                                const struct store_app_verified *v,
                                bool verified)
{
    const struct cell params[] = {CELL_N(v->app_id), CELL_S(v->user_id),
                                  CELL_HASH(v->email_hash)};

    return stmt_exec(db,
                     verified ? STMT_APP_VERIFIED_ADD : STMT_APP_VERIFIED_DROP,
                     params, NULL);
}

enum err store_app_map_add(struct db *db, int64_t app_id,
                           const struct store_app_map *map)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(map->user_id),
                                  CELL_S(map->external_id),
                                  rows_text(map->info)};

    return stmt_exec(db, STMT_APP_MAP_ADD, params, NULL);
}

enum err store_app_map_get(struct db *db, struct arena *a, int64_t app_id,
                           struct str id, int kind, struct store_app_map *map_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_N(kind), CELL_S(id),
                                  CELL_N(kind),   CELL_S(id),   CELL_S(id)};
    struct cell c[3];
    enum err e = stmt_one(db, STMT_APP_MAP_GET, params, a, c);

    if (e == ERR_OK)
        *map_r = (struct store_app_map){c[0].bytes, c[1].bytes, c[2].bytes};
    return e;
}

struct taken {
    const struct store_app_map *map;
    bool user, external;
};

static enum err taken_row(void *data, const struct cell *c)
{
    struct taken *t = data;

    t->user |= str_eq(c[0].bytes, t->map->user_id);
    t->external |= str_eq(c[1].bytes, t->map->external_id);
    return ERR_OK;
}

enum err store_app_map_taken(struct db *db, struct arena *a, int64_t app_id,
                             const struct store_app_map *map, bool *user_r,
                             bool *external_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(map->user_id),
                                  CELL_S(map->external_id)};
    struct taken t = {.map = map};
    enum err e = stmt_each(db, STMT_APP_MAP_TAKEN, params, a, taken_row, &t);

    if (e != ERR_OK)
        return e;
    *user_r = t.user;
    *external_r = t.external;
    return ERR_OK;
}

enum err store_app_map_drop(struct db *db, int64_t app_id, struct str user_id,
                            uint64_t *count_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(user_id)};

    return stmt_exec(db, STMT_APP_MAP_DROP, params, count_r);
}

enum err store_app_map_note(struct db *db, int64_t app_id, struct str user_id,
                            struct str info)
{
    const struct cell params[] = {rows_text(info), CELL_N(app_id),
                                  CELL_S(user_id)};

    return stmt_exec(db, STMT_APP_MAP_NOTE, params, NULL);
}
