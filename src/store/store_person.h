/* SPDX-License-Identifier: MIT */
/* What people change of their own account rows, without rules. */
#ifndef GATEHOUSE_STORE_STORE_PERSON_H
#define GATEHOUSE_STORE_STORE_PERSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* Replaces name ({NULL, 0}: none) and language. */
enum err store_person_profile(struct db *db, const struct id *id,
                              struct str name_sealed, struct str locale);

/* Replaces the password's hash of an active account and raises the version, if
 * that is still version (0: whatever it is); *done_r. */
enum err store_person_password(struct db *db, const struct id *id,
                               int64_t version, const char *hash, bool *done_r);

/* An address: its keyed hash, itself sealed, whether it is verified and
 * whether codes mailed there become a second factor. */
struct store_address {
    uint8_t hash[STORE_HASH_LEN];
    struct str sealed;
    bool verified, factor;
};

/* Replaces an active account's address and raises the version; *done_r.
 * ERR_DUPLICATE_ROW when somebody else has it. */
enum err store_person_email(struct db *db, const struct id *id,
                            const struct store_address *address, bool *done_r);

/* Marks an active account's address verified if it is still that one and was
 * not; *done_r. */
enum err store_person_verified(struct db *db, const struct id *id,
                               const uint8_t email_hash[STORE_HASH_LEN],
                               bool *done_r);

/* Sets the telephone number. ERR_DUPLICATE_ROW. */
enum err store_person_phone(struct db *db, const struct id *id,
                            const struct store_address *phone);

/* Marks the address verified, demands a new password if there is one, and
 * raises the version if that is still version; *done_r. */
enum err store_person_claim(struct db *db, const struct id *id, int64_t version,
                            bool *done_r);

/* Takes the trust from every device. */
enum err store_person_distrust(struct db *db, const struct id *id);

#endif
