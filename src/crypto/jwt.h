/* SPDX-License-Identifier: MIT */
/* JSON Web Tokens (RFC 7519, RFC 9068): made and checked strictly. libjwt is
 * behind jwt_claims.c and only parses and merges claims. */
#ifndef GATEHOUSE_CRYPTO_JWT_H
#define GATEHOUSE_CRYPTO_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/keys.h"

#define JWT_MAX 8192 /* bytes of a token we look at */
#define JWT_TYP_ACCESS "at+jwt"

/* The claims of an access token. Texts live in the arena they came from. */
struct jwt_claims {
    struct str iss, aud, sub, acr, client_id;
    struct id sid;                 /* session */
    struct id jti;                 /* this token */
    int64_t iat, exp, auth_time;   /* seconds since 1970 UTC */
    struct str amr, roles, groups; /* JSON arrays of strings, as text */
    int64_t ver;                   /* account.version when it was made */
    struct digest rth;             /* SHA-256 of the refresh token beside it */
    struct digest prh; /* that token's parent generation; zero: none */
    int64_t rti;       /* that token's issue time, microseconds */
    struct str custom; /* JSON object of further members; may be empty */
};

/* What a token must say to be ours. */
struct jwt_rules {
    struct str iss, aud;
    int64_t now;    /* seconds */
    int64_t leeway; /* seconds, for iat and nbf; none for exp */
};

/* The kid in the header of a token that has the right outer form: three strict
 * base64url parts, a header of strict JSON with typ at+jwt, alg, kid and no
 * crit, jku, jwk, x5u, x5c, zip, b64. Nothing is verified yet.
 * ERR_ACCESS_TOKEN_INVALID. */
enum err jwt_kid(struct arena *a, struct str token, struct str *kid_r);

/* Checks signature with k (alg of the header must equal the key's), then
 * every claim's type, iss, aud, iat, nbf, and last exp.
 * ERR_ACCESS_TOKEN_INVALID or ERR_ACCESS_TOKEN_EXPIRED; claims_r only on
 * ERR_OK. */
enum err jwt_verify(struct arena *a, struct str token, const struct key *k,
                    const struct jwt_rules *rules, struct jwt_claims *claims_r);

/* Makes and signs a token with k. ERR_VALIDATION when custom is not an object
 * or names a reserved claim, a required text is empty, or the token would be
 * longer than JWT_MAX. */
enum err jwt_make(struct arena *a, const struct key *k,
                  const struct jwt_claims *claims, struct str *token_r);

/* Does custom (a JSON object) name a claim that is ours or registered? */
bool jwt_reserved(struct str name);

#endif
