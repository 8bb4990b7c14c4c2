/* SPDX-License-Identifier: MIT */
/* Cuts an SQL file into statements. */
#ifndef GATEHOUSE_STORE_MIGRATE_SCRIPT_H
#define GATEHOUSE_STORE_MIGRATE_SCRIPT_H

#include <stdbool.h>

#include "base/str.h"

/* The next statement of *rest without its semicolon, and *rest moved behind it.
 * Semicolons in quotes and comments do not end one; parts with nothing but
 * blanks and comments are passed over. false when none is left. */
bool migrate_script_next(struct str *rest, struct str *statement_r);

#endif
