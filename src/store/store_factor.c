/* SPDX-License-Identifier: MIT */
/* Rows of totp, recovery_code and trusted_device, without rules. */
#include "store/store_factor.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum err store_factor_trusted(struct db *db, struct arena *a,
                              const struct id *account, const struct id *device,
                              bool *trusted_r)
{
    const struct cell params[] = {CELL_B(account->b, sizeof(account->b)),
                                  CELL_B(device->b, sizeof(device->b))};
    struct cell row[1];
    enum err e = stmt_one(db, STMT_TRUST_LOOK, params, a, row);
    if (e != ERR_OK && e != ERR_NO_ROW)
        return e;
    *trusted_r = e == ERR_OK;
    return ERR_OK;
}
