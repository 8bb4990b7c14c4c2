/* SPDX-License-Identifier: MIT */
/* Applies sql/NNNN_name.sql in order, under a lock, once each. */
#ifndef GATEHOUSE_STORE_MIGRATE_H
#define GATEHOUSE_STORE_MIGRATE_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "store/db.h"

/* Applies what is missing from folder to the schema db (a DB_MIGRATE handle)
 * names, one line per file to out; idempotent, and a second runner waits for
 * the first. ERR_SCHEMA when an applied file has changed or a number is
 * missing, ERR_UNAVAILABLE; the reason goes to out. */
enum err migrate(struct db *db, const char *folder, FILE *out);

#endif
