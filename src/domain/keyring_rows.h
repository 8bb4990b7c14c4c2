/* SPDX-License-Identifier: MIT */
/* Rows of signing keys: read, opened, sealed. */
#ifndef GATEHOUSE_DOMAIN_KEYRING_ROWS_H
#define GATEHOUSE_DOMAIN_KEYRING_ROWS_H

#include "base/err.h"
#include "crypto/keys.h"
#include "domain/ctx.h"
#include "domain/keyring_plan.h"

/* Every key row of the realm, oldest active_us first; in the arena. */
enum err keyring_rows(struct ctx *c, struct keyring_row **rows_r);

/* Opens and parses a row. ERR_VALIDATION when seal or content are not sound or
 * the row carries another key's kid. Owned by the caller. */
enum err keyring_rows_open(struct ctx *c, const struct store_key *row,
                           struct key **key_r);

/* The row of a new key, sealed, with no times but created_us and active_us. */
enum err keyring_rows_seal(struct ctx *c, const struct key *key,
                           int64_t created_us, int64_t active_us,
                           struct store_key *row_r);

#endif
