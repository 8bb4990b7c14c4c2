/* SPDX-License-Identifier: MIT */
/* Which addresses users of applications have proved to be theirs. A user need
 * not have an account. */
#ifndef GATEHOUSE_DOMAIN_APP_EMAIL_H
#define GATEHOUSE_DOMAIN_APP_EMAIL_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"

/* A token that proves user's address; *already_r (and no token) when it is
 * proved. */
enum err app_email_token_make(struct ctx *c, const struct app *app,
                              struct str user_id, struct str email,
                              struct str *token_r, bool *already_r);

/* Uses it up, with every other one of the user's for that address, which is
 * proved from then on. ERR_VERIFICATION_INVALID, also for one that is over. */
enum err app_email_token_consume(struct ctx *c, const struct app *app,
                                 struct str token, struct str *user_id_r,
                                 struct str *email_r);

/* Drops the tokens of a user for an address. */
enum err app_email_token_drop(struct ctx *c, const struct app *app,
                              struct str user_id, struct str email);

/* Has the user proved the address? */
enum err app_email_verified(struct ctx *c, const struct app *app,
                            struct str user_id, struct str email,
                            bool *verified_r);

/* Takes it as proved (what a provider has verified), or as not. */
enum err app_email_set(struct ctx *c, const struct app *app, struct str user_id,
                       struct str email, bool verified);

#endif
