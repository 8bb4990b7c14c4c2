/* SPDX-License-Identifier: MIT */
/* Tokens of applications that are good once: to reset a password, to prove an
 * address. Only their hash is kept. */
#ifndef GATEHOUSE_DOMAIN_APP_ONCE_H
#define GATEHOUSE_DOMAIN_APP_ONCE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "domain/app_user.h"
#include "store/store_app_token.h"

/* The sealed column; its place is the row's hash and the name. */
#define APP_ONCE_EMAIL "app-token.email"

/* Whose token it is and what for. */
struct app_once {
    enum store_app_purpose purpose;
    struct str user_id; /* the account's own where there is one */
    struct str email;
};

/* The id rows stand under: the account's own, or user_id as it is. account_r
 * (NULL: not asked) is all zeros when there is none. */
enum err app_once_user(struct ctx *c, const struct app *app, struct str user_id,
                       struct str *own_r, struct id *account_r);

/* Makes one, of app's tenant. */
enum err app_once_make(struct ctx *c, const struct app *app,
                       const struct app_once *once, int64_t lifetime_us,
                       struct str *token_r);

/* Keeps one that another service has made, of which the hash alone is known.
 * ERR_DUPLICATE_ROW: it is there. */
enum err app_once_keep(struct ctx *c, const struct app *app,
                       const struct app_once *once, const struct digest *hash,
                       int64_t expires_us);

/* Takes the token whose purpose is once's, and deletes what it makes worthless:
 * the user's others of that purpose (to prove an address: for the same one),
 * also when it is over. Fills once. Part of the caller's transaction, which is
 * to be kept when *good_r is false, too. ERR_NO_ROW for what is none; a token
 * that proves an address is its tenant's. */
enum err app_once_take(struct ctx *c, const struct app *app, struct str token,
                       struct app_once *once, bool *good_r);

#endif
