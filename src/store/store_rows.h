/* SPDX-License-Identifier: MIT */
/* Between cells and members: what NULL means, said once. */
#ifndef GATEHOUSE_STORE_STORE_ROWS_H
#define GATEHOUSE_STORE_STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "store/stmt.h"

/* n bytes, or NULL when all of them are zero. */
struct cell rows_bytes(const uint8_t *bytes, size_t n);

/* An id, or NULL for the nil id. */
struct cell rows_id(const struct id *id);

/* Text, or NULL when it has no pointer. */
struct cell rows_text(struct str text);

/* Runs a statement that changes rows; *done_r: it found some. The errors of
 * stmt_exec. */
enum err rows_change(struct db *db, enum stmt_id which,
                     const struct cell *params, bool *done_r);

/* Copies a column of exactly n bytes; NULL becomes zeros. ERR_INTERNAL on any
 * other length. */
enum err rows_read_bytes(const struct cell *cell, uint8_t *bytes, size_t n);

#endif
