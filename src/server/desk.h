/* SPDX-License-Identifier: MIT */
/* The lasting things of one process that does work: connection, keys, cache
 * and the memory of the piece of work at hand. */
#ifndef GATEHOUSE_SERVER_DESK_H
#define GATEHOUSE_SERVER_DESK_H

#include "base/arena.h"
#include "base/err.h"
#include "domain/app_keys.h"
#include "domain/app_cache.h"
#include "domain/ctx.h"
#include "domain/keyring.h"
#include "domain/token_cache.h"
#include "server/service.h"
#include "store/db.h"

struct desk {
    struct arena *arena;
    struct db *db;
    struct keyring *keyring;
    struct token_cache *cache;
    struct app_keys *app_keys;
    struct app_cache *app_cache;
    struct ctx ctx; /* borrows the above */
};

/* Makes a desk for s (borrowed); the database is asked when first needed.
 * ERR_NO_MEMORY. Release with desk_close. */
enum err desk_open(const struct service *s, struct desk *d_r);

/* Ends a piece of work: its memory, its client and who it was done for. */
void desk_clear(struct desk *d);

/* Releases everything; safe on a zeroed one. */
void desk_close(struct desk *d);

#endif
