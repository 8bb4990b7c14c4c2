/* SPDX-License-Identifier: MIT */
/* Accounts that are one user. One of them is the primary one, whose id stands
 * for all; within a tenant no two primary users have the same address. */
#ifndef GATEHOUSE_DOMAIN_APP_LINK_H
#define GATEHOUSE_DOMAIN_APP_LINK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app_user.h"

/* What a question or a change found. */
struct app_link_outcome {
    bool already;         /* it is so already */
    struct app_user user; /* afterwards; of ERR_APP_LINKED: as it is */
    struct str other;     /* the primary user that is in the way */
};

/* Makes the account of a user id a primary one; only_ask: would that work?
 * ERR_USER_NOT_FOUND; ERR_APP_LINKED when it is linked to another,
 * ERR_APP_LINK_ADDRESS when a primary user of one of its tenants has its
 * address; both with out_r->other. */
enum err app_link_primary(struct ctx *c, const struct app *app,
                          struct str user_id, bool only_ask,
                          struct app_link_outcome *out_r);

/* Links the account of user_id to a primary one. As above; and
 * ERR_APP_NOT_PRIMARY when primary is none. */
enum err app_link_join(struct ctx *c, const struct app *app, struct str user_id,
                       struct str primary, bool only_ask,
                       struct app_link_outcome *out_r);

/* Links it to nobody; *was_r: it was linked. A primary account to which others
 * are linked is deleted instead, *deleted_r, and its id goes on standing for
 * them. ERR_USER_NOT_FOUND. */
enum err app_link_part(struct ctx *c, const struct app *app, struct str user_id,
                       bool *was_r, bool *deleted_r);

#endif
