/* SPDX-License-Identifier: MIT */
/* Keeps what providers publish for a while, and a while longer when they are
 * away. */
#ifndef GATEHOUSE_OIDC_OIDC_SHELF_H
#define GATEHOUSE_OIDC_OIDC_SHELF_H

#include "oidc/oidc_job.h"

/* Asks the provider for the thing, into a; *max_age_s_r as in fetch_answer. */
typedef enum err oidc_shelf_load(struct oidc_job *job, struct arena *a,
                                 const void **thing_r, int64_t *max_age_s_r);

/* The thing, asked for again when its time is over (an hour, or what the
 * provider says between 5 minutes and a day). One that cannot be renewed is
 * given for up to a day. It lives until the next renewal of the shelf. */
enum err oidc_shelf_get(struct oidc_shelf *shelf, oidc_shelf_load *load,
                        struct oidc_job *job, const void **thing_r);

/* Asks now; what was there stays when that fails. */
enum err oidc_shelf_renew(struct oidc_shelf *shelf, oidc_shelf_load *load,
                          struct oidc_job *job);

/* Drops what is there. */
void oidc_shelf_clear(struct oidc_shelf *shelf);

#endif
