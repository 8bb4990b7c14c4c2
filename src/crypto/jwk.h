/* SPDX-License-Identifier: MIT */
/* Other people's public keys (RFC 7517, 7518, 8037). A key is made for one
 * algorithm and checks nothing else, whatever a token says of itself. */
#ifndef GATEHOUSE_CRYPTO_JWK_H
#define GATEHOUSE_CRYPTO_JWK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum jwk_alg { JWK_RS256, JWK_PS256, JWK_ES256, JWK_EDDSA, JWK_ALG_COUNT };

/* The members of a JWK as they stand there; {NULL, 0}: not there. */
struct jwk_members {
    struct str kty, crv;
    struct str n, e; /* of RSA */
    struct str x, y; /* of EC; of OKP only x */
};

struct jwk; /* a public key with its algorithm */

/* "RS256", "PS256", "ES256", "EdDSA". Static text. */
const char *jwk_alg_name(enum jwk_alg alg);

/* A key of the arena for alg. ERR_VALIDATION: it is of another kind, its
 * numbers are no strict base64url or too long, RSA under 2048 or over 8192 bits
 * or with an exponent under 65537 or even, a point that is not on P-256 or not
 * of Ed25519's large group. ERR_NO_MEMORY. */
enum err jwk_public(struct arena *a, enum jwk_alg alg,
                    const struct jwk_members *m, struct jwk **k_r);

/* Is signature (bytes as a JWS has them) k's over input? ERR_VALIDATION when
 * not, a wrong length or a number out of range included; ERR_NO_MEMORY. */
enum err jwk_verify(const struct jwk *k, struct str input,
                    struct str signature);

#endif
