/* SPDX-License-Identifier: MIT */
/* Rows of account and account_role, without rules. */
#ifndef GATEHOUSE_STORE_STORE_ACCOUNT_H
#define GATEHOUSE_STORE_STORE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* An account row. Texts live in the arena they were read into. */
struct store_account {
    struct id id;
    int64_t realm_id;
    uint8_t email_hash[STORE_HASH_LEN];
    struct str email_sealed, name_sealed;
    const char *password_hash; /* NUL-terminated PHC string; NULL: none */
    bool active;
    int64_t version;
    int64_t created_us;
    int64_t email_verified_us;   /* 0: not */
    struct str phone_sealed;     /* {NULL, 0}: none */
    struct str locale;           /* empty: none */
    int64_t email_factor_us;     /* codes by mail are a factor since; 0: not */
    enum store_factor preferred; /* second factor */
    int64_t
        reset_required_us; /* the password opens nothing since; 0: it does */
    bool has_totp;
    struct str roles, groups; /* blank-separated, sorted */
    struct str providers;     /* the same: whom the owner may sign in with */
};

/* The account with that address hash; ERR_NO_ROW. */
enum err store_account_by_email(struct db *db, struct arena *a,
                                int64_t realm_id,
                                const uint8_t email_hash[STORE_HASH_LEN],
                                struct store_account *account_r);

/* The account with that telephone number's hash; ERR_NO_ROW. */
enum err store_account_by_phone(struct db *db, struct arena *a,
                                int64_t realm_id,
                                const uint8_t phone_hash[STORE_HASH_LEN],
                                struct store_account *account_r);

/* The account with that id; ERR_NO_ROW. */
enum err store_account_by_id(struct db *db, struct arena *a,
                             const struct id *id,
                             struct store_account *account_r);

/* Inserts an account; ERR_DUPLICATE_ROW when the address is taken. */
enum err store_account_insert(struct db *db, const struct store_account *acc);

/* Adds a role; having it already is no error. Leaves the version alone: for an
 * account that is being made. */
enum err store_account_role_add(struct db *db, const struct id *id,
                                struct str role);

/* Takes a role away; *count_r 0 or 1. Leaves the version alone. */
enum err store_account_role_drop(struct db *db, const struct id *id,
                                 struct str role, uint64_t *count_r);

/* Raises the version: every access token made before is over. */
enum err store_account_raise(struct db *db, const struct id *id);

/* Deletes an account with all that hangs on it, sessions too; *count_r 0 or 1.
 * Its events stay. */
enum err store_account_delete(struct db *db, const struct id *id,
                              uint64_t *count_r);

/* Makes every other change of a realm's administrators wait until the caller's
 * transaction has ended; take it after the account's lock. */
enum err store_admin_lock(struct db *db, int64_t realm_id);

/* Has the realm an active administrator beside id? */
enum err store_admin_others(struct db *db, int64_t realm_id,
                            const struct id *id, bool *others_r);

/* Replaces the hash without raising the version, if it is still old: the same
 * password under newer parameters. */
enum err store_account_rehash(struct db *db, const struct id *id,
                              const char *old_hash, const char *new_hash);

/* Sets active or disabled and raises the version if that changes it;
 * *changed_r. */
enum err store_account_status(struct db *db, const struct id *id, bool active,
                              int64_t now_us, bool *changed_r);

/* Who gets the accounts of a list. */
struct store_account_sink {
    enum err (*each)(void *data, const struct store_account *acc);
    void *data;
};

#define STORE_SEARCH_WORDS 8
#define STORE_SEARCH_MAX 10000 /* rows counted and reached by paging */

/* What accounts are looked for by; what is zero or empty is not asked for. Of
 * several roles (or groups) one is enough. */
struct store_search {
    int64_t realm_id;
    bool by_email;
    uint8_t email_hash[STORE_HASH_LEN]; /* when by_email */
    struct str roles[STORE_SEARCH_WORDS], groups[STORE_SEARCH_WORDS];
    size_t role_count, group_count;
    int64_t created_after_us, created_before_us; /* [after, before) */
    int64_t active_after_us, active_before_us;
    int status; /* 1: active, 2: disabled */
    bool newest_first;
    int64_t limit, offset;
};

/* Who gets the accounts of a search, with the last activity of a session that
 * is still kept (0: none). */
struct store_search_sink {
    enum err (*each)(void *data, const struct store_account *acc,
                     int64_t active_us);
    void *data;
};

/* One page, in order of creation, and the number of accounts found, at most
 * STORE_SEARCH_MAX. */
enum err store_account_search(struct db *db, struct arena *a,
                              const struct store_search *search,
                              const struct store_search_sink *sink,
                              int64_t *total_r);

/* Calls sink for accounts in id order after `after` (nil: from the first), at
 * most limit. */
enum err store_account_list(struct db *db, struct arena *a, int64_t realm_id,
                            const struct id *after, int64_t limit,
                            const struct store_account_sink *sink);

#endif
