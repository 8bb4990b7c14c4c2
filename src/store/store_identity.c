/* SPDX-License-Identifier: MIT */
/* Rows of identity and session_provider, without rules. */
#include "store/store_identity.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum { IDENTITY_COLUMNS = 10 };

static struct cell sealed(struct str s)
{
    return s.p == NULL ? CELL_NIL : CELL_B(s.p, s.n);
}

static enum err read_identity(const struct cell *c,
                              struct store_identity *row_r)
{
    struct store_identity row = {.realm_id = c[0].number,
                                 .provider = c[3].bytes,
                                 .subject_sealed = c[4].bytes,
                                 .created_us = c[5].number,
                                 .used_us = c[6].number,
                                 .tokens_sealed = c[7].bytes,
                                 .tokens_end_us = c[8].number,
                                 .tokens_version = c[9].number};
    enum err e = rows_read_bytes(&c[1], row.hash, STORE_HASH_LEN);
    if (e == ERR_OK)
        e = rows_read_bytes(&c[2], row.account_id.b, sizeof(row.account_id.b));
    if (e == ERR_OK)
        *row_r = row;
    return e;
}

static enum err one_identity(struct db *db, struct arena *a, enum stmt_id which,
                             const struct cell *params,
                             struct store_identity *row_r)
{
    struct cell row[IDENTITY_COLUMNS];
    enum err e = stmt_one(db, which, params, a, row);
    return e == ERR_OK ? read_identity(row, row_r) : e;
}

enum err store_identity_insert(struct db *db, const struct store_identity *row)
{
    const struct cell params[] = {
        CELL_N(row->realm_id),       CELL_HASH(row->hash),
        CELL_ID(&row->account_id),   CELL_S(row->provider),
        sealed(row->subject_sealed), CELL_N(row->created_us),
        CELL_N(row->used_us),        sealed(row->tokens_sealed),
        CELL_N(row->tokens_end_us),
    };
    return stmt_exec(db, STMT_IDENTITY_INSERT, params, NULL);
}

enum err store_identity_by_hash(struct db *db, struct arena *a,
                                const uint8_t hash[STORE_HASH_LEN],
                                struct store_identity *row_r)
{
    const struct cell params[] = {CELL_HASH(hash)};
    return one_identity(db, a, STMT_IDENTITY_BY_HASH, params, row_r);
}

enum err store_identity_by_account(struct db *db, struct arena *a,
                                   const struct id *account,
                                   struct str provider,
                                   struct store_identity *row_r)
{
    const struct cell params[] = {CELL_ID(account), CELL_S(provider)};
    return one_identity(db, a, STMT_IDENTITY_BY_ACCOUNT, params, row_r);
}

struct identity_listing {
    enum err (*each)(void *data, const struct store_identity *row);
    void *data;
};

static enum err identity_row(void *data, const struct cell *c)
{
    const struct identity_listing *l = data;
    struct store_identity row;
    enum err e = read_identity(c, &row);
    return e == ERR_OK ? l->each(l->data, &row) : e;
}

enum err store_identity_list(
    struct db *db, struct arena *a, const struct id *account,
    enum err (*each)(void *data, const struct store_identity *row), void *data)
{
    const struct cell params[] = {CELL_ID(account)};
    struct identity_listing l = {each, data};
    return stmt_each(db, STMT_IDENTITY_LIST, params, a, identity_row, &l);
}

enum err store_identity_used(struct db *db, const uint8_t hash[STORE_HASH_LEN],
                             int64_t now_us, bool kept)
{
    const struct cell params[] = {CELL_N(now_us), CELL_N(kept ? 1 : 0),
                                  CELL_HASH(hash)};
    return stmt_exec(db, STMT_IDENTITY_USED, params, NULL);
}

static enum err change(struct db *db, enum stmt_id which,
                       const struct cell *params, bool *done_r)
{
    uint64_t rows = 0;
    enum err e = stmt_exec(db, which, params, &rows);
    if (e == ERR_OK)
        *done_r = rows > 0;
    return e;
}

enum err store_identity_renew(struct db *db, const struct store_identity *row,
                              int64_t life_us, bool *done_r)
{
    const struct cell params[] = {CELL_N(life_us), CELL_HASH(row->hash),
                                  CELL_N(row->tokens_version)};
    return change(db, STMT_IDENTITY_RENEW, params, done_r);
}

enum err store_identity_tokens(struct db *db, const struct store_identity *row,
                               bool *done_r)
{
    const struct cell params[] = {
        sealed(row->tokens_sealed),
        CELL_N(row->tokens_end_us),
        CELL_HASH(row->hash),
        row->tokens_version < 0 ? CELL_NIL : CELL_N(row->tokens_version),
    };
    return change(db, STMT_IDENTITY_TOKENS, params, done_r);
}

enum err store_identity_delete(struct db *db, const struct id *account,
                               struct str provider, uint64_t *count_r)
{
    const struct cell params[] = {CELL_ID(account), CELL_S(provider)};
    return stmt_exec(db, STMT_IDENTITY_DELETE, params, count_r);
}

enum err store_identity_delete_all(struct db *db, const struct id *account,
                                   uint64_t *count_r)
{
    const struct cell params[] = {CELL_ID(account)};
    return stmt_exec(db, STMT_IDENTITY_DELETE_ALL, params, count_r);
}

enum err store_identity_session(struct db *db, const struct id *session,
                                const struct store_identity_sessions *from)
{
    const struct cell params[] = {CELL_ID(session), CELL_HASH(from->hash),
                                  rows_bytes(from->sid, STORE_HASH_LEN)};
    return stmt_exec(db, STMT_SESSION_PROVIDER_INSERT, params, NULL);
}

struct live_listing {
    enum err (*each)(void *data, const struct id *id, struct str subject);
    void *data;
};

static enum err live_row(void *data, const struct cell *c)
{
    const struct live_listing *l = data;
    struct id id;
    enum err e = rows_read_bytes(&c[0], id.b, sizeof(id.b));
    return e == ERR_OK ? l->each(l->data, &id, c[1].bytes) : e;
}

enum err store_identity_live(struct db *db, struct arena *a,
                             const struct store_identity_sessions *which,
                             enum err (*each)(void *data, const struct id *id,
                                              struct str subject),
                             void *data)
{
    const struct cell sid = rows_bytes(which->sid, STORE_HASH_LEN);
    const struct cell params[] = {sid, rows_bytes(which->hash, STORE_HASH_LEN),
                                  CELL_N(which->before_us), sid};
    struct live_listing l = {each, data};
    return stmt_each(db, STMT_SESSION_PROVIDER_LIVE, params, a, live_row, &l);
}

enum err store_identity_password(struct db *db, const struct id *account,
                                 int64_t version, const char *hash,
                                 bool *done_r)
{
    const struct cell params[] = {CELL_S(str_of(hash)), CELL_ID(account),
                                  CELL_N(version)};
    return change(db, STMT_PASSWORD_ADD, params, done_r);
}
