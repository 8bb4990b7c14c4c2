/* SPDX-License-Identifier: MIT */
/* Made after the fork: a connection or a keyring is never shared. */
#include "server/desk.h"

/* Parsed forms of a body, the answer and the rows take several times its
 * size; the rest is room for a list of sessions. */
#define DESK_ARENA ((size_t)4 << 20)
#define DESK_BODIES 4u

enum err desk_open(const struct service *s, struct desk *d_r)
{
    const struct config *c = s->config;
    struct desk d = {.arena = arena_new(
                         DESK_ARENA + DESK_BODIES * (size_t)c->http_max_body)};
    enum err e = d.arena == NULL ? ERR_NO_MEMORY : ERR_OK;

    if (e == ERR_OK)
        e = db_new(c, DB_SERVICE, &d.db);
    if (e == ERR_OK)
        e = keyring_new(&d.keyring);
    if (e == ERR_OK)
        e = token_cache_new((size_t)c->tokens_cache_size, &d.cache);
    if (e == ERR_OK)
        e = app_keys_new(&d.app_keys);
    if (e == ERR_OK)
        e = app_cache_new(&d.app_cache);
    if (e != ERR_OK) {
        desk_close(&d);
        return e;
    }
    d.ctx = (struct ctx){.config = c,
                         .db = d.db,
                         .keyring = d.keyring,
                         .cache = d.cache,
                         .app_keys = d.app_keys,
                         .app_cache = d.app_cache,
                         .sealer = s->sealer,
                         .hasher = s->hasher,
                         .clock = db_clock(d.db),
                         .arena = d.arena,
                         .client = {.device_type = STORE_OTHER},
                         .realm_id = STORE_REALM_DEFAULT};
    *d_r = d;
    return ERR_OK;
}

/* The texts of a client lie in the arena. */
void desk_clear(struct desk *d)
{
    arena_reset(d->arena);
    d->ctx.client = (struct client){.device_type = STORE_OTHER};
    d->ctx.actor = (struct str){NULL, 0};
    d->ctx.retry_after_s = 0;
}

void desk_close(struct desk *d)
{
    arena_free(&d->arena);
    token_cache_free(&d->cache);
    app_keys_free(&d->app_keys);
    app_cache_free(&d->app_cache);
    keyring_free(&d->keyring);
    db_free(&d->db);
}
