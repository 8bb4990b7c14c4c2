/* SPDX-License-Identifier: MIT */
/* What every look at a session's row begins with, for the files that have one.
 */
#ifndef GATEHOUSE_STORE_STORE_SESSION_ROWS_H
#define GATEHOUSE_STORE_STORE_SESSION_ROWS_H

#include "store/stmt.h"
#include "store/store_session.h"

#define STORE_SESSION_STATE_COLUMNS 19

/* Reads the columns of SQL_SESSION_STATE; all others of *st are zero.
 * ERR_INTERNAL when one is not what the schema says. */
enum err store_session_read(const struct cell *row, const struct id *id,
                            struct store_session_state *st);

#endif
