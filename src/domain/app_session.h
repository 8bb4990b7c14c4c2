/* SPDX-License-Identifier: MIT */
/* Sessions of applications (CDI, FDI): the same rows, the same lineage and the
 * same end as every session's, with tokens of the form their SDKs know. A
 * session's handle is its id and, for a tenant other than "public", "_" and
 * the tenant's name. */
#ifndef GATEHOUSE_DOMAIN_APP_SESSION_H
#define GATEHOUSE_DOMAIN_APP_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"

/* Form of the access token: the version in its header. */
enum app_token_form {
    APP_TOKEN_V2 = 2,
    APP_TOKEN_V3,
    APP_TOKEN_V4,
    APP_TOKEN_V5
};

/* A token as it is handed out; times in milliseconds since 1970 UTC. text.p
 * NULL: none. */
struct app_token_out {
    struct str text;
    int64_t expiry_ms, created_ms;
};

/* A session as answers tell it. Texts in the arena. */
struct app_session_view {
    struct str handle, user_id, recipe_user_id, tenant;
    struct str payload;          /* JSON object, for userDataInJWT */
    struct app_token_out access; /* none: the one presented stays good */
    struct app_token_out refresh;
    struct str anti_csrf;     /* {NULL, 0}: none */
    int64_t access_expiry_ms; /* of the token that is good now */
    struct str token_payload; /* claims of that token, as JSON: what a
                               * front-token tells */
    bool payload_update;      /* CDI 5.6: the stored payload differs */
    bool fixed;               /* signed by a static key */
};

/* What a new session is made of. */
struct app_session_start {
    struct str user_id; /* the recipe user's; may be empty */
    struct str payload; /* userDataInJWT, a JSON object */
    struct str data;    /* userDataInDatabase, a JSON object */
    bool anti_csrf, fixed;
    bool by_back_end; /* who asks is not the user: where he is, nobody knows */
    enum app_token_form form;
    int64_t access_lifetime_ms; /* 0: the application's; else shorter */
};

/* How a refresh is judged: what the request's version of the interface and the
 * face it came by ask for. */
struct app_session_refresh {
    struct str token;
    struct str anti_csrf; /* presented; {NULL, 0}: none */
    bool check_anti_csrf;
    bool rotate;        /* CDI 5.6: rotate now, grace; else promote later */
    bool ends_on_theft; /* ends the session itself (FDI, CDI 5.6) */
    bool fixed_given, fixed; /* the kind of key changes with it */
    enum app_token_form form;
    int64_t access_lifetime_ms;
};

/* What was found when a refresh is theft (ERR_TOKEN_THEFT), and what the reuse
 * was (CDI 5.6): RECENT_PREV, ORPHANED_BRANCH, STALE_LINEAGE, or NULL. With
 * settings.reuse_unauthorised the first two come with ERR_SESSION_INVALID. */
struct app_session_theft {
    struct str handle, user_id, recipe_user_id;
    const char *subtype;
};

struct app_session_verify {
    struct str token;
    struct str anti_csrf;
    bool check_anti_csrf; /* both switches of the request are on */
    bool database;        /* checkDatabase */
    bool stateless;       /* CDI 5.6: promotes nothing, gives no token */
};

/* What GET session tells; times in milliseconds. */
struct app_session_info {
    struct str handle, user_id, recipe_user_id, tenant, payload, data;
    int64_t created_ms, expiry_ms;
};

/* Whose sessions are listed or ended. */
struct app_session_whose {
    struct str user_id;
    bool linked;      /* of every account linked to it */
    bool all_tenants; /* else those of app's tenant alone */
};

/* Begins a session in app's tenant. ERR_APP_PAYLOAD when the payload names a
 * claim that is reserved in that form. */
enum err app_session_create(struct ctx *c, const struct app *app,
                            const struct app_session_start *s,
                            struct app_session_view *view_r);

/* New tokens. ERR_SESSION_INVALID for everything that is answered UNAUTHORISED,
 * ERR_TOKEN_THEFT; *theft_r is set in every case, to zeros where there was no
 * theft. Tokens are signed after the row is free. */
enum err app_session_refresh(struct ctx *c, const struct app *app,
                             const struct app_session_refresh *r,
                             struct app_session_view *view_r,
                             struct app_session_theft *theft_r);

/* Judges an access token; no database without `database` and without a parent
 * in the token. ERR_ACCESS_TOKEN_INVALID or _EXPIRED: try refresh token;
 * ERR_SESSION_INVALID: unauthorised. */
enum err app_session_verify(struct ctx *c, const struct app *app,
                            const struct app_session_verify *v,
                            struct app_session_view *view_r);

/* A new access token for one that is good but for its end, with payload
 * ({NULL, 0}: as stored). view_r->access is none when the token has ended.
 * ERR_SESSION_INVALID, ERR_APP_PAYLOAD. */
enum err app_session_regenerate(struct ctx *c, const struct app *app,
                                struct str token, struct str payload,
                                struct app_session_view *view_r);

/* One live session by its handle, whichever tenant's. ERR_SESSION_INVALID. */
enum err app_session_get(struct ctx *c, const struct app *app,
                         struct str handle, struct app_session_info *info_r);

/* Replaces the payload; it must do for tokens of that form.
 * ERR_SESSION_INVALID, ERR_APP_PAYLOAD. */
enum err app_session_payload_put(struct ctx *c, const struct app *app,
                                 struct str handle, enum app_token_form form,
                                 struct str payload);

/* Replaces the data. ERR_SESSION_INVALID. */
enum err app_session_data_put(struct ctx *c, const struct app *app,
                              struct str handle, struct str data);

/* Ends one session; *done_r false when there was none. */
enum err app_session_revoke(struct ctx *c, const struct app *app,
                            struct str handle, bool *done_r);

/* Ends somebody's sessions and calls each with the handles that ended. */
enum err app_session_revoke_user(
    struct ctx *c, const struct app *app, const struct app_session_whose *whose,
    enum err (*each)(void *data, struct str handle), void *data);

/* Calls each with the handles of somebody's live sessions. */
enum err app_session_list(struct ctx *c, const struct app *app,
                          const struct app_session_whose *whose,
                          enum err (*each)(void *data, struct str handle),
                          void *data);

#endif
