/* SPDX-License-Identifier: MIT */
/* Accounts of guests: made users, and found when they are old. */
#include "store/store_guest.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum err store_guest_convert(struct db *db, const struct store_account *acc)
{
    const struct cell params[] = {
        rows_bytes(acc->email_hash, STORE_HASH_LEN),
        acc->email_sealed.p == NULL
            ? CELL_NIL
            : CELL_B(acc->email_sealed.p, acc->email_sealed.n),
        acc->password_hash == NULL ? CELL_NIL
                                   : CELL_S(str_of(acc->password_hash)),
        CELL_ID(&acc->id),
    };
    return stmt_exec(db, STMT_GUEST_CONVERT, params, NULL);
}

static enum err old_row(void *data, const struct cell *row)
{
    struct store_guests *old = data;
    if (old->count == STORE_GUESTS_MAX)
        return ERR_INTERNAL;
    struct id *id = &old->ids[old->count++];
    return rows_read_bytes(&row[0], id->b, sizeof(id->b));
}

enum err store_guest_old(struct db *db, struct arena *a, int64_t realm_id,
                         int64_t before_us, int64_t limit,
                         struct store_guests *guests_r)
{
    const struct cell params[] = {
        CELL_N(realm_id),
        CELL_N(before_us),
        CELL_N(before_us),
        CELL_N(before_us),
        CELL_N(limit < STORE_GUESTS_MAX ? limit : STORE_GUESTS_MAX),
    };
    guests_r->count = 0;
    return stmt_each(db, STMT_GUEST_OLD, params, a, old_row, guests_r);
}
