/* SPDX-License-Identifier: MIT */
/* Applications and tenants come and go. */
#ifndef GATEHOUSE_DOMAIN_APP_TENANTS_H
#define GATEHOUSE_DOMAIN_APP_TENANTS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"

/* One as its back end tells it. Texts in the arena. */
struct app_tenant {
    struct str app, tenant;
    struct str core_config;    /* JSON object: its own settings */
    struct str first_factors;  /* blank-separated; {NULL, 0}: all */
    struct str second_factors; /* the same; {NULL, 0}: none */
    struct str providers;      /* JSON array */
};

/* What is to be set; what is not given stays. */
struct app_change {
    struct str core_config; /* JSON object, null takes a setting away; {NULL,
                             * 0}: not given */
    bool first_given, second_given;
    struct str first_factors, second_factors; /* as in struct app_tenant */
};

/* Makes a tenant of app's application, whose public one app is, or changes it.
 * ERR_APP_CONFIG with *reason_r, also for a name that cannot be one. */
enum err app_tenant_put(struct ctx *c, const struct app *app, struct str tenant,
                        const struct app_change *change, bool *created_r,
                        struct str *reason_r);

/* The same of an application (of its public tenant). */
enum err app_put(struct ctx *c, struct str name,
                 const struct app_change *change, bool *created_r,
                 struct str *reason_r);

/* One tenant. */
enum err app_tenant_read(struct ctx *c, const struct app *app,
                         struct app_tenant *tenant_r);

/* Gets one tenant of a list. */
typedef enum err app_tenant_each(void *data, const struct app_tenant *tenant);

/* Calls each for the tenants of app's application, or with app NULL of every
 * one, those of an application together, its public one first. */
enum err app_tenant_list(struct ctx *c, const struct app *app,
                         app_tenant_each *each, void *data);

/* Removes a tenant with its sessions; its users stay the application's. *did_r
 * false: there was none. ERR_FORBIDDEN for the public one. */
enum err app_tenant_remove(struct ctx *c, const struct app *app,
                           struct str tenant, bool *did_r);

/* Removes an application with everything in it. *did_r false: there was none.
 * ERR_FORBIDDEN for the public one, and while it has further tenants. */
enum err app_remove(struct ctx *c, struct str name, bool *did_r);

#endif
