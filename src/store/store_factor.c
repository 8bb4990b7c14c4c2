/* SPDX-License-Identifier: MIT */
/* Rows of totp, recovery_code and trusted_device, without rules. */
#include "store/store_factor.h"

#include "store/stmt.h"
#include "store/store_rows.h"

/* A write whose affected rows are the answer. */
static enum err change(struct db *db, enum stmt_id which,
                       const struct cell *params, bool *done_r)
{
    uint64_t rows = 0;
    enum err e = stmt_exec(db, which, params, &rows);
    if (e == ERR_OK)
        *done_r = rows > 0;
    return e;
}

enum err store_factor_lock(struct db *db, struct arena *a,
                           const struct id *account,
                           struct store_factors *factors_r)
{
    const struct cell params[] = {CELL_ID(account)};
    struct cell row[3];
    enum err e = stmt_one(db, STMT_FACTOR_LOCK, params, a, row);
    if (e != ERR_OK)
        return e;
    factors_r->totp_us = row[0].number;
    factors_r->email_us = row[1].number;
    factors_r->preferred = (enum store_factor)row[2].number;
    return ERR_OK;
}

enum err store_factor_set(struct db *db, const struct id *account,
                          const struct store_factors *factors, bool raise)
{
    const struct cell params[] = {CELL_N(factors->totp_us),
                                  CELL_N(factors->email_us),
                                  factors->preferred == STORE_FACTOR_NONE
                                      ? CELL_NIL
                                      : CELL_N((int64_t)factors->preferred),
                                  CELL_N(raise ? 1 : 0), CELL_ID(account)};
    return stmt_exec(db, STMT_FACTOR_SET, params, NULL);
}

enum err store_factor_totp_add(struct db *db, const struct id *account,
                               struct str sealed, int64_t step, int64_t now_us)
{
    const struct cell params[] = {CELL_ID(account), CELL_B(sealed.p, sealed.n),
                                  CELL_N(step), CELL_N(now_us)};
    return stmt_exec(db, STMT_TOTP_ADD, params, NULL);
}

enum err store_factor_totp(struct db *db, struct arena *a,
                           const struct id *account, struct str *sealed_r)
{
    const struct cell params[] = {CELL_ID(account)};
    struct cell row[1];
    enum err e = stmt_one(db, STMT_TOTP_GET, params, a, row);
    if (e == ERR_OK)
        *sealed_r = row[0].bytes;
    return e;
}

enum err store_factor_totp_use(struct db *db, const struct id *account,
                               int64_t step, bool *used_r)
{
    const struct cell params[] = {CELL_N(step), CELL_ID(account), CELL_N(step)};
    return change(db, STMT_TOTP_USE, params, used_r);
}

enum err store_factor_totp_remove(struct db *db, const struct id *account)
{
    const struct cell params[] = {CELL_ID(account)};
    enum err e = stmt_exec(db, STMT_TOTP_REMOVE, params, NULL);
    return e != ERR_OK ? e : store_factor_recovery_clear(db, account);
}

enum err store_factor_recovery_add(struct db *db, const struct id *account,
                                   const uint8_t hash[STORE_HASH_LEN],
                                   int64_t now_us)
{
    const struct cell params[] = {CELL_ID(account), CELL_HASH(hash),
                                  CELL_N(now_us)};
    return stmt_exec(db, STMT_RECOVERY_ADD, params, NULL);
}

enum err store_factor_recovery_use(struct db *db, const struct id *account,
                                   const uint8_t hash[STORE_HASH_LEN],
                                   bool *used_r)
{
    const struct cell params[] = {CELL_ID(account), CELL_HASH(hash)};
    return change(db, STMT_RECOVERY_USE, params, used_r);
}

enum err store_factor_recovery_clear(struct db *db, const struct id *account)
{
    const struct cell params[] = {CELL_ID(account)};
    return stmt_exec(db, STMT_RECOVERY_CLEAR, params, NULL);
}

enum err store_factor_recovery_left(struct db *db, struct arena *a,
                                    const struct id *account, int64_t *left_r)
{
    const struct cell params[] = {CELL_ID(account)};
    struct cell row[1];
    enum err e = stmt_one(db, STMT_RECOVERY_LEFT, params, a, row);
    if (e == ERR_OK)
        *left_r = row[0].number;
    return e;
}

enum err store_factor_trusted(struct db *db, struct arena *a,
                              const struct id *account, const struct id *device,
                              bool *trusted_r)
{
    const struct cell params[] = {CELL_ID(account), CELL_ID(device)};
    struct cell row[1];
    enum err e = stmt_one(db, STMT_TRUST_LOOK, params, a, row);
    if (e != ERR_OK && e != ERR_NO_ROW)
        return e;
    *trusted_r = e == ERR_OK;
    return ERR_OK;
}

enum err store_factor_trust(struct db *db, const struct id *account,
                            const struct id *device, int64_t life_us)
{
    const struct cell params[] = {CELL_ID(account), CELL_ID(device),
                                  CELL_N(life_us)};
    return stmt_exec(db, STMT_TRUST_ADD, params, NULL);
}

enum err store_factor_distrust(struct db *db, const struct id *account,
                               const struct id *device, bool *ended_r)
{
    const struct cell params[] = {CELL_ID(account), CELL_ID(device)};
    return change(db, STMT_TRUST_END, params, ended_r);
}

enum err store_factor_distrust_all(struct db *db, const struct id *account,
                                   const struct id *keep)
{
    const struct cell params[] = {CELL_ID(account), rows_id(keep)};
    return stmt_exec(db, STMT_TRUST_END_ALL, params, NULL);
}

enum err store_factor_distrust_session(struct db *db, const struct id *session)
{
    const struct cell params[] = {CELL_ID(session)};
    return stmt_exec(db, STMT_TRUST_END_SESSION, params, NULL);
}

struct trust_sink {
    enum err (*each)(void *data, const struct store_trust *t);
    void *data;
};

static enum err trust_row(void *data, const struct cell *row)
{
    const struct trust_sink *sink = data;
    struct store_trust t = {.created_us = row[1].number,
                            .expires_us = row[2].number,
                            .label = row[3].bytes,
                            .browser = row[4].bytes,
                            .os = row[5].bytes};
    enum err e = rows_read_bytes(&row[0], t.device.b, sizeof(t.device.b));
    return e != ERR_OK ? e : sink->each(sink->data, &t);
}

enum err store_factor_trust_list(
    struct db *db, struct arena *a, const struct id *account,
    enum err (*each)(void *data, const struct store_trust *t), void *data)
{
    const struct cell params[] = {CELL_ID(account)};
    struct trust_sink sink = {each, data};
    return stmt_each(db, STMT_TRUST_LIST, params, a, trust_row, &sink);
}
