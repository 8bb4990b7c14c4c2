/* SPDX-License-Identifier: MIT */
/* A sign-in at a provider that is under way: what it is for, and which browser
 * began it. */
#ifndef GATEHOUSE_DOMAIN_OAUTH2_H
#define GATEHOUSE_DOMAIN_OAUTH2_H

#include <stdbool.h>

#include "base/err.h"
#include "config/provider.h"
#include "domain/ctx.h"
#include "domain/session_token.h"

/* What it is for, as it was asked where it began. */
enum oauth2_mode { OAUTH2_SIGN_IN, OAUTH2_STEP_UP, OAUTH2_CONNECT };

/* One attempt. */
struct oauth2_attempt {
    struct id id; /* set by oauth2_begin */
    enum oauth2_mode mode;
    const struct config_provider *provider;
    struct id account, session; /* whose step-up or connection; nil: nobody's */
    struct id browser;          /* of its session token */
    struct id replaces; /* session the browser held when it left, or nil */
    struct str device;  /* device token it held, or empty */
    struct str nonce, verifier;
    struct str back; /* where the browser goes in the end, or empty */
    int64_t asked_s; /* when it left; set by oauth2_begin */
};

/* May a browser be sent back to uri? One of oauth2.redirect_uris, byte for
 * byte. */
bool oauth2_back_allowed(const struct config *config, struct str uri);

/* Keeps a, and gives the state parameter that names it; counted by the client's
 * network. ERR_TOO_MANY_REQUESTS with c->retry_after_s. */
enum err oauth2_begin(struct ctx *c, struct oauth2_attempt *a,
                      struct str *state_r);

/* The attempt that came back from provider with state, in the browser that
 * holds the session token; token_r is what that says. Nothing is used up.
 * ERR_STATE_MISSING, ERR_STATE_INVALID (unknown, used up, another provider's),
 * ERR_STATE_EXPIRED, ERR_SESSION_TOKEN_MISSING, ERR_SESSION_TOKEN_EXPIRED,
 * ERR_SESSION_TOKEN_INVALID (also another browser's). */
enum err oauth2_open(struct ctx *c, const struct config_provider *provider,
                     struct str state, struct str session_token,
                     struct oauth2_attempt *a_r, struct session_token *token_r);

/* Uses it up, before anything is done with its answer: of parallel callers one
 * gets ERR_OK, the others ERR_STATE_INVALID. */
enum err oauth2_use(struct ctx *c, const struct oauth2_attempt *a);

#endif
