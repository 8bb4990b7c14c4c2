/* SPDX-License-Identifier: MIT */
/* Rows of signing_key and api_key, without rules. */
#ifndef GATEHOUSE_STORE_STORE_KEY_H
#define GATEHOUSE_STORE_STORE_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* A signing key row. */
struct store_key {
    struct str kid;
    int64_t realm_id;
    struct str alg; /* ES256, RS256, HS256 */
    struct str sealed;
    int64_t created_us, active_us, retired_us, expires_us, revoked_us;
};

/* An API key row. */
struct store_api_key {
    struct id id;
    int64_t realm_id;
    struct str name;
    uint8_t secret_hash[STORE_HASH_LEN];
    int64_t created_us, expires_us, revoked_us;
};

/* key_generation of the realm and the database's clock. */
enum err store_key_generation(struct db *db, struct arena *a, int64_t realm_id,
                              int64_t *generation_r, int64_t *now_us_r);

/* The same with the realm row locked for the transaction: one rotation at a
 * time over all hosts. */
enum err store_key_lock(struct db *db, struct arena *a, int64_t realm_id,
                        int64_t *generation_r, int64_t *now_us_r);

/* Raises key_generation by one. */
enum err store_key_raise(struct db *db, int64_t realm_id);

/* Calls each for every key of the realm, oldest active_us first. */
enum err store_key_list(struct db *db, struct arena *a, int64_t realm_id,
                        enum err (*each)(void *data, const struct store_key *k),
                        void *data);

/* Inserts a key. */
enum err store_key_insert(struct db *db, const struct store_key *k);

/* Sets when a key stops signing and when it leaves the published set. */
enum err store_key_retire(struct db *db, struct str kid, int64_t retired_us,
                          int64_t expires_us);

/* Marks a key revoked; *done_r false when unknown or revoked already. */
enum err store_key_revoke(struct db *db, int64_t realm_id, struct str kid,
                          int64_t now_us, bool *done_r);

/* Inserts an API key. */
enum err store_api_key_insert(struct db *db, const struct store_api_key *k);

/* The API key with that id, revoked and expired ones too; ERR_NO_ROW. now_us_r
 * gets the database's clock. */
enum err store_api_key_by_id(struct db *db, struct arena *a,
                             const struct id *id, struct store_api_key *k_r,
                             int64_t *now_us_r);

/* Calls each for every API key of the realm. */
enum err store_api_key_list(struct db *db, struct arena *a, int64_t realm_id,
                            enum err (*each)(void *data,
                                             const struct store_api_key *k),
                            void *data);

/* Revokes an API key; *done_r false when unknown or revoked already. */
enum err store_api_key_revoke(struct db *db, int64_t realm_id,
                              const struct id *id, int64_t now_us,
                              bool *done_r);

#endif
