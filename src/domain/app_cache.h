/* SPDX-License-Identifier: MIT */
/* Applications and tenants a process has looked up: a back end asks for the
 * same few all day, and most of what it asks needs no database otherwise. What
 * another process changes is seen a second later. */
#ifndef GATEHOUSE_DOMAIN_APP_CACHE_H
#define GATEHOUSE_DOMAIN_APP_CACHE_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/app.h"

struct app_cache; /* slots, per process */

/* An empty one. ERR_NO_MEMORY. */
enum err app_cache_new(struct app_cache **cache_r);

/* Frees and NULLs *cache; safe on NULL. */
void app_cache_free(struct app_cache **cache);

/* Fills in ids and settings of app by its names; false: not known. cache may
 * be NULL. */
bool app_cache_get(const struct app_cache *cache, struct app *app);

/* Remembers app for a second; cache may be NULL. */
void app_cache_put(struct app_cache *cache, const struct app *app);

/* Forgets everything: something has changed here; cache may be NULL. */
void app_cache_clear(struct app_cache *cache);

#endif
