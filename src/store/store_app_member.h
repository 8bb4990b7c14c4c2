/* SPDX-License-Identifier: MIT */
/* Addresses, passwords and tenants of accounts as users of applications,
 * without rules. */
#ifndef GATEHOUSE_STORE_STORE_APP_MEMBER_H
#define GATEHOUSE_STORE_STORE_APP_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* Whoever has an address in a tenant, and his password. */
struct store_app_password {
    struct id account_id;
    const char *hash; /* NUL-terminated; NULL: none */
    bool usable;      /* enabled, and the password opens something */
};

/* By the address's hash under the tenant's key. ERR_NO_ROW. */
enum err store_app_password(struct db *db, struct arena *a, int64_t realm_id,
                            const uint8_t hash[STORE_HASH_LEN],
                            struct store_app_password *row_r);

/* Replaces a password; access tokens made before are over. */
enum err store_app_password_set(struct db *db, const struct id *account,
                                struct str hash);

/* Has somebody beside account that address in the tenant? What others write
 * meanwhile is waited for; part of a transaction that has written its own. */
enum err store_app_email_taken(struct db *db, int64_t realm_id,
                               const uint8_t hash[STORE_HASH_LEN],
                               const struct id *account, bool *taken_r);

/* An account's row, locked. Texts in the arena. */
struct store_app_account {
    int64_t realm_id;
    bool member; /* of that tenant */
    struct str email_sealed;
    struct id primary_id; /* nil: linked to nobody */
};

/* Locks the account of an application's until the transaction ends.
 * ERR_NO_ROW. */
enum err store_app_account(struct db *db, struct arena *a,
                           const struct id *account, int64_t app_id,
                           struct store_app_account *row_r);

/* What changes with an address. */
struct store_app_email {
    uint8_t hash[STORE_HASH_LEN];    /* under the key of account.realm_id */
    uint8_t contact[STORE_HASH_LEN]; /* under that of the application */
    struct str sealed;
    bool verified;
};

/* Replaces it. ERR_DUPLICATE_ROW. */
enum err store_app_email_set(struct db *db, const struct id *account,
                             const struct store_app_email *email);

/* The same of a further tenant's row. ERR_DUPLICATE_ROW. */
enum err store_app_email_tenant(struct db *db, const struct id *account,
                                int64_t realm_id,
                                const uint8_t hash[STORE_HASH_LEN]);

/* Notes whether the account's address is proved. */
enum err store_app_email_proved(struct db *db, const struct id *account,
                                bool verified);

/* Calls each with the further tenants of an account: has it an address of its
 * own there? */
enum err store_app_tenants(struct db *db, const struct id *account,
                           enum err (*each)(void *data, int64_t realm_id,
                                            bool email),
                           void *data);

/* Makes the account a member of its own realm, or none; hash NULL: without an
 * address of its own. ERR_DUPLICATE_ROW. */
enum err store_app_tenant_home(struct db *db, const struct id *account,
                               bool member, const uint8_t *hash);

/* Adds a further tenant; hash as above. ERR_DUPLICATE_ROW. */
enum err store_app_tenant_join(struct db *db, const struct id *account,
                               int64_t realm_id, const uint8_t *hash,
                               int64_t now_us);

/* Takes one away; *count_r 0 or 1. */
enum err store_app_tenant_leave(struct db *db, const struct id *account,
                                int64_t realm_id, uint64_t *count_r);

/* Takes a user's roles in a tenant. */
enum err store_app_tenant_roles(struct db *db, int64_t realm_id,
                                struct str user_id);

#endif
