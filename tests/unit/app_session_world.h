/* SPDX-License-Identifier: MIT */
/* Sessions of applications, begun and used in one line each. */
#ifndef GATEHOUSE_TESTS_APP_SESSION_WORLD_H
#define GATEHOUSE_TESTS_APP_SESSION_WORLD_H

#include "domain/app_session.h"
#include "domain_world.h"

#define DAY_US (INT64_C(86400) * CLOCK_SECOND)

/* Test set-up: as world_fresh, with both workers in the first realm again. */
int app_world_fresh(void **state);

/* A fresh application, with settings of its own. */
struct app app_world_app(struct world *w);
/* Another tenant of it. */
struct app app_world_tenant(struct world *w, const struct app *app,
                            const char *name);

/* Begins a session of the newest form without anti-CSRF. */
struct app_session_view app_world_begin(struct ctx *c, const struct app *app,
                                        const char *user, const char *payload);

/* How back ends of 5.4 ask, and those of 5.6. */
enum { APP_PROMOTES = 0, APP_ROTATES = 1 };

/* A refresh, whatever it answers. */
enum err app_world_try(struct ctx *c, const struct app *app, struct str token,
                       int how, struct app_session_view *view_r,
                       struct app_session_theft *theft_r);
/* One that must be good. */
struct app_session_view app_world_refresh(struct ctx *c, const struct app *app,
                                          const struct app_session_view *v,
                                          int how);
/* One that must be theft; the subtype it tells, or "". */
const char *app_world_theft(struct ctx *c, const struct app *app,
                            const struct app_session_view *v, int how);

/* A verification, whatever it answers. */
enum err app_world_check(struct ctx *c, const struct app *app, struct str token,
                         bool database, struct app_session_view *view_r);
/* One that must be good. */
struct app_session_view app_world_verify(struct ctx *c, const struct app *app,
                                         struct str token, bool database);

/* A number of the session's row. */
int64_t app_world_number(struct world *w, const struct app_session_view *v,
                         const char *column);
/* Moves a time of the session's row by us. */
void app_world_shift(struct world *w, const struct app_session_view *v,
                     const char *column, int64_t us);

#endif
