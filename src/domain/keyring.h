/* SPDX-License-Identifier: MIT */
/* The signing keys of a worker: loaded from the store, parsed once, reloaded
 * when the realm's key_generation has moved. */
#ifndef GATEHOUSE_DOMAIN_KEYRING_H
#define GATEHOUSE_DOMAIN_KEYRING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/keys.h"
#include "domain/ctx.h"

/* An empty keyring that loads at first use. ERR_NO_MEMORY. */
enum err keyring_new(struct keyring **k_r);

/* Frees and NULLs *k; safe on NULL. */
void keyring_free(struct keyring **k);

/* Loads the keys if none are loaded or the loaded generation differs from
 * `generation` (-1: any will do). Makes the first key when there is none, one
 * for all hosts (row lock). */
enum err keyring_sync(struct ctx *c, int64_t generation);

/* The loaded generation; -1: none. */
int64_t keyring_generation(const struct keyring *k);

/* The key of that kid that may still verify. Asks the store for an unknown kid,
 * but only so many times a second: a flood of forged ones costs no query each.
 * ERR_ACCESS_TOKEN_INVALID for an unknown, expired or revoked one. */
enum err keyring_verifier(struct ctx *c, struct str kid,
                          const struct key **key_r);

/* The key that signs now, good until the next call here; ERR_UNAVAILABLE when
 * none can be had. */
enum err keyring_signer(struct ctx *c, const struct key **key_r);

/* Appends every published public key (RFC 7517), as members of an array. Asks
 * the store for the generation first. max_age_r: seconds it may be cached. */
enum err keyring_jwks(struct ctx *c, struct buf *out, int64_t *max_age_r);

/* When a rotation brings a new key. AHEAD is as good as the schedule's: who
 * verifies has seen the key before it signs. NOW is for emergencies. */
enum keyring_when { KEYRING_WHEN_DUE, KEYRING_NOW, KEYRING_AHEAD };

/* Does what the schedule asks (KEYRING_WHEN_DUE), or makes a new key whatever
 * it asks; at most one change for all hosts. *changed_r. */
enum err keyring_rotate(struct ctx *c, enum keyring_when when, bool *changed_r);

/* Kills a key at once; makes a new one when it was the signer. ERR_NOT_FOUND.
 */
enum err keyring_revoke(struct ctx *c, struct str kid);

#endif
