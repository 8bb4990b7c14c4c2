/* SPDX-License-Identifier: MIT */
/* Which accounts are one user, without rules. */
#ifndef GATEHOUSE_STORE_STORE_APP_LINK_H
#define GATEHOUSE_STORE_STORE_APP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* Links an account that is linked to nobody: to itself, which makes it a
 * primary one, or to another; *done_r. */
enum err store_app_link_set(struct db *db, const struct id *account,
                            const struct id *primary, bool *done_r);

/* Links it to nobody; *done_r. */
enum err store_app_link_clear(struct db *db, const struct id *account,
                              bool *done_r);

/* Replaces the address of an account that only a provider opens; it is no
 * longer proved. *done_r false: the account has an address of its own. */
enum err store_app_link_contact(struct db *db, const struct id *account,
                                struct str email_sealed,
                                const uint8_t contact[STORE_HASH_LEN],
                                bool *done_r);

#endif
