/* SPDX-License-Identifier: MIT */
/* Rows of realm as applications and tenants. */
#include "store/store_app.h"

#include "store/stmt.h"
#include "store/store_rows.h"

static enum err one_row(struct db *db, enum stmt_id id, struct arena *a,
                        const struct cell *params, struct store_app *row_r)
{
    struct cell c[7];
    enum err e = stmt_one(db, id, params, a, c);

    if (e != ERR_OK)
        return e;
    *row_r = (struct store_app){.realm_id = c[0].number,
                                .app_id = c[1].number,
                                .core_config = c[2].bytes,
                                .app_config = c[3].bytes,
                                .first_factors = c[4].bytes,
                                .second_factors = c[5].bytes,
                                .providers_sealed = c[6].bytes};
    return ERR_OK;
}

enum err store_app_find(struct db *db, struct arena *a, struct str name,
                        struct str tenant, struct store_app *row_r)
{
    const struct cell params[] = {CELL_S(name), CELL_S(tenant)};

    return one_row(db, STMT_APP_FIND, a, params, row_r);
}

enum err store_app_lock(struct db *db, struct arena *a, struct str name,
                        struct str tenant, struct store_app *row_r)
{
    const struct cell params[] = {CELL_S(name), CELL_S(tenant)};

    return one_row(db, STMT_APP_LOCK, a, params, row_r);
}

struct list {
    store_app_each *each;
    void *data;
};

static enum err list_row(void *data, const struct cell *c)
{
    const struct list *list = data;
    const struct store_app_named one = {.name = c[0].bytes,
                                        .tenant = c[1].bytes,
                                        .row = {.core_config = c[2].bytes,
                                                .first_factors = c[3].bytes,
                                                .second_factors = c[4].bytes,
                                                .providers_sealed = c[5].bytes,
                                                .realm_id = c[6].number}};

    return list->each(list->data, &one);
}

enum err store_app_list(struct db *db, struct arena *a, int64_t app_id,
                        store_app_each *each, void *data)
{
    const struct cell params[] = {CELL_N(app_id)};
    struct list list = {each, data};

    if (app_id == 0)
        return stmt_each(db, STMT_APP_LIST, NULL, a, list_row, &list);
    return stmt_each(db, STMT_APP_LIST_TENANTS, params, a, list_row, &list);
}

enum err store_app_insert(struct db *db, struct str name, struct str tenant,
                          const struct store_app *row, int64_t *realm_id_r)
{
    const struct cell params[] = {CELL_S(name),
                                  CELL_S(tenant),
                                  CELL_N(row->app_id),
                                  CELL_S(row->core_config),
                                  rows_text(row->first_factors),
                                  rows_text(row->second_factors)};
    struct cell id;
    enum err e = stmt_one(db, STMT_APP_INSERT, params, NULL, &id);

    if (e == ERR_OK && row->app_id == 0)
        e = stmt_exec(db, STMT_APP_OWN, &id, NULL);
    if (e == ERR_OK)
        *realm_id_r = id.number;
    return e;
}

enum err store_app_change(struct db *db, const struct store_app *row)
{
    const struct cell params[] = {
        CELL_S(row->core_config), rows_text(row->first_factors),
        rows_text(row->second_factors), CELL_N(row->realm_id)};

    return stmt_exec(db, STMT_APP_CHANGE, params, NULL);
}

enum err store_app_providers(struct db *db, int64_t realm_id, struct str sealed)
{
    const struct cell params[] = {sealed.p == NULL ? CELL_NIL
                                                   : CELL_B(sealed.p, sealed.n),
                                  CELL_N(realm_id)};

    return stmt_exec(db, STMT_APP_PROVIDERS, params, NULL);
}

enum err store_app_rename(struct db *db, int64_t realm_id, struct str name,
                          struct str tenant)
{
    const struct cell params[] = {CELL_S(name), CELL_S(tenant),
                                  CELL_N(realm_id)};

    return stmt_exec(db, STMT_APP_RENAME, params, NULL);
}

static enum err end_few(struct db *db, const enum stmt_id *ids, size_t count,
                        int64_t realm_id, bool *more_r)
{
    const struct cell param = CELL_N(realm_id);
    enum err e = ERR_OK;
    bool more = false;

    for (size_t i = 0; i < count && e == ERR_OK; i++) {
        uint64_t n = 0;

        e = stmt_exec(db, ids[i], &param, &n);
        more |= n > 0;
    }
    if (e == ERR_OK)
        *more_r = more;
    return e;
}

enum err store_app_end_tenant(struct db *db, int64_t realm_id, bool *more_r)
{
    static const enum stmt_id ids[] = {
        STMT_APP_END_SESSIONS,   STMT_APP_END_MEMBERS, STMT_APP_END_OWN_MEMBERS,
        STMT_APP_END_USER_ROLES, STMT_APP_END_TOKENS,  STMT_APP_END_CODES};

    return end_few(db, ids, sizeof(ids) / sizeof(ids[0]), realm_id, more_r);
}

enum err store_app_end(struct db *db, int64_t app_id, bool *more_r)
{
    static const enum stmt_id ids[] = {
        STMT_APP_END_ACCOUNTS, STMT_APP_END_ROLES,   STMT_APP_END_METADATA,
        STMT_APP_END_MAPS,     STMT_APP_END_EMAILS,  STMT_APP_END_DEVICES,
        STMT_APP_END_KEYS,     STMT_APP_END_SECRETS,
    };

    return end_few(db, ids, sizeof(ids) / sizeof(ids[0]), app_id, more_r);
}
