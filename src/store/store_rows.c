/* SPDX-License-Identifier: MIT */
/* Between cells and members: what NULL means, said once. */
#include "store/store_rows.h"

#include <string.h>

struct cell rows_bytes(const uint8_t *bytes, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= bytes[i];
    return any == 0 ? CELL_NIL : CELL_B(bytes, n);
}

struct cell rows_id(const struct id *id)
{
    return rows_bytes(id->b, sizeof(id->b));
}

struct cell rows_text(struct str text)
{
    return text.p == NULL ? CELL_NIL : CELL_S(text);
}

enum err rows_read_bytes(const struct cell *cell, uint8_t *bytes, size_t n)
{
    if (cell->type == CELL_NULL) {
        memset(bytes, 0, n);
        return ERR_OK;
    }
    if (cell->type != CELL_BYTES || cell->bytes.n != n)
        return ERR_INTERNAL;
    memcpy(bytes, cell->bytes.p, n);
    return ERR_OK;
}

enum err rows_change(struct db *db, enum stmt_id which,
                     const struct cell *params, bool *done_r)
{
    uint64_t rows = 0;
    enum err e = stmt_exec(db, which, params, &rows);

    if (e == ERR_OK)
        *done_r = rows > 0;
    return e;
}
