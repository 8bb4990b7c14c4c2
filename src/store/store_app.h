/* SPDX-License-Identifier: MIT */
/* Rows of realm as applications and tenants, without rules. */
#ifndef GATEHOUSE_STORE_STORE_APP_H
#define GATEHOUSE_STORE_STORE_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "store/db.h"

/* A tenant's row. */
struct store_app {
    int64_t realm_id, app_id;
    struct str core_config;      /* JSON object: the tenant's own */
    struct str app_config;       /* the same of its application */
    struct str first_factors;    /* blank-separated; {NULL, 0}: all */
    struct str second_factors;   /* the same; {NULL, 0}: none */
    struct str providers_sealed; /* {NULL, 0}: none */
};

/* The tenant of that name of the application of that name. ERR_NO_ROW. */
enum err store_app_find(struct db *db, struct arena *a, struct str name,
                        struct str tenant, struct store_app *row_r);

/* The same, of its own row alone, locked; app_config is its own too.
 * ERR_NO_ROW. */
enum err store_app_lock(struct db *db, struct arena *a, struct str name,
                        struct str tenant, struct store_app *row_r);

/* A tenant in a list: its names beside its row, whose app_id and app_config
 * are not told. */
struct store_app_named {
    struct str name, tenant;
    struct store_app row;
};

/* Gets one. */
typedef enum err store_app_each(void *data, const struct store_app_named *one);

/* Calls each for the tenants of an application (app_id 0: of every one), those
 * of one application together, the public one first. */
enum err store_app_list(struct db *db, struct arena *a, int64_t app_id,
                        store_app_each *each, void *data);

/* Makes a tenant of row->app_id (0: it is the public tenant of a new
 * application) and gives its realm. In a transaction. ERR_DUPLICATE_ROW. */
enum err store_app_insert(struct db *db, struct str name, struct str tenant,
                          const struct store_app *row, int64_t *realm_id_r);

/* Writes core_config and factors of row->realm_id. */
enum err store_app_change(struct db *db, const struct store_app *row);

/* Writes a tenant's providers; {NULL, 0}: none. */
enum err store_app_providers(struct db *db, int64_t realm_id,
                             struct str sealed);

/* Gives a tenant's row other names. */
enum err store_app_rename(struct db *db, int64_t realm_id, struct str name,
                          struct str tenant);

/* Deletes a few rows of what a removed tenant leaves behind; *more_r: there may
 * be more of them. */
enum err store_app_end_tenant(struct db *db, int64_t realm_id, bool *more_r);

/* The same of a removed application, users and keys among it. */
enum err store_app_end(struct db *db, int64_t app_id, bool *more_r);

#endif
