/* SPDX-License-Identifier: MIT */
/* Rows of challenge: secrets that are good once, without rules. */
#ifndef GATEHOUSE_STORE_STORE_CHALLENGE_H
#define GATEHOUSE_STORE_STORE_CHALLENGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* A challenge row. Texts live in the arena they were read into. */
struct store_challenge {
    struct id id;
    int64_t realm_id;
    struct str kind;                      /* word */
    struct id account_id;                 /* nil: none */
    struct id session_id;                 /* nil: bound to none */
    uint8_t address_hash[STORE_HASH_LEN]; /* zero: none */
    uint8_t secret_hash[STORE_HASH_LEN];
    struct str payload_sealed; /* {NULL, 0}: none */
    int64_t tries_left;
    int64_t created_us, expires_us, used_us;
    int64_t now_us; /* when read: the database's clock */
};

/* Inserts a challenge that ends lifetime_us after the database's present;
 * created_us, expires_us and used_us of ch are not looked at. */
enum err store_challenge_insert(struct db *db, const struct store_challenge *ch,
                                int64_t lifetime_us);

/* The challenge with that id, in whatever state. ERR_NO_ROW. */
enum err store_challenge_by_id(struct db *db, struct arena *a,
                               const struct id *id,
                               struct store_challenge *ch_r);

/* The newest challenge of kind for an address hash. ERR_NO_ROW. */
enum err store_challenge_by_address(struct db *db, struct arena *a,
                                    int64_t realm_id, const char *kind,
                                    const uint8_t address_hash[STORE_HASH_LEN],
                                    struct store_challenge *ch_r);

/* Takes one try of a challenge that is neither used, nor over, nor out of
 * tries, by one conditional write; *taken_r. */
enum err store_challenge_try(struct db *db, const struct id *id,
                             const char *kind, bool *taken_r);

/* Uses it up, by one conditional write, if it is neither used nor over;
 * *used_r. Of several callers one is told true. */
enum err store_challenge_use(struct db *db, const struct id *id,
                             const char *kind, bool *used_r);

/* Uses up all of kind of an account. */
enum err store_challenge_drop_account(struct db *db, const struct id *account,
                                      const char *kind);

/* Uses up all of kind that were sent to an address. */
enum err store_challenge_drop_sent(struct db *db, int64_t realm_id,
                                   const char *kind,
                                   const uint8_t address_hash[STORE_HASH_LEN]);

#endif
