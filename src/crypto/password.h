/* SPDX-License-Identifier: MIT */
/* Argon2id (RFC 9106) in memory that is mapped once and shared by all workers,
 * so that hashing is fast and its concurrency and memory are bounded. */
#ifndef GATEHOUSE_CRYPTO_PASSWORD_H
#define GATEHOUSE_CRYPTO_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define PASSWORD_HASH_MAX 128 /* characters of a PHC string and its NUL */

struct password_params {
    uint32_t memory_kib;
    uint32_t passes;
};

struct hasher; /* the arenas and the parameters */

/* What has made a hash. */
enum password_kind {
    PASSWORD_ARGON2,
    PASSWORD_BCRYPT,
    PASSWORD_FIREBASE, /* read only */
    PASSWORD_KIND_COUNT
};

/* How a hash is to be made: Argon2id by the hasher's parameters, or bcrypt. */
struct password_form {
    enum password_kind kind;
    unsigned rounds; /* of bcrypt: its cost, a power of two */
};

/* Maps `arenas` (1 to 64) shared arenas, before the fork. ERR_NO_MEMORY;
 * ERR_VALIDATION when params or arenas are out of range. */
enum err hasher_new(const struct password_params *params, unsigned arenas,
                    struct hasher **h_r);

/* Unmaps and NULLs *h; safe on NULL. */
void hasher_free(struct hasher **h);

/* Hashes password (NFC-normalised by the caller) with a fresh 16-byte salt to
 * a PHC string in out. Waits for a free arena, at most wait_ms milliseconds:
 * ERR_UNAVAILABLE then. ERR_NO_RANDOM, ERR_INTERNAL. An arena held by a worker
 * that died is taken over (robust lock). */
enum err password_hash(struct hasher *h, struct str password, int wait_ms,
                       char out[PASSWORD_HASH_MAX]);

/* The same in another form; a password of which bcrypt would leave out the end
 * becomes an Argon2id hash. */
enum err password_hash_as(struct hasher *h, const struct password_form *form,
                          struct str password, int wait_ms,
                          char out[PASSWORD_HASH_MAX]);

/* The signer key (base64) of the Firebase project that PASSWORD_FIREBASE hashes
 * come from; before the fork. ERR_NO_MEMORY. */
enum err hasher_firebase(struct hasher *h, struct str signer_key);

/* What has made hash; PASSWORD_KIND_COUNT for none that is known. */
enum password_kind password_kind(struct str hash);

/* password_verify where new hashes are of that form: hash NULL costs what one
 * of them does, and *rehash_r is set for what is weaker. */
enum err password_verify_as(struct hasher *h, const struct password_form *form,
                            struct str password, const char *hash, int wait_ms,
                            bool *rehash_r);

/* ERR_OK when password fits the hash, of whatever kind,
 * ERR_INVALID_CREDENTIALS when not; *rehash_r is set when it is not Argon2id
 * or its parameters are below the hasher's. hash
 * NULL: does the same work against a fixed hash and answers
 * ERR_INVALID_CREDENTIALS, so that an unknown account costs the same time.
 * ERR_INTERNAL when hash is damaged; else as password_hash. */
enum err password_verify(struct hasher *h, struct str password,
                         const char *hash, int wait_ms, bool *rehash_r);

/* ERR_PASSWORD_COMMON when it (or the same in lower case) is on the built-in
 * list, ERR_INTERNAL when that cannot be told. */
enum err password_common(struct str password);

#endif
