/* SPDX-License-Identifier: MIT */
/* What an application's tokens are verified with, and tokens of a back end's
 * own. */
#ifndef GATEHOUSE_API_CDI_KEYS_H
#define GATEHOUSE_API_CDI_KEYS_H

#include "api/call.h"
#include "base/err.h"

/* GET /.well-known/jwks.json: for everybody, without a key. */
enum err cdi_keys_published(struct call *c);
/* GET /recipe/jwt/jwks: the same for older back ends. */
enum err cdi_keys_list(struct call *c);
/* POST /recipe/jwt: signs what it is given. */
enum err cdi_keys_sign(struct call *c);

#endif
