/* SPDX-License-Identifier: MIT */
/* Which accounts are one user, without rules. */
#include "store/store_app_link.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum err store_app_link_set(struct db *db, const struct id *account,
                            const struct id *primary, bool *done_r)
{
    const struct cell params[] = {rows_id(primary), rows_id(account)};
    return rows_change(db, STMT_APP_LINK_SET, params, done_r);
}

enum err store_app_link_clear(struct db *db, const struct id *account,
                              bool *done_r)
{
    const struct cell params[] = {rows_id(account)};
    return rows_change(db, STMT_APP_LINK_CLEAR, params, done_r);
}

enum err store_app_link_contact(struct db *db, const struct id *account,
                                struct str email_sealed,
                                const uint8_t contact[STORE_HASH_LEN],
                                bool *done_r)
{
    const struct cell params[] = {CELL_B(email_sealed.p, email_sealed.n),
                                  CELL_HASH(contact), rows_id(account)};
    return rows_change(db, STMT_APP_LINK_CONTACT, params, done_r);
}
