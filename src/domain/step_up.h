/* SPDX-License-Identifier: MIT */
/* Fresh proof: the password again, and the second factor where one is on. */
#ifndef GATEHOUSE_DOMAIN_STEP_UP_H
#define GATEHOUSE_DOMAIN_STEP_UP_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "store/store_account.h"
#include "store/store_session.h"

/* What comes of a first half. Texts in the arena. */
struct stepped_up {
    bool pending;     /* a second factor is wanted; else the token */
    struct str token; /* step-up token */
    unsigned wanted;  /* SIGN_IN_* */
    enum store_factor preferred;
    struct str two_factor_token;
};

/* Proves who asks on this session: by password (empty: none sent), or not at
 * all for a guest, who has nothing to prove. Throttled as a sign-in is.
 * ERR_USER_NOT_FOUND, ERR_PASSWORD_MISSING, ERR_INVALID_CREDENTIALS,
 * ERR_STEP_UP_IMPOSSIBLE for somebody without password and factor,
 * ERR_TOO_MANY_REQUESTS with c->retry_after_s. The second half is
 * two_factor_step_up. */
enum err step_up(struct ctx *c, const struct store_session *session,
                 struct str password, struct stepped_up *up_r);

/* The same for a session whose owner has just signed in anew at a provider,
 * which the caller has made sure of; sufficient: in a way that spares the
 * second factor. ERR_USER_NOT_FOUND. */
enum err step_up_provider(struct ctx *c, const struct store_session *session,
                          bool sufficient, struct stepped_up *up_r);

#endif
