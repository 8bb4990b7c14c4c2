/* SPDX-License-Identifier: MIT */
/* Rows of app_totp_device and app_totp_code, without rules. */
#include "store/store_app_totp.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum err store_app_totp_put(struct db *db, const struct store_app_owner *owner,
                            const struct store_app_device *row, bool *done_r)
{
    const struct cell params[] = {
        CELL_N(owner->realm_id),
        CELL_S(owner->user_id),
        CELL_S(row->name),
        CELL_ID(&row->id),
        CELL_B(row->secret_sealed.p, row->secret_sealed.n),
        CELL_N(row->period_s),
        CELL_N(row->skew),
        CELL_N(row->verified),
        CELL_N(row->created_us),
    };
    return rows_change(db, STMT_APP_TOTP_PUT, params, done_r);
}

struct device_sink {
    enum err (*each)(void *data, const struct store_app_device *row);
    void *data;
};

static enum err device_row(void *data, const struct cell *c)
{
    const struct device_sink *sink = data;
    struct store_app_device row = {.name = c[1].bytes,
                                   .secret_sealed = c[2].bytes,
                                   .period_s = c[3].number,
                                   .skew = c[4].number,
                                   .verified = c[5].number != 0};
    enum err e = rows_read_bytes(&c[0], row.id.b, sizeof(row.id.b));

    return e != ERR_OK ? e : sink->each(sink->data, &row);
}

enum err store_app_totp_list(
    struct db *db, struct arena *a, const struct store_app_owner *owner,
    bool lock, enum err (*each)(void *data, const struct store_app_device *row),
    void *data)
{
    const struct cell params[] = {CELL_N(owner->realm_id),
                                  CELL_S(owner->user_id)};
    struct device_sink sink = {each, data};

    return stmt_each(db, lock ? STMT_APP_TOTP_LOCK : STMT_APP_TOTP_LIST, params,
                     a, device_row, &sink);
}

enum err store_app_totp_rename(struct db *db,
                               const struct store_app_owner *owner,
                               struct str from, struct str to, bool *done_r)
{
    const struct cell params[] = {CELL_S(to), CELL_N(owner->realm_id),
                                  CELL_S(owner->user_id), CELL_S(from)};
    return rows_change(db, STMT_APP_TOTP_RENAME, params, done_r);
}

enum err store_app_totp_there(struct db *db,
                              const struct store_app_owner *owner,
                              struct str name)
{
    const struct cell params[] = {CELL_N(owner->realm_id),
                                  CELL_S(owner->user_id), CELL_S(name)};
    struct cell one;
    return stmt_one(db, STMT_APP_TOTP_THERE, params, NULL, &one);
}

enum err store_app_totp_proved(struct db *db,
                               const struct store_app_owner *owner,
                               struct str name)
{
    const struct cell params[] = {CELL_N(owner->realm_id),
                                  CELL_S(owner->user_id), CELL_S(name)};
    return stmt_exec(db, STMT_APP_TOTP_PROVED, params, NULL);
}

enum err store_app_totp_remove(struct db *db,
                               const struct store_app_owner *owner,
                               struct str name, bool *done_r)
{
    const struct cell params[] = {CELL_N(owner->realm_id),
                                  CELL_S(owner->user_id), CELL_S(name)};
    return rows_change(db, STMT_APP_TOTP_REMOVE, params, done_r);
}

enum err store_app_totp_code_add(struct db *db,
                                 const struct store_app_owner *owner,
                                 const struct store_app_code *row)
{
    const struct cell params[] = {
        CELL_N(owner->realm_id), CELL_S(owner->user_id),
        CELL_N(row->created_us), CELL_B(row->hash, sizeof(row->hash)),
        CELL_N(row->valid),      CELL_N(row->expires_us),
    };
    return stmt_exec(db, STMT_APP_TOTP_CODE_ADD, params, NULL);
}

enum err store_app_totp_code_used(struct db *db,
                                  const struct store_app_owner *owner,
                                  const uint8_t hash[STORE_HASH_LEN],
                                  int64_t now_us)
{
    const struct cell params[] = {CELL_N(owner->realm_id),
                                  CELL_S(owner->user_id), CELL_HASH(hash),
                                  CELL_N(now_us)};
    struct cell one;
    return stmt_one(db, STMT_APP_TOTP_CODE_USED, params, NULL, &one);
}

enum err store_app_totp_wrong(struct db *db,
                              const struct store_app_owner *owner,
                              int64_t now_us, int64_t *count_r,
                              int64_t *last_us_r)
{
    const struct cell params[] = {CELL_N(owner->realm_id),
                                  CELL_S(owner->user_id), CELL_N(now_us)};
    struct cell row[2];
    enum err e = stmt_one(db, STMT_APP_TOTP_WRONG, params, NULL, row);

    if (e != ERR_OK)
        return e;
    *count_r = row[0].number;
    *last_us_r = row[1].number;
    return ERR_OK;
}

enum err store_app_totp_wrong_keep(struct db *db,
                                   const struct store_app_owner *owner,
                                   int64_t now_us, int64_t until_us)
{
    const struct cell params[] = {CELL_N(until_us), CELL_N(owner->realm_id),
                                  CELL_S(owner->user_id), CELL_N(now_us)};
    return stmt_exec(db, STMT_APP_TOTP_WRONG_KEEP, params, NULL);
}

enum err store_app_totp_wrong_forgive(struct db *db,
                                      const struct store_app_owner *owner)
{
    const struct cell params[] = {CELL_N(owner->realm_id),
                                  CELL_S(owner->user_id)};
    return stmt_exec(db, STMT_APP_TOTP_WRONG_FORGIVE, params, NULL);
}
