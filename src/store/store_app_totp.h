/* SPDX-License-Identifier: MIT */
/* Rows of app_totp_device (of an application's realm) and app_totp_code (of a
 * tenant's), without rules. */
#ifndef GATEHOUSE_STORE_STORE_APP_TOTP_H
#define GATEHOUSE_STORE_STORE_APP_TOTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* Whose rows: the realm's and the user's. */
struct store_app_owner {
    int64_t realm_id;
    struct str user_id;
};

/* A device. Texts live in the arena they were read into. */
struct store_app_device {
    struct id id;
    struct str name, secret_sealed;
    int64_t period_s, skew;
    bool verified;
    int64_t created_us; /* written, not read */
};

/* Puts a device, in the place of an unproved one of that name too; *done_r
 * false: a proved one has the name. */
enum err store_app_totp_put(struct db *db, const struct store_app_owner *owner,
                            const struct store_app_device *row, bool *done_r);

/* Calls each with a user's devices, oldest first; lock: they are the caller's
 * until its transaction ends. */
enum err store_app_totp_list(
    struct db *db, struct arena *a, const struct store_app_owner *owner,
    bool lock, enum err (*each)(void *data, const struct store_app_device *row),
    void *data);

/* Renames a device; *done_r false: there is none, or it has that name.
 * ERR_DUPLICATE_ROW. */
enum err store_app_totp_rename(struct db *db,
                               const struct store_app_owner *owner,
                               struct str from, struct str to, bool *done_r);

/* Is there a device of that name? ERR_NO_ROW. */
enum err store_app_totp_there(struct db *db,
                              const struct store_app_owner *owner,
                              struct str name);

/* Marks a device as proved. */
enum err store_app_totp_proved(struct db *db,
                               const struct store_app_owner *owner,
                               struct str name);

/* Deletes a device; *done_r. */
enum err store_app_totp_remove(struct db *db,
                               const struct store_app_owner *owner,
                               struct str name, bool *done_r);

/* A code that was tried. */
struct store_app_code {
    int64_t created_us;
    uint8_t hash[STORE_HASH_LEN];
    bool valid;
    int64_t expires_us;
};

/* Notes one. ERR_DUPLICATE_ROW: another has that time. */
enum err store_app_totp_code_add(struct db *db,
                                 const struct store_app_owner *owner,
                                 const struct store_app_code *row);

/* Was a right code of that hash noted, and is not over at now_us? ERR_NO_ROW.
 */
enum err store_app_totp_code_used(struct db *db,
                                  const struct store_app_owner *owner,
                                  const uint8_t hash[STORE_HASH_LEN],
                                  int64_t now_us);

/* Wrong codes that are not over, and the time of the last; 0 for none. */
enum err store_app_totp_wrong(struct db *db,
                              const struct store_app_owner *owner,
                              int64_t now_us, int64_t *count_r,
                              int64_t *last_us_r);

/* Those count until until_us. */
enum err store_app_totp_wrong_keep(struct db *db,
                                   const struct store_app_owner *owner,
                                   int64_t now_us, int64_t until_us);

/* Deletes the wrong ones. */
enum err store_app_totp_wrong_forgive(struct db *db,
                                      const struct store_app_owner *owner);

#endif
