/* SPDX-License-Identifier: MIT */
/* Re-sealing of everything at rest under the newest sealing key, in pieces
 * between which anybody may be killed, while the service goes on. */
#ifndef GATEHOUSE_DOMAIN_RESEAL_H
#define GATEHOUSE_DOMAIN_RESEAL_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "store/store_sealed.h"

/* The piece of the work that publishes a new signing key. */
#define RESEAL_NEXT_KEY "signing-key"

/* Orders the work: every sealed column, and a new signing key published ahead.
 * The janitor does it. subject: who orders it ({NULL, 0}: the operator).
 * ERR_SECRET_ROTATION while an order is under way. */
enum err reseal_start(struct ctx *c, struct str subject);

/* One piece of the work, if there is any. *more_r: there is more. *foreign_r:
 * these processes lack the key it is for; another host may have it. Safe beside
 * others that do the same. */
enum err reseal_step(struct ctx *c, bool *more_r, bool *foreign_r);

/* What is known of the work; calls each by name. */
enum err reseal_status(struct ctx *c,
                       enum err (*each)(void *data,
                                        const struct store_resealing *r),
                       void *data);

/* Values of a column under one key. */
struct reseal_use {
    enum store_sealed column;
    struct str key_id; /* {NULL, 0}: not even the form is right */
    int64_t values;
    int64_t broken; /* of them, those that do not open */
};

/* Looks at every sealed value: calls each per column and key found there.
 * Resets the arena; texts live until the call returns. */
enum err reseal_survey(struct ctx *c,
                       enum err (*each)(void *data,
                                        const struct reseal_use *use),
                       void *data);

#endif
