/* SPDX-License-Identifier: MIT */
/* What applications note about users: a JSON object each, by whatever id the
 * back end calls a user. Its tenants share it. */
#ifndef GATEHOUSE_DOMAIN_APP_METADATA_H
#define GATEHOUSE_DOMAIN_APP_METADATA_H

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"

#define APP_METADATA_MAX 262144 /* bytes of one user's object */

/* The object kept of a user; {} when there is none. In the arena. */
enum err app_metadata_get(struct ctx *c, const struct app *app,
                          struct str user_id, struct str *json_r);

/* Lays update, a JSON object, over it: members replace those of the same name,
 * null takes one away; what lies deeper is not merged. *json_r is the outcome.
 * ERR_VALIDATION when that is longer than APP_METADATA_MAX, or a user id longer
 * than 128 bytes. */
enum err app_metadata_update(struct ctx *c, const struct app *app,
                             struct str user_id, struct str update,
                             struct str *json_r);

/* Forgets what is kept of a user. */
enum err app_metadata_remove(struct ctx *c, const struct app *app,
                             struct str user_id);

#endif
