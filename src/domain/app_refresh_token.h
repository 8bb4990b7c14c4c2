/* SPDX-License-Identifier: MIT */
/* The refresh tokens of applications: encrypted under the application's own
 * secret, in a form that other software has made before. */
#ifndef GATEHOUSE_DOMAIN_APP_REFRESH_TOKEN_H
#define GATEHOUSE_DOMAIN_APP_REFRESH_TOKEN_H

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"
#include "domain/lineage.h"

/* What a token says, and what follows from its text. Texts in the arena. */
struct app_refresh_token {
    struct str handle, user_id;   /* of the session; the recipe user's */
    struct str tenant;            /* {NULL, 0}: "public" */
    struct str parent;            /* hash of the token it was derived from, in
                                   * hex; {NULL, 0}: none */
    struct str anti_csrf;         /* {NULL, 0}: none */
    struct str hash1;             /* hash of its text, in hex */
    struct lineage_token lineage; /* issued_us is the caller's to set */
};

/* The place in a lineage of what a token with that hash stands for. */
enum err app_refresh_token_key(struct str hash1, uint8_t key[STORE_HASH_LEN]);

/* Makes the text of a token of handle, user_id, tenant, parent and anti_csrf,
 * and sets the rest. The errors of app_keys_refresh_secret and
 * token_cipher_make. */
enum err app_refresh_token_make(struct ctx *c, const struct app *app,
                                struct app_refresh_token *t,
                                struct str *text_r);

/* Opens a presented text. ERR_REFRESH_TOKEN_INVALID for anything not ours. */
enum err app_refresh_token_open(struct ctx *c, const struct app *app,
                                struct str text, struct app_refresh_token *t_r);

#endif
