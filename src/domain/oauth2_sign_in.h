/* SPDX-License-Identifier: MIT */
/* Somebody has come back from a provider: what does that open here? */
#ifndef GATEHOUSE_DOMAIN_OAUTH2_SIGN_IN_H
#define GATEHOUSE_DOMAIN_OAUTH2_SIGN_IN_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "domain/identity.h"
#include "domain/oauth2.h"
#include "domain/sign_in.h"
#include "domain/step_up.h"

/* What comes of it, by the attempt's mode. */
struct oauth2_done {
    struct signed_in in;  /* OAUTH2_SIGN_IN */
    struct stepped_up up; /* OAUTH2_STEP_UP */
    struct tokens tokens; /* OAUTH2_CONNECT: of the same session */
    bool registered;      /* the account is new */
    bool converted;       /* a guest has become a user */
};

/* Decides for an attempt that is used up and the person its provider vouches
 * for. An address is never a reason to take somebody for an account's owner.
 * Sign-in: as sign_in_finish, or a new account for an unknown person:
 * ERR_REGISTRATION_OFF, ERR_EMAIL_CLAIM_MISSING, ERR_EMAIL_REGISTERED (its
 * owner gets a word), ERR_TOO_MANY_REQUESTS; ERR_AUTHENTICATION_FAILED for a
 * disabled account. Step-up: ERR_WRONG_ACCOUNT for anybody but the session's
 * owner. Connection: as identity_connect. The last two: ERR_SESSION_INVALID,
 * ERR_SESSION_EXPIRED. */
enum err oauth2_decide(struct ctx *c, const struct oauth2_attempt *a,
                       const struct identity_person *person,
                       struct oauth2_done *done_r);

/* Puts a failed attempt among the events: e, and why, static text or NULL. */
void oauth2_failed(struct ctx *c, const struct oauth2_attempt *a, enum err e,
                   const char *why);

#endif
