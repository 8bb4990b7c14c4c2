/* SPDX-License-Identifier: MIT */
/* Access tokens of applications: JSON Web Tokens of several forms, signed by
 * the application's keys. */
#ifndef GATEHOUSE_DOMAIN_APP_TOKEN_H
#define GATEHOUSE_DOMAIN_APP_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/app_session.h"
#include "domain/ctx.h"

#define APP_TOKEN_MAX ((size_t)128 * 1024) /* bytes of a token we look at */

/* What a token says. Texts in the arena. */
struct app_token {
    enum app_token_form form;
    struct str sub;       /* the primary user's id */
    struct str rsub;      /* the recipe user's; of old forms the same */
    struct str handle;    /* of the session */
    struct str tenant;    /* of old forms "public" */
    struct str hash1;     /* hash of the refresh token beside it, in hex */
    struct str parent;    /* of the one that was derived from; {NULL, 0} */
    struct str anti_csrf; /* {NULL, 0}: none */
    int64_t created_ms, expiry_ms;
    struct str payload; /* the application's own claims, a JSON object */
    struct str claims;  /* all of them, as they stand in the token */
    bool fixed;         /* signed by a static key */
};

/* May an application's payload (a judged JSON object) stand in a token of that
 * form? ERR_APP_PAYLOAD when it names one of our claims. */
enum err app_token_payload(struct arena *a, enum app_token_form form,
                           struct str payload);

/* Signs what t says; sets t->claims, cuts its times to what the form tells, and
 * t->fixed where the form knows no static keys. ERR_APP_PAYLOAD, and the
 * errors of app_keys_signer. */
enum err app_token_make(struct ctx *c, const struct app *app,
                        struct app_token *t, struct str *text_r);

/* Reads a token: form, header, signature, claims. Whether it has ended is the
 * caller's to judge. ERR_ACCESS_TOKEN_INVALID. */
enum err app_token_read(struct ctx *c, const struct app *app, struct str text,
                        struct app_token *t_r);

/* The same without a look at the signature. */
enum err app_token_parse(struct ctx *c, struct str text, struct app_token *t_r);

#endif
