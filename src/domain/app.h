/* SPDX-License-Identifier: MIT */
/* Applications and their tenants, as back ends name them (CDI). A tenant is a
 * realm; what an application's tenants share stands in the realm of the tenant
 * "public". */
#ifndef GATEHOUSE_DOMAIN_APP_H
#define GATEHOUSE_DOMAIN_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "domain/ctx.h"

#define APP_PUBLIC "public" /* name of the first application and tenant */
#define APP_OWN_KEYS_MAX 8  /* keys of its own */
#define APP_NAME_MAX 64     /* bytes of an application's or a tenant's name */

/* What may differ from one application to the next: the configuration, with the
 * application's and the tenant's own settings laid over it. */
struct app_settings {
    int64_t access_lifetime_s;
    int64_t refresh_lifetime_us;
    int64_t jitter_ppm; /* access tokens live up to that much shorter */
    int64_t key_rotation_us, key_overlap_us;
    int64_t grace_s;
    bool reuse_unauthorised; /* else theft */
    int64_t reset_lifetime_us, verify_lifetime_us;
    int64_t totp_attempts, totp_cooldown_s;
    enum config_password_hash password_hash;
    int64_t bcrypt_rounds;
    /* Hashes of the keys that open this application, and no other does; none:
     * the configured ones open it. */
    size_t own_key_count;
    struct digest own_keys[APP_OWN_KEYS_MAX];
};

/* One tenant of one application. Texts in the arena. */
struct app {
    int64_t app_id;   /* realm of its tenant "public" */
    int64_t realm_id; /* realm of the tenant */
    struct str name, tenant;
    struct app_settings settings;
};

/* Can it be a name: lower-case letters, digits and hyphens? */
bool app_name_fits(struct str name);

/* The tenant of that name of the application of that name.
 * ERR_APP_UNKNOWN. */
enum err app_find(struct ctx *c, struct str name, struct str tenant,
                  struct app *app_r);

/* Another tenant of the same application. ERR_APP_UNKNOWN. */
enum err app_tenant(struct ctx *c, const struct app *app, struct str tenant,
                    struct app *app_r);

/* Is shown one of the configured keys of back ends? All are compared, whichever
 * fits. ERR_CDI_KEY, also when there is none, unless cdi.open. */
enum err app_key_check(const struct ctx *c, struct str shown);

/* Is shown a key that opens app: one of its own, or where it has none one of
 * the configured. ERR_CDI_KEY. */
enum err app_own_key_check(const struct ctx *c, const struct app *app,
                           struct str shown);

/* The settings of the configuration alone. */
struct app_settings app_settings_of(const struct config *config);

#endif
