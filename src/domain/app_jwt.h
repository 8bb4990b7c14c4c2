/* SPDX-License-Identifier: MIT */
/* JSON Web Tokens a back end has signed for purposes of its own. */
#ifndef GATEHOUSE_DOMAIN_APP_JWT_H
#define GATEHOUSE_DOMAIN_APP_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"

struct app_jwt {
    struct str payload; /* a judged JSON object */
    struct str issuer;  /* iss where the payload names none */
    int64_t validity_s;
    bool fixed; /* by the static key, else by the dynamic one that is due */
};

/* Signs the payload with iat and exp, which take the place of its own. The
 * errors of app_keys_signer. */
enum err app_jwt_make(struct ctx *c, const struct app *app,
                      const struct app_jwt *jwt, struct str *token_r);

#endif
