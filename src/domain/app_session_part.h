/* SPDX-License-Identifier: MIT */
/* What the files of app_session share: handles, rows, the making of tokens. */
#ifndef GATEHOUSE_DOMAIN_APP_SESSION_PART_H
#define GATEHOUSE_DOMAIN_APP_SESSION_PART_H

#include "domain/app_refresh_token.h"
#include "domain/app_session.h"
#include "domain/app_token.h"
#include "store/store_app_session.h"

#define APP_SESSION_PAYLOAD_MAX 65535 /* bytes, as the column */

/* A session's handle. */
enum err app_session_handle(struct arena *a, const struct id *id,
                            struct str tenant, struct str *handle_r);

/* The session of that handle, of any tenant of app, unless it has been ended;
 * it may be past its expiry. ERR_SESSION_INVALID. */
enum err app_session_find(struct ctx *c, const struct app *app,
                          struct str handle, struct store_app_session *s_r);

/* The same of one that lives. */
enum err app_session_live(struct ctx *c, const struct app *app,
                          struct str handle, struct store_app_session *s_r);

/* A stored payload. */
struct str app_session_payload(const struct store_session *row);

/* A new secret against CSRF; {NULL, 0} when none is wanted. */
enum err app_session_anti_csrf(struct arena *a, bool wanted,
                               struct str *text_r);

/* Is what was presented that secret? {NULL, 0} is none and never fits. */
bool app_session_anti_csrf_fits(struct str shown, struct str secret);

/* How long an access token lives: asked_ms (0: nothing was asked) or the
 * application's time, shorter by chance. */
enum err app_session_access_ms(const struct app_settings *settings,
                               int64_t asked_ms, int64_t *ms_r);

/* Signs t and tells it in view, with all that is said of the session in it;
 * t->payload becomes the view's. */
enum err app_session_access(struct ctx *c, const struct app *app,
                            struct app_token *t, struct app_session_view *view);

/* Tells in view what t says, without a new token. */
void app_session_tell(const struct app_token *t, struct app_session_view *view);

/* A new refresh token and what it is told as in view. */
enum err app_session_refresh_token(struct ctx *c, const struct app *app,
                                   struct app_refresh_token *t, int64_t now_us,
                                   struct app_session_view *view);

#endif
