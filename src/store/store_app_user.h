/* SPDX-License-Identifier: MIT */
/* Rows of accounts as users of applications, without rules. */
#ifndef GATEHOUSE_STORE_STORE_APP_USER_H
#define GATEHOUSE_STORE_STORE_APP_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* Whom an id means. Texts in the arena; {NULL, 0}: not mapped. */
struct store_app_ref {
    struct id account_id, primary_id;
    struct str external, primary_external;
};

/* An account as a way to sign in. */
struct store_app_login {
    struct id id, primary_id;
    bool linked; /* is, or may be linked to, a primary one */
    int64_t created_us;
    struct str email_sealed; /* {NULL, 0}: none */
    bool verified;
    struct str external, primary_external;
    struct str tenants;                  /* blank-separated */
    struct str provider, subject_sealed; /* {NULL, 0}: by password */
    uint8_t identity[STORE_HASH_LEN];
};

/* The account of that own id (nil: none) or, else, of that external id within
 * an application. ERR_NO_ROW. */
enum err store_app_user_ref(struct db *db, struct arena *a, int64_t app_id,
                            const struct id *own, struct str external,
                            struct store_app_ref *ref_r);

/* Calls each with the accounts of the user that account belongs to, in no
 * order; an account with two providers comes twice. */
enum err store_app_user_rows(
    struct db *db, struct arena *a, int64_t app_id, const struct id *account,
    enum err (*each)(void *data, const struct store_app_login *l), void *data);

/* An address as a tenant's members are found by it: its hashes under the
 * tenant's key and under the application's. */
struct store_app_address {
    int64_t realm_id;
    uint8_t hash[STORE_HASH_LEN], contact[STORE_HASH_LEN];
};

/* Calls each with the members of a tenant that have that address. One may come
 * twice. */
enum err store_app_user_by_email(
    struct db *db, struct arena *a, const struct store_app_address *address,
    enum err (*each)(void *data, const struct id *id), void *data);

/* Is the account a member of the tenant? */
enum err store_app_user_member(struct db *db, const struct id *account,
                               int64_t realm_id, bool *member_r);

/* What a page of users is taken from and where it begins. */
struct store_app_page {
    int64_t app_id;
    int64_t realm_id; /* 0: every tenant */
    bool passwords, providers, newest_first;
    bool by_email;
    uint8_t email_hash[STORE_HASH_LEN], contact_hash[STORE_HASH_LEN];
    int64_t from_us; /* -1: at the start */
    struct id from;
    int64_t limit;
};

/* Calls each with the ids of users in their order. */
enum err store_app_user_page(struct db *db, struct arena *a,
                             const struct store_app_page *page,
                             enum err (*each)(void *data, const struct id *id,
                                              int64_t at_us),
                             void *data);

/* Users of all pages. */
enum err store_app_user_count(struct db *db, const struct store_app_page *page,
                              int64_t *count_r);

/* Deletes what stands under a user's id in an application. */
enum err store_app_user_clear(struct db *db, int64_t app_id,
                              struct str user_id);

/* What stands under a user's id, or lives of it. */
enum store_app_use {
    STORE_APP_USE_NONE,
    STORE_APP_USE_SESSION,
    STORE_APP_USE_METADATA,
    STORE_APP_USE_ROLE,
    STORE_APP_USE_EMAIL,
    STORE_APP_USE_TOTP
};

/* The first of it. */
enum err store_app_user_used(struct db *db, int64_t app_id, struct str user_id,
                             enum store_app_use *use_r);

/* Notes the address of an account that only a provider opens. */
enum err store_app_user_contact(struct db *db, const struct id *account,
                                const uint8_t hash[STORE_HASH_LEN]);

#endif
