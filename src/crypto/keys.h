/* SPDX-License-Identifier: MIT */
/* Signing keys, parsed once. The key decides the algorithm, never the token
 * (RFC 8725 section 3.1). */
#ifndef GATEHOUSE_CRYPTO_KEYS_H
#define GATEHOUSE_CRYPTO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define KEY_ID_LEN 43 /* RFC 7638 thumbprint, base64url of SHA-256 */
#define KEY_SIGNATURE_MAX 512

enum key_alg { KEY_ES256, KEY_RS256, KEY_HS256, KEY_ALG_COUNT };

struct key; /* one key pair (or HMAC secret) with its kid */

/* Makes a new key: P-256, RSA 3072 or 256 random bits. Owned by the caller.
 * ERR_NO_RANDOM, ERR_INTERNAL. */
enum err key_generate(enum key_alg alg, struct key **k_r);

/* Private form for sealing: PKCS#8 DER, or the HMAC secret. Arena memory, which
 * is wiped at its reset. */
enum err key_export(const struct key *k, struct arena *a, struct str *der_r);

/* The reverse; ERR_VALIDATION when der is not a sound key of that kind. */
enum err key_import(enum key_alg alg, struct str der, struct key **k_r);

/* The pair of an application, as other services know them: RS256 of 2048 bits,
 * named by whoever made it (key_name); its kid is empty until then. Owned by
 * the caller. ERR_NO_RANDOM, ERR_INTERNAL. */
enum err key_generate_app(struct key **k_r);

/* The reverse of key_export for such a pair, of 2048 bits or more.
 * ERR_VALIDATION. */
enum err key_import_app(struct str der, struct key **k_r);

/* Gives an application's pair its kid: at most KEY_ID_LEN characters of
 * [A-Za-z0-9_-]. ERR_VALIDATION. */
enum err key_name(struct key *k, struct str kid);

/* Frees and NULLs *k; safe on NULL. */
void key_free(struct key **k);

/* RFC 7638 thumbprint of the public key; for HS256 the hash of a keyed hash, so
 * that it tells nothing about the secret; of an application's pair the name it
 * was given. At most KEY_ID_LEN characters and a NUL,
 * living as long as the key. */
const char *key_id(const struct key *k);

/* The key's algorithm. */
enum key_alg key_alg(const struct key *k);

/* "ES256", "RS256", "HS256". Static text. */
const char *key_alg_name(enum key_alg alg);

/* Signs input; a JWS signature (RFC 7518: r||s for ES256) of *n_r bytes in out.
 * ERR_INTERNAL. Not for HS256 (jwt.c). */
enum err key_sign(const struct key *k, struct str input,
                  uint8_t out[KEY_SIGNATURE_MAX], size_t *n_r);

/* ERR_OK when signature is input's, ERR_ACCESS_TOKEN_INVALID when not (wrong
 * length, r or s out of range included). Not for HS256. */
enum err key_verify(const struct key *k, struct str input,
                    const uint8_t *signature, size_t n);

/* The HMAC secret of an HS256 key; {NULL, 0} for others. */
struct str key_hmac_secret(const struct key *k);

/* Appends the public JWK object (kty, use, alg, kid and the public members);
 * nothing for HS256. */
void key_jwk(const struct key *k, struct buf *out);

#endif
