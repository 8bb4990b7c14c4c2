/* SPDX-License-Identifier: MIT */
/* Rows of challenge. Every decision is a condition of an UPDATE, so that of
 * parallel workers one wins. */
#include "store/store_challenge.h"

#include <string.h>

#include "store/stmt.h"
#include "store/store_rows.h"

enum { CHALLENGE_COLUMNS = 13 };

enum err store_challenge_insert(struct db *db, const struct store_challenge *ch,
                                int64_t lifetime_us)
{
    const struct cell params[] = {
        CELL_ID(&ch->id),
        CELL_N(ch->realm_id),
        CELL_S(ch->kind),
        rows_id(&ch->account_id),
        rows_id(&ch->session_id),
        rows_bytes(ch->address_hash, STORE_HASH_LEN),
        CELL_HASH(ch->secret_hash),
        ch->payload_sealed.p == NULL
            ? CELL_NIL
            : CELL_B(ch->payload_sealed.p, ch->payload_sealed.n),
        CELL_N(ch->tries_left),
        CELL_N(lifetime_us),
    };
    return stmt_exec(db, STMT_CHALLENGE_INSERT, params, NULL);
}

static enum err read_challenge(const struct cell *c, struct store_challenge *ch)
{
    memset(ch, 0, sizeof(*ch));
    enum err e = rows_read_bytes(&c[0], ch->id.b, sizeof(ch->id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&c[3], ch->account_id.b, sizeof(ch->account_id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&c[4], ch->session_id.b, sizeof(ch->session_id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&c[5], ch->address_hash, STORE_HASH_LEN);
    if (e == ERR_OK)
        e = rows_read_bytes(&c[6], ch->secret_hash, STORE_HASH_LEN);
    ch->realm_id = c[1].number;
    ch->kind = c[2].bytes;
    ch->payload_sealed = c[7].bytes;
    ch->tries_left = c[8].number;
    ch->created_us = c[9].number;
    ch->expires_us = c[10].number;
    ch->used_us = c[11].number;
    ch->now_us = c[12].number;
    return e;
}

static enum err one_challenge(struct db *db, struct arena *a,
                              enum stmt_id which, const struct cell *params,
                              struct store_challenge *ch_r)
{
    struct cell row[CHALLENGE_COLUMNS];
    struct store_challenge ch;
    enum err e = stmt_one(db, which, params, a, row);
    if (e == ERR_OK)
        e = read_challenge(row, &ch);
    if (e != ERR_OK)
        return e;
    db_heard(db, ch.now_us);
    *ch_r = ch;
    return ERR_OK;
}

enum err store_challenge_by_id(struct db *db, struct arena *a,
                               const struct id *id,
                               struct store_challenge *ch_r)
{
    const struct cell params[] = {CELL_ID(id)};
    return one_challenge(db, a, STMT_CHALLENGE_BY_ID, params, ch_r);
}

enum err store_challenge_by_address(struct db *db, struct arena *a,
                                    int64_t realm_id, const char *kind,
                                    const uint8_t address_hash[STORE_HASH_LEN],
                                    struct store_challenge *ch_r)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_HASH(address_hash),
                                  CELL_S(str_of(kind))};
    return one_challenge(db, a, STMT_CHALLENGE_BY_ADDRESS, params, ch_r);
}

static enum err change_one(struct db *db, enum stmt_id which,
                           const struct id *id, const char *kind, bool *done_r)
{
    const struct cell params[] = {CELL_ID(id), CELL_S(str_of(kind))};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, which, params, &rows);
    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}

enum err store_challenge_try(struct db *db, const struct id *id,
                             const char *kind, bool *taken_r)
{
    return change_one(db, STMT_CHALLENGE_TRY, id, kind, taken_r);
}

enum err store_challenge_use(struct db *db, const struct id *id,
                             const char *kind, bool *used_r)
{
    return change_one(db, STMT_CHALLENGE_USE, id, kind, used_r);
}

enum err store_challenge_drop_account(struct db *db, const struct id *account,
                                      const char *kind)
{
    const struct cell params[] = {CELL_ID(account), CELL_S(str_of(kind))};
    return stmt_exec(db, STMT_CHALLENGE_DROP_ACCOUNT, params, NULL);
}

enum err store_challenge_drop_sent(struct db *db, int64_t realm_id,
                                   const char *kind,
                                   const uint8_t address_hash[STORE_HASH_LEN])
{
    const struct cell params[] = {CELL_N(realm_id), CELL_HASH(address_hash),
                                  CELL_S(str_of(kind))};
    return stmt_exec(db, STMT_CHALLENGE_DROP_ADDRESS, params, NULL);
}
