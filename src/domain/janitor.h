/* SPDX-License-Identifier: MIT */
/* The background job: rotates keys, seals anew, deletes what is over, once over
 * all hosts by a lease. */
#ifndef GATEHOUSE_DOMAIN_JANITOR_H
#define GATEHOUSE_DOMAIN_JANITOR_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/ctx.h"

/* One piece of the job if this owner holds the lease: rotation when due, then
 * at most one batch per kind of row and a few pieces of re-sealing. *more_r:
 * there is more to do, come soon. Resets the arena. ERR_OK also when another
 * host holds the lease. */
enum err janitor_tick(struct ctx *c, const struct id *owner, bool *more_r);

/* Gives the lease away at the end of a process, so that its successor need not
 * wait for it to run out; best effort. */
void janitor_leave(struct ctx *c, const struct id *owner);

/* Deletes everything that is over, batch by batch (gatehousectl purge);
 * *count_r rows. */
enum err janitor_purge(struct ctx *c, uint64_t *count_r);

#endif
