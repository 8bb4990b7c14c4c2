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

/* What an account's row says of its factors. */
struct store_factors {
    int64_t totp_us, email_us; /* on since; 0: off */
    enum store_factor preferred;
};

/* The account's row, locked for the rest of the transaction. ERR_NO_ROW. */
enum err store_factor_lock(struct db *db, struct arena *a,
                           const struct id *account,
                           struct store_factors *factors_r);

/* Writes them; raises the account's version if `raise`. */
enum err store_factor_set(struct db *db, const struct id *account,
                          const struct store_factors *factors, bool raise);

/* Puts a sealed TOTP secret, last used at step. ERR_DUPLICATE_ROW when there is
 * one. */
enum err store_factor_totp_add(struct db *db, const struct id *account,
                               struct str sealed, int64_t step, int64_t now_us);

/* The sealed secret, in the arena. ERR_NO_ROW. */
enum err store_factor_totp(struct db *db, struct arena *a,
                           const struct id *account, struct str *sealed_r);

/* Uses a step up, by one conditional write, if it is newer than the last one
 * used; *used_r. Of several callers one is told true. */
enum err store_factor_totp_use(struct db *db, const struct id *account,
                               int64_t step, bool *used_r);

/* Takes the secret and all recovery codes away. */
enum err store_factor_totp_remove(struct db *db, const struct id *account);

/* Puts the hash of a recovery code. */
enum err store_factor_recovery_add(struct db *db, const struct id *account,
                                   const uint8_t hash[STORE_HASH_LEN],
                                   int64_t now_us);

/* Deletes a code: of several callers one is told *used_r true. */
enum err store_factor_recovery_use(struct db *db, const struct id *account,
                                   const uint8_t hash[STORE_HASH_LEN],
                                   bool *used_r);

/* Deletes all codes. */
enum err store_factor_recovery_clear(struct db *db, const struct id *account);

/* How many are left. */
enum err store_factor_recovery_left(struct db *db, struct arena *a,
                                    const struct id *account, int64_t *left_r);

/* Is the device trusted by the account now? *trusted_r. */
enum err store_factor_trusted(struct db *db, struct arena *a,
                              const struct id *account, const struct id *device,
                              bool *trusted_r);

/* Trusts it for life_us from the database's present. */
enum err store_factor_trust(struct db *db, const struct id *account,
                            const struct id *device, int64_t life_us);

/* Ends the trust of one device; *ended_r. */
enum err store_factor_distrust(struct db *db, const struct id *account,
                               const struct id *device, bool *ended_r);

/* Ends the trust of all the devices of an account but the one of the session
 * `keep` (nil: of none). */
enum err store_factor_distrust_all(struct db *db, const struct id *account,
                                   const struct id *keep);

/* Ends the trust of the device a session is on. */
enum err store_factor_distrust_session(struct db *db, const struct id *session);

/* A trusted device, named as its last session is. */
struct store_trust {
    struct id device;
    int64_t created_us, expires_us;
    struct str label, browser, os; /* empty: not known */
};

/* Calls each for an account's trusted devices, newest first. */
enum err store_factor_trust_list(
    struct db *db, struct arena *a, const struct id *account,
    enum err (*each)(void *data, const struct store_trust *t), void *data);

#endif
