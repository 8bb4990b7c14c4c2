/* SPDX-License-Identifier: MIT */
/* Rows of signing_key and api_key, without rules. */
#include "store/store_key.h"

#include <string.h>

#include "store/stmt.h"
#include "store/store_rows.h"

enum { API_KEY_COLUMNS = 8, API_KEY_NOW = 7 };

static enum err generation(struct db *db, struct arena *a, enum stmt_id which,
                           int64_t realm_id, int64_t times_r[2])
{
    const struct cell params[] = {CELL_N(realm_id)};
    struct cell row[2];
    enum err e = stmt_one(db, which, params, a, row);
    if (e != ERR_OK)
        return e;
    db_heard(db, row[1].number);
    times_r[0] = row[0].number;
    times_r[1] = row[1].number;
    return ERR_OK;
}

enum err store_key_generation(struct db *db, struct arena *a, int64_t realm_id,
                              int64_t *generation_r, int64_t *now_us_r)
{
    int64_t got[2];
    enum err e = generation(db, a, STMT_KEY_GENERATION, realm_id, got);
    if (e == ERR_OK) {
        *generation_r = got[0];
        *now_us_r = got[1];
    }
    return e;
}

enum err store_key_lock(struct db *db, struct arena *a, int64_t realm_id,
                        int64_t *generation_r, int64_t *now_us_r)
{
    int64_t got[2];
    enum err e = generation(db, a, STMT_KEY_LOCK, realm_id, got);
    if (e == ERR_OK) {
        *generation_r = got[0];
        *now_us_r = got[1];
    }
    return e;
}

enum err store_key_raise(struct db *db, int64_t realm_id)
{
    const struct cell params[] = {CELL_N(realm_id)};
    return stmt_exec(db, STMT_KEY_RAISE, params, NULL);
}

struct key_listing {
    enum err (*each)(void *data, const struct store_key *k);
    void *data;
};

static enum err key_row(void *data, const struct cell *c)
{
    const struct key_listing *l = data;
    const struct store_key k = {
        .kid = c[0].bytes,
        .realm_id = c[1].number,
        .alg = c[2].bytes,
        .sealed = c[3].bytes,
        .created_us = c[4].number,
        .active_us = c[5].number,
        .retired_us = c[6].number,
        .expires_us = c[7].number,
        .revoked_us = c[8].number,
    };
    return l->each(l->data, &k);
}

enum err store_key_list(struct db *db, struct arena *a, int64_t realm_id,
                        enum err (*each)(void *data, const struct store_key *k),
                        void *data)
{
    const struct cell params[] = {CELL_N(realm_id)};
    struct key_listing l = {each, data};
    return stmt_each(db, STMT_KEY_LIST, params, a, key_row, &l);
}

enum err store_key_insert(struct db *db, const struct store_key *k)
{
    const struct cell params[] = {
        CELL_S(k->kid),        CELL_N(k->realm_id),
        CELL_S(k->alg),        CELL_B(k->sealed.p, k->sealed.n),
        CELL_N(k->created_us), CELL_N(k->active_us),
        CELL_N(k->retired_us), CELL_N(k->expires_us),
        CELL_N(k->revoked_us),
    };
    return stmt_exec(db, STMT_KEY_INSERT, params, NULL);
}

enum err store_key_retire(struct db *db, struct str kid, int64_t retired_us,
                          int64_t expires_us)
{
    const struct cell params[] = {CELL_N(retired_us), CELL_N(expires_us),
                                  CELL_S(kid)};
    return stmt_exec(db, STMT_KEY_RETIRE, params, NULL);
}

enum err store_key_revoke(struct db *db, int64_t realm_id, struct str kid,
                          int64_t now_us, bool *done_r)
{
    const struct cell params[] = {CELL_N(now_us), CELL_S(kid),
                                  CELL_N(realm_id)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_KEY_REVOKE, params, &rows);
    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}

enum err store_api_key_insert(struct db *db, const struct store_api_key *k)
{
    const struct cell params[] = {
        CELL_ID(&k->id),           CELL_N(k->realm_id),   CELL_S(k->name),
        CELL_HASH(k->secret_hash), CELL_N(k->created_us), CELL_N(k->expires_us),
        CELL_N(k->revoked_us),
    };
    return stmt_exec(db, STMT_API_KEY_INSERT, params, NULL);
}

static enum err read_api_key(const struct cell *c, struct store_api_key *k)
{
    memset(k, 0, sizeof(*k));
    enum err e = rows_read_bytes(&c[0], k->id.b, sizeof(k->id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&c[3], k->secret_hash, STORE_HASH_LEN);
    k->realm_id = c[1].number;
    k->name = c[2].bytes;
    k->created_us = c[4].number;
    k->expires_us = c[5].number;
    k->revoked_us = c[6].number;
    return e;
}

enum err store_api_key_by_id(struct db *db, struct arena *a,
                             const struct id *id, struct store_api_key *k_r,
                             int64_t *now_us_r)
{
    const struct cell params[] = {CELL_ID(id)};
    struct cell row[API_KEY_COLUMNS];
    struct store_api_key k;
    enum err e = stmt_one(db, STMT_API_KEY_BY_ID, params, a, row);
    if (e == ERR_OK)
        e = read_api_key(row, &k);
    if (e != ERR_OK)
        return e;
    *k_r = k;
    *now_us_r = row[API_KEY_NOW].number;
    return ERR_OK;
}

struct api_key_listing {
    enum err (*each)(void *data, const struct store_api_key *k);
    void *data;
};

static enum err api_key_row(void *data, const struct cell *row)
{
    const struct api_key_listing *l = data;
    struct store_api_key k;
    enum err e = read_api_key(row, &k);
    return e == ERR_OK ? l->each(l->data, &k) : e;
}

enum err store_api_key_list(struct db *db, struct arena *a, int64_t realm_id,
                            enum err (*each)(void *data,
                                             const struct store_api_key *k),
                            void *data)
{
    const struct cell params[] = {CELL_N(realm_id)};
    struct api_key_listing l = {each, data};
    return stmt_each(db, STMT_API_KEY_LIST, params, a, api_key_row, &l);
}

enum err store_api_key_revoke(struct db *db, int64_t realm_id,
                              const struct id *id, int64_t now_us, bool *done_r)
{
    const struct cell params[] = {CELL_N(now_us), CELL_ID(id),
                                  CELL_N(realm_id)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_API_KEY_REVOKE, params, &rows);
    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}
