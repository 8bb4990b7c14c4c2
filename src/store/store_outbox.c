/* SPDX-License-Identifier: MIT */
/* Rows of outbox. */
#include "store/store_outbox.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum err store_outbox_insert(struct db *db, const struct store_outbox *m,
                             int64_t lifetime_us)
{
    const struct cell params[] = {
        CELL_B(m->id.b, sizeof(m->id.b)),
        CELL_N(m->realm_id),
        rows_id(&m->account_id),
        CELL_N(m->channel),
        CELL_S(m->kind),
        CELL_S(m->locale),
        CELL_B(m->recipient_sealed.p, m->recipient_sealed.n),
        CELL_B(m->values_sealed.p, m->values_sealed.n),
        CELL_N(lifetime_us),
    };
    return stmt_exec(db, STMT_OUTBOX_INSERT, params, NULL);
}
