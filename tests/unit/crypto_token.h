/* SPDX-License-Identifier: MIT */
/* Tokens for tests, sound ones and forged ones. */
#ifndef GATEHOUSE_TESTS_CRYPTO_TOKEN_H
#define GATEHOUSE_TESTS_CRYPTO_TOKEN_H

#include "base/arena.h"
#include "base/str.h"
#include "crypto/jwt.h"

#define TOKEN_NOW 1700000000

/* What the sound token of this file passes at TOKEN_NOW. */
extern const struct jwt_rules token_rules;

/* Sound claims: all members set, custom empty. */
struct jwt_claims token_claims(void);

/* The sound header for k as JSON. */
struct str token_header(struct arena *a, const struct key *k);

/* The sound payload as JSON, with member name set to json; json NULL leaves
 * it out, name NULL changes nothing. */
struct str token_payload(struct arena *a, const char *name, const char *json);

/* Both texts, whatever they say, truly signed by k. */
struct str token_sign(struct arena *a, const struct key *k, struct str header,
                      struct str payload);

/* base64url of text. */
struct str token_b64(struct arena *a, struct str text);

/* a.b.c; a NULL part is left out with its dot. */
struct str token_join(struct arena *a, struct str head, struct str payload,
                      struct str signature);

#endif
