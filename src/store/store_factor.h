/* SPDX-License-Identifier: MIT */
/* Rows of totp, recovery_code and trusted_device, without rules. */
#ifndef GATEHOUSE_STORE_STORE_FACTOR_H
#define GATEHOUSE_STORE_STORE_FACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_account.h"

/* Is the device trusted by the account now? *trusted_r. */
enum err store_factor_trusted(struct db *db, struct arena *a,
                              const struct id *account, const struct id *device,
                              bool *trusted_r);

#endif
