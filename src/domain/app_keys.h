/* SPDX-License-Identifier: MIT */
/* An application's signing keys (RS256, 2048 bits): dynamic ones, which follow
 * each other on time, and static ones, which stay; and what its refresh tokens
 * are encrypted with. All are made at first use, one for all processes and
 * hosts, and kept opened in the process. Nothing here may be called within a
 * transaction. */
#ifndef GATEHOUSE_DOMAIN_APP_KEYS_H
#define GATEHOUSE_DOMAIN_APP_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/keys.h"
#include "domain/app.h"
#include "domain/ctx.h"

struct app_keys; /* what a process keeps opened: c->app_keys */

/* A key and the kid its tokens bear: "d-<ms>" or "s-<uuid>". */
struct app_key {
    struct str kid;
    const struct key *key; /* good until the next call here */
};

/* An empty store of opened keys. ERR_NO_MEMORY. */
enum err app_keys_new(struct app_keys **k_r);

/* Wipes, frees and NULLs *k; safe on NULL. */
void app_keys_free(struct app_keys **k);

/* The key that signs now: the static one, or the dynamic one that is due, which
 * is published app->settings.key_overlap_us before. ERR_UNAVAILABLE. */
enum err app_keys_signer(struct ctx *c, const struct app *app, bool fixed,
                         struct app_key *key_r);

/* The key of that kid that may still verify. An unknown kid asks the store once
 * (bounded, as keyring_verifier). ERR_ACCESS_TOKEN_INVALID. */
enum err app_keys_verifier(struct ctx *c, const struct app *app, struct str kid,
                           const struct key **key_r);

/* Calls each for the dynamic keys that may verify, newest first, until it
 * answers ERR_OK: old tokens name no key. ERR_ACCESS_TOKEN_INVALID when none
 * fits. */
enum err app_keys_try(struct ctx *c, const struct app *app,
                      enum err (*each)(void *data, const struct key *key),
                      void *data);

/* Appends the members of the JWKS array: dynamic keys, newest first, then
 * static ones. *max_age_r: seconds the answer may be cached. */
enum err app_keys_jwks(struct ctx *c, const struct app *app, struct buf *out,
                       int64_t *max_age_r);

/* What the application's refresh tokens are encrypted with: the text
 * "1000:<salt>:<key>", good until the next call here. */
enum err app_keys_refresh_secret(struct ctx *c, const struct app *app,
                                 struct str *text_r);

/* What a key of an application does now. */
enum app_key_state {
    APP_KEY_SIGNING,
    APP_KEY_PUBLISHED, /* signs when every reader knows it */
    APP_KEY_RETIRED,   /* verifies what it has signed */
    APP_KEY_OVER
};

/* A key as operators see it; texts good for the call. */
struct app_key_told {
    struct str kid;
    bool fixed; /* static, else dynamic */
    enum app_key_state state;
    int64_t created_us;
};

/* Calls each for every key, newest first; none is made. */
enum err app_keys_tell(struct ctx *c, const struct app *app,
                       enum err (*each)(void *data,
                                        const struct app_key_told *key),
                       void *data);

/* Withdraws a key after a leak: it is gone from the store at once, another is
 * made when one is needed, and processes that have it opened look again within
 * a minute. ERR_NOT_FOUND. */
enum err app_keys_revoke(struct ctx *c, const struct app *app, struct str kid);

/* For the background job: makes the successors that are due, so that they are
 * published in time where nobody asks. */
enum err app_keys_ahead(struct ctx *c);

#endif
