/* SPDX-License-Identifier: MIT */
/* What a token says: header and claims between JSON text and structs. The only
 * user of libjwt; signatures are not its business. */
#ifndef GATEHOUSE_CRYPTO_JWT_CLAIMS_H
#define GATEHOUSE_CRYPTO_JWT_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/jwt.h"

struct jwt_claims_header {
    struct str alg, typ, kid;
};

/* The header of JSON text that nobody has checked yet. ERR_ACCESS_TOKEN_INVALID
 * unless it is one strict object with alg, typ and kid as strings and without
 * the members RFC 7515 and RFC 8725 warn of. */
enum err jwt_claims_header(struct arena *a, struct str json,
                           struct jwt_claims_header *h_r);

/* The claims of JSON text, each strictly typed; nbf_r is 0 when absent.
 * ERR_ACCESS_TOKEN_INVALID. */
enum err jwt_claims_read(struct arena *a, struct str json,
                         struct jwt_claims *c_r, int64_t *nbf_r);

/* The reverse, as one object. ERR_VALIDATION when custom is not an object,
 * names a reserved claim, or the whole could not be read back. */
enum err jwt_claims_write(struct arena *a, const struct jwt_claims *c,
                          struct str *json_r);

/* Is it one of our claims or a registered one? */
bool jwt_claims_reserved(struct str name);

#endif
