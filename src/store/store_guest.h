/* SPDX-License-Identifier: MIT */
/* Accounts of guests: made users, and found when they are old. */
#ifndef GATEHOUSE_STORE_STORE_GUEST_H
#define GATEHOUSE_STORE_STORE_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/db.h"
#include "store/store_account.h"

#define STORE_GUESTS_MAX 500 /* found at once */

/* Accounts found. */
struct store_guests {
    struct id ids[STORE_GUESTS_MAX];
    size_t count;
};

/* Gives a guest's account password_hash (NULL: none) and, where email_sealed is
 * there, the address; raises the version. ERR_DUPLICATE_ROW when the address is taken. */
enum err store_guest_convert(struct db *db, const struct store_account *acc);

/* Guests made before a time, of whom no session lived at or after it; at most
 * limit (up to STORE_GUESTS_MAX). */
enum err store_guest_old(struct db *db, struct arena *a, int64_t realm_id,
                         int64_t before_us, int64_t limit,
                         struct store_guests *guests_r);

#endif
