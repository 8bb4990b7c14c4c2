/* SPDX-License-Identifier: MIT */
/* Rows of identity and session_provider: who a provider's person is here, and
 * the sessions that began there. */
#ifndef GATEHOUSE_STORE_STORE_IDENTITY_H
#define GATEHOUSE_STORE_STORE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* A row of identity. Texts live in the arena they were read into. */
struct store_identity {
    int64_t realm_id;
    uint8_t hash[STORE_HASH_LEN]; /* of realm, issuer and subject */
    struct id account_id;
    struct str provider;
    struct str subject_sealed;
    int64_t created_us, used_us;
    struct str tokens_sealed; /* {NULL, 0}: none are kept */
    int64_t tokens_end_us;    /* 0: not told */
    int64_t tokens_version;
};

/* Inserts one. ERR_DUPLICATE_ROW: the person is known already, or the account
 * has one of that provider. */
enum err store_identity_insert(struct db *db, const struct store_identity *row);

/* The identity of that hash; ERR_NO_ROW. */
enum err store_identity_by_hash(struct db *db, struct arena *a,
                                const uint8_t hash[STORE_HASH_LEN],
                                struct store_identity *row_r);

/* The one an account has of a provider; ERR_NO_ROW. */
enum err store_identity_by_account(struct db *db, struct arena *a,
                                   const struct id *account,
                                   struct str provider,
                                   struct store_identity *row_r);

/* Calls each for all an account has, by the provider's name. */
enum err store_identity_list(
    struct db *db, struct arena *a, const struct id *account,
    enum err (*each)(void *data, const struct store_identity *row), void *data);

/* Stamps a use, and forgets the tokens unless they are kept. */
enum err store_identity_used(struct db *db, const uint8_t hash[STORE_HASH_LEN],
                             int64_t now_us, bool kept);

/* Takes the renewal of row's tokens for life_us if their version is still that
 * and nobody else has it; *done_r. */
enum err store_identity_renew(struct db *db, const struct store_identity *row,
                              int64_t life_us, bool *done_r);

/* Replaces the tokens ({NULL, 0}: none) and their end by row's if their version
 * is still row's (-1: whatever it is), and ends a renewal; *done_r. */
enum err store_identity_tokens(struct db *db, const struct store_identity *row,
                               bool *done_r);

/* Deletes what an account has of a provider; *count_r 0 or 1. */
enum err store_identity_delete(struct db *db, const struct id *account,
                               struct str provider, uint64_t *count_r);

/* Deletes all an account has; *count_r. */
enum err store_identity_delete_all(struct db *db, const struct id *account,
                                   uint64_t *count_r);

/* Which sessions a provider means. All zeros: not told. */
struct store_identity_sessions {
    uint8_t hash[STORE_HASH_LEN]; /* the identity's */
    uint8_t sid[STORE_HASH_LEN];  /* of its session there */
    int64_t before_us;            /* the identity's, begun before that */
};

/* Notes that a session began with an identity; before_us is not used. */
enum err store_identity_session(struct db *db, const struct id *session,
                                const struct store_identity_sessions *from);

/* Calls each for the live ones, at most 1000: those of sid and, of the
 * identity's, those without one; all of the identity's when no sid is told. */
enum err store_identity_live(struct db *db, struct arena *a,
                             const struct store_identity_sessions *which,
                             enum err (*each)(void *data, const struct id *id,
                                              struct str subject),
                             void *data);

/* Gives an active account that has no password one and raises the version, if
 * that is still version; *done_r. */
enum err store_identity_password(struct db *db, const struct id *account,
                                 int64_t version, const char *hash,
                                 bool *done_r);

#endif
