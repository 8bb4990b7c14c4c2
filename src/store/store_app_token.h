/* SPDX-License-Identifier: MIT */
/* Rows of app_token, app_verified_email and app_user_map, without rules. */
#ifndef GATEHOUSE_STORE_STORE_APP_TOKEN_H
#define GATEHOUSE_STORE_STORE_APP_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* What a token is for; positions in the ENUM column. */
enum store_app_purpose { STORE_APP_RESET = 1, STORE_APP_VERIFY = 2 };

/* A token's row. Texts in the arena. */
struct store_app_token {
    uint8_t hash[STORE_HASH_LEN];
    int64_t app_id, realm_id;
    enum store_app_purpose purpose;
    struct str user_id, email_sealed;
    uint8_t email_hash[STORE_HASH_LEN];
    int64_t created_us, expires_us;
    bool live; /* by the database's clock; of a row that was read */
};

/* Inserts one. */
enum err store_app_token_insert(struct db *db, const struct store_app_token *t);

/* Locks and reads the row of t's hash, purpose and application, and of its
 * tenant unless realm_id is 0. ERR_NO_ROW. */
enum err store_app_token_take(struct db *db, struct arena *a,
                              struct store_app_token *t);

/* Deletes t's user's tokens of that purpose: by_email those for its address
 * alone. */
enum err store_app_token_drop(struct db *db, const struct store_app_token *t,
                              bool by_email);

/* An address of a user's that is proved. */
struct store_app_verified {
    int64_t app_id;
    struct str user_id;
    uint8_t email_hash[STORE_HASH_LEN];
};

/* Is there such a row? */
enum err store_app_verified(struct db *db, const struct store_app_verified *v,
                            bool *found_r);

/* Inserts or deletes it. */
enum err store_app_verified_set(struct db *db,
                                const struct store_app_verified *v,
                                bool verified);

/* A row of app_user_map. Texts in the arena. */
struct store_app_map {
    struct str user_id, external_id, info;
};

/* Inserts one. ERR_DUPLICATE_ROW. */
enum err store_app_map_add(struct db *db, int64_t app_id,
                           const struct store_app_map *map);

/* The map of an id: kind 0 the user's own, 1 external, 2 either. ERR_NO_ROW. */
enum err store_app_map_get(struct db *db, struct arena *a, int64_t app_id,
                           struct str id, int kind,
                           struct store_app_map *map_r);

/* Which of the two ids stands in a row already? */
enum err store_app_map_taken(struct db *db, struct arena *a, int64_t app_id,
                             const struct store_app_map *map, bool *user_r,
                             bool *external_r);

/* Deletes the map of an own id; *count_r 0 or 1. */
enum err store_app_map_drop(struct db *db, int64_t app_id, struct str user_id,
                            uint64_t *count_r);

/* Replaces its info. */
enum err store_app_map_note(struct db *db, int64_t app_id, struct str user_id,
                            struct str info);

#endif
