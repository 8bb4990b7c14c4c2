/* SPDX-License-Identifier: MIT */
/* A direct-mapped table, as the cache of tokens is. */
#include "domain/app_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define APP_CACHE_SLOTS 64u
#define APP_CACHE_AGE_US CLOCK_SECOND

struct app_cache_slot {
    int64_t until_us; /* monotonic; 0: empty */
    int64_t app_id, realm_id;
    struct app_settings settings;
    size_t name_n, tenant_n;
    char name[APP_NAME_MAX], tenant[APP_NAME_MAX];
};

struct app_cache {
    struct app_cache_slot slots[APP_CACHE_SLOTS];
};

enum err app_cache_new(struct app_cache **cache_r)
{
    struct app_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return ERR_NO_MEMORY;
    *cache_r = cache;
    return ERR_OK;
}

void app_cache_free(struct app_cache **cache)
{
    free(*cache);
    *cache = NULL;
}

/* FNV-1a. */
static uint32_t mix(uint32_t h, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * UINT32_C(16777619);
    return h;
}

static size_t place(const struct app *app)
{
    return mix(mix(UINT32_C(2166136261), app->name) ^ '/', app->tenant) %
           APP_CACHE_SLOTS;
}

bool app_cache_get(const struct app_cache *cache, struct app *app)
{
    const struct app_cache_slot *slot;

    if (cache == NULL)
        return false;
    slot = &cache->slots[place(app)];
    if (slot->until_us <= clock_monotonic_us() ||
        !str_eq((struct str){slot->name, slot->name_n}, app->name) ||
        !str_eq((struct str){slot->tenant, slot->tenant_n}, app->tenant))
        return false;
    app->app_id = slot->app_id;
    app->realm_id = slot->realm_id;
    app->settings = slot->settings;
    return true;
}

void app_cache_put(struct app_cache *cache, const struct app *app)
{
    struct app_cache_slot *slot;

    if (cache == NULL || app->name.n > APP_NAME_MAX ||
        app->tenant.n > APP_NAME_MAX)
        return;
    slot = &cache->slots[place(app)];
    *slot = (struct app_cache_slot){.until_us =
                                        clock_monotonic_us() + APP_CACHE_AGE_US,
                                    .app_id = app->app_id,
                                    .realm_id = app->realm_id,
                                    .settings = app->settings,
                                    .name_n = app->name.n,
                                    .tenant_n = app->tenant.n};
    memcpy(slot->name, app->name.p, app->name.n);
    memcpy(slot->tenant, app->tenant.p, app->tenant.n);
}

void app_cache_clear(struct app_cache *cache)
{
    if (cache != NULL)
        memset(cache, 0, sizeof(*cache));
}
