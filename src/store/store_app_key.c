/* SPDX-License-Identifier: MIT */
/* What an application signs and encrypts with, as rows. */
#include "store/store_app_key.h"

#include "store/store_rows.h"
#include "store/stmt.h"

struct app_key_listing {
    enum err (*each)(void *data, const struct store_app_key *k);
    void *data;
    int64_t app_id;
};

static enum err app_key_row(void *data, const struct cell *c)
{
    const struct app_key_listing *l = data;
    const struct store_app_key k = {.app_id = l->app_id,
                                    .kid = c[0].bytes,
                                    .fixed = c[1].number != 0,
                                    .sealed = c[2].bytes,
                                    .created_us = c[3].number};

    return l->each(l->data, &k);
}

enum err store_app_key_list(struct db *db, struct arena *a, int64_t app_id,
                            enum err (*each)(void *data,
                                             const struct store_app_key *k),
                            void *data)
{
    const struct cell params[] = {CELL_N(app_id)};
    struct app_key_listing l = {each, data, app_id};

    return stmt_each(db, STMT_APP_KEY_LIST, params, a, app_key_row, &l);
}

enum err store_app_key_insert(struct db *db, const struct store_app_key *k)
{
    const struct cell params[] = {
        CELL_S(k->kid),        CELL_N(k->app_id),
        CELL_N(k->fixed),      CELL_B(k->sealed.p, k->sealed.n),
        CELL_N(k->created_us), CELL_N(k->created_us)};

    return stmt_exec(db, STMT_APP_KEY_INSERT, params, NULL);
}

enum err store_app_key_delete(struct db *db, int64_t app_id, int64_t before_us)
{
    const struct cell params[] = {CELL_N(app_id), CELL_N(before_us)};

    return stmt_exec(db, STMT_APP_KEY_DELETE, params, NULL);
}

enum err store_app_key_revoke(struct db *db, int64_t app_id, struct str kid,
                              bool *done_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(kid)};

    return rows_change(db, STMT_APP_KEY_REVOKE, params, done_r);
}

struct app_listing {
    enum err (*each)(void *data, struct str app);
    void *data;
};

static enum err app_row(void *data, const struct cell *c)
{
    const struct app_listing *l = data;

    return l->each(l->data, c[0].bytes);
}

enum err store_app_key_oldest(struct db *db, struct arena *a, int64_t before_us,
                              int64_t limit,
                              enum err (*each)(void *data, struct str app),
                              void *data)
{
    const struct cell params[] = {CELL_N(before_us), CELL_N(limit)};
    struct app_listing l = {each, data};

    return stmt_each(db, STMT_APP_KEY_OLDEST, params, a, app_row, &l);
}

enum err store_app_secret_get(struct db *db, struct arena *a, int64_t app_id,
                              struct str name, struct str *sealed_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(name)};
    struct cell c[1];
    enum err e = stmt_one(db, STMT_APP_SECRET_GET, params, a, c);

    if (e == ERR_OK)
        *sealed_r = c[0].bytes;
    return e;
}

enum err store_app_secret_insert(struct db *db, int64_t app_id, struct str name,
                                 struct str sealed, int64_t now_us)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(name),
                                  CELL_B(sealed.p, sealed.n), CELL_N(now_us)};

    return stmt_exec(db, STMT_APP_SECRET_INSERT, params, NULL);
}
