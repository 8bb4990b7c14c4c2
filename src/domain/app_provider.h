/* SPDX-License-Identifier: MIT */
/* Providers of sign-in that a back end keeps with a tenant: JSON it has made
 * and gets back as it was. Their secrets stand in it, so it is sealed. */
#ifndef GATEHOUSE_DOMAIN_APP_PROVIDER_H
#define GATEHOUSE_DOMAIN_APP_PROVIDER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"

/* The JSON array that is sealed in a tenant's row; "[]" for {NULL, 0}.
 * ERR_INTERNAL when it does not open. */
enum err app_provider_open(struct ctx *c, int64_t realm_id, struct str sealed,
                           struct str *array_r);

/* Puts config, a judged JSON object, in the place of app's tenant's provider of
 * that id or behind the others; config {NULL, 0} takes it away. *was_r: there
 * was one. ERR_BODY_TOO_LARGE. */
enum err app_provider_put(struct ctx *c, const struct app *app, struct str id,
                          struct str config, bool *was_r);

#endif
