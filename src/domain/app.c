/* SPDX-License-Identifier: MIT */
/* Where a name leads: one row by its unique key. */
#include "domain/app.h"

#include "crypto/secret.h"
#include "domain/app_cache.h"
#include "domain/app_settings.h"
#include "store/store_app.h"

#define APP_KEY_MIN 20 /* characters */

struct app_settings app_settings_of(const struct config *config)
{
    const int64_t us = CLOCK_SECOND;

    return (struct app_settings){
        .access_lifetime_s = config->cdi_access_lifetime,
        .refresh_lifetime_us = config->cdi_refresh_lifetime * us,
        .key_rotation_us = config->cdi_key_rotation * us,
        .key_overlap_us = 60 * us,
        .grace_s = config->cdi_grace_period,
        .reuse_unauthorised = config->cdi_reuse == REUSE_UNAUTHORISED,
        .reset_lifetime_us = config->cdi_reset_lifetime * us,
        .verify_lifetime_us = config->cdi_verify_lifetime * us,
        .totp_attempts = config->cdi_totp_attempts,
        .totp_cooldown_s = config->cdi_totp_cooldown,
        .password_hash = (enum config_password_hash)config->cdi_password_hash,
        .bcrypt_rounds = config->cdi_bcrypt_rounds,
    };
}

bool app_name_fits(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] >= 'a' && name.p[i] <= 'z') ||
              (name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '-'))
            return false;
    return name.n > 0 && name.n <= APP_NAME_MAX;
}

enum err app_find(struct ctx *c, struct str name, struct str tenant,
                  struct app *app_r)
{
    struct app app = {.app_id = STORE_REALM_DEFAULT,
                      .realm_id = STORE_REALM_DEFAULT,
                      .name = name,
                      .tenant = tenant,
                      .settings = app_settings_of(c->config)};
    struct store_app row;

    /* The name of a removed one is no name (app_tenants.c). */
    if (!app_name_fits(name) || !app_name_fits(tenant))
        return ERR_APP_UNKNOWN;
    /* Its settings are the configuration's, so nothing need be asked. */
    if (str_eq(name, STR(APP_PUBLIC)) && str_eq(tenant, STR(APP_PUBLIC))) {
        *app_r = app;
        return ERR_OK;
    }
    if (app_cache_get(c->app_cache, &app)) {
        *app_r = app;
        return ERR_OK;
    }
    enum err e = store_app_find(c->db, c->arena, name, tenant, &row);

    if (e != ERR_OK)
        return e == ERR_NO_ROW ? ERR_APP_UNKNOWN : e;
    app.app_id = row.app_id;
    app.realm_id = row.realm_id;
    /* The first application's are the configuration itself. */
    app_settings_lay(c->config, c->arena, row.app_config, true, &app.settings);
    if (row.realm_id != row.app_id)
        app_settings_lay(c->config, c->arena, row.core_config, false,
                         &app.settings);
    app_cache_put(c->app_cache, &app);
    *app_r = app;
    return ERR_OK;
}

enum err app_tenant(struct ctx *c, const struct app *app, struct str tenant,
                    struct app *app_r)
{
    if (str_eq(tenant, app->tenant)) {
        *app_r = *app;
        return ERR_OK;
    }
    return app_find(c, app->name, tenant, app_r);
}

enum err app_key_check(const struct ctx *c, struct str shown)
{
    const struct config_secret *file = &c->config->cdi_api_keys_file;
    struct str rest = {file->value, file->n};
    bool any = false, fits = false;

    while (rest.p != NULL) {
        struct str key = str_trim(str_cut(&rest, '\n'));

        if (key.n < APP_KEY_MIN)
            continue;
        any = true;
        fits |= key.n == shown.n && secret_eq(key.p, shown.p, key.n);
    }
    if (!any && c->config->cdi_open)
        return ERR_OK;
    return fits ? ERR_OK : ERR_CDI_KEY;
}

enum err app_own_key_check(const struct ctx *c, const struct app *app,
                           struct str shown)
{
    const struct app_settings *s = &app->settings;
    struct digest d;
    bool fits = false;

    if (s->own_key_count == 0)
        return app_key_check(c, shown);
    if (digest_sha256(shown, &d) != ERR_OK)
        return ERR_CDI_KEY;
    for (size_t i = 0; i < s->own_key_count; i++)
        fits |= secret_eq(s->own_keys[i].b, d.b, DIGEST_LEN);
    return fits ? ERR_OK : ERR_CDI_KEY;
}
