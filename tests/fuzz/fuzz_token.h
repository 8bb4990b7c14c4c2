/* SPDX-License-Identifier: MIT */
/* Fixed keys and rules for the targets that read tokens. The keys are made for
 * this folder and sign nothing else. */
#ifndef GATEHOUSE_TESTS_FUZZ_TOKEN_H
#define GATEHOUSE_TESTS_FUZZ_TOKEN_H

#include "base/str.h"
#include "crypto/jwt.h"
#include "crypto/seal.h"

/* Passed by the tokens of the corpus. */
extern const struct jwt_rules fuzz_rules;

/* The HS256 key: 32 bytes of 'k'. */
struct key *fuzz_key_hmac(void);

/* The ES256 key. */
struct key *fuzz_key_ecdsa(void);

/* A sealer of two fixed keys. */
struct sealer *fuzz_sealer(void);

#endif
