/* SPDX-License-Identifier: MIT */
/* Sealing: XChaCha20-Poly1305 under keys that are not in the database, with a
 * purpose and a place bound in, so that a value moved to another row or used
 * as another kind does not open. */
#ifndef GATEHOUSE_CRYPTO_SEAL_H
#define GATEHOUSE_CRYPTO_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"

/* What a sealed value is for; each has its own derived key. */
enum seal_purpose {
    SEAL_SIGNING_KEY,
    SEAL_EMAIL,
    SEAL_REFRESH_TOKEN,
    SEAL_DEVICE_TOKEN,
    SEAL_SESSION_TOKEN,
    SEAL_TWO_FACTOR_TOKEN,
    SEAL_STEP_UP_TOKEN,
    SEAL_TOTP,       /* the secret at rest */
    SEAL_TOTP_SETUP, /* the token of an enrolment under way */
    SEAL_CHALLENGE,
    SEAL_OUTBOX,
    SEAL_PHONE,
    SEAL_CONNECTION_TOKEN,
    SEAL_IDENTITY, /* a subject at a provider */
    SEAL_PROVIDER_TOKENS,
    SEAL_APP_SECRET, /* what an application's tokens are encrypted with */
    SEAL_PURPOSE_COUNT
};

/* Bytes a sealed value has more than its content: key id, nonce, tag. */
#define SEAL_OVERHEAD (4 + 24 + 16)

/* Lines a sealing-key file may have. */
#define SEAL_KEYS_MAX 16

struct sealer; /* the sealing keys, derived for each purpose */

/* Reads 1-16 lines "id:base64url of 32 bytes" (id: 1-4 of [a-z0-9]); the first
 * seals, all open, the last gives the lookup key. ERR_VALIDATION when a line
 * is wrong or an id repeats, ERR_NO_MEMORY. Owned by the caller. */
enum err sealer_new(struct str lines, struct sealer **s_r);

/* Wipes, frees and NULLs *s; safe on NULL. */
void sealer_free(struct sealer **s);

/* The id of the i-th key, without padding: 0 is the one that seals, the last
 * one looks up. {NULL, 0} behind the last. Lives as long as s. */
struct str sealer_key(const struct sealer *s, size_t i);

/* Can s open what is sealed under the key of that id? */
bool sealer_holds(const struct sealer *s, struct str id);

/* A new line for such a file, "id:key" without newline, in arena memory. */
enum err sealer_new_line(struct arena *a, struct str id, struct str *line_r);

/* Seals content for purpose, bound to place (such as the row's id); the result
 * has content.n + SEAL_OVERHEAD bytes in the arena. ERR_NO_RANDOM,
 * ERR_NO_MEMORY. */
enum err seal(const struct sealer *s, struct arena *a,
              enum seal_purpose purpose, struct str place, struct str content,
              struct str *sealed_r);

/* Opens what seal made, in arena memory. ERR_VALIDATION when key id, tag,
 * purpose or place do not fit. */
enum err seal_open(const struct sealer *s, struct arena *a,
                   enum seal_purpose purpose, struct str place,
                   struct str sealed, struct str *content_r);

/* The id of the key a sealed value is under, a part of it; {NULL, 0} when it is
 * too short to be one. */
struct str seal_key_id(struct str sealed);

/* Keyed hash for look-ups by a value that is not kept in clear (addresses,
 * throttle buckets); label keeps kinds apart. */
enum err seal_lookup(const struct sealer *s, const char *label,
                     struct str value, struct digest *d_r);

#endif
