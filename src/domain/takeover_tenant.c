/* SPDX-License-Identifier: MIT */
/* Applications and tenants, and which of their settings mean something here.
 * The rest says where databases are, with their passwords. */
#include "base/buf.h"
#include "base/json_read.h"
#include "domain/takeover_work.h"
#include "store/store_app.h"

static const char *const settings[] = {
    "access_token_validity",
    "refresh_token_validity",
    "access_token_dynamic_signing_key_update_interval",
    "access_token_signing_key_update_interval",
    "refresh_token_rotation_grace_period",
    "access_token_validity_jitter",
    "recent_token_reuse_behaviour",
    "password_reset_token_lifetime",
    "email_verification_token_lifetime",
    "totp_max_attempts",
    "totp_rate_limit_cooldown_sec",
    "password_hashing_alg",
    "bcrypt_log_rounds",
};

static bool is_setting(struct str key)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (str_eq(key, str_of(settings[i])))
            return true;
    return false;
}

static enum err settings_kept(struct arena *a, struct str text,
                              struct str *kept_r)
{
    struct json_walk walk = json_walk(text);
    struct buf b = buf_new(a);
    struct json_part part;

    buf_char(&b, '{');
    while (json_walk_next(&walk, &part)) {
        if (!is_setting(part.key))
            continue;
        if (b.n > 1)
            buf_char(&b, ',');
        buf_char(&b, '"');
        buf_str(&b, part.key);
        buf_text(&b, "\":");
        buf_str(&b, part.value);
    }
    buf_char(&b, '}');
    return buf_done(&b, kept_r);
}

/* Remembered for what follows. */
static enum err tenant_list(struct takeover_work *w,
                            const struct store_source_row *row,
                            const struct store_app *found)
{
    struct takeover_tenant *t = arena_alloc(w->lasting, sizeof(*t));

    if (t == NULL)
        return ERR_NO_MEMORY;
    *t = (struct takeover_tenant){
        .app = {.app_id = found->app_id,
                .realm_id = found->realm_id,
                .name = arena_str(w->lasting, row->app),
                .tenant = arena_str(w->lasting, row->tenant),
                .settings = app_settings_of(w->c->config)},
        .next = w->tenants};
    if (t->app.name.p == NULL || t->app.tenant.p == NULL)
        return ERR_NO_MEMORY;
    w->tenants = t;
    return ERR_OK;
}

static enum err tenant_put(struct takeover_work *w,
                           const struct store_source_row *row,
                           const struct store_put_tenant *t)
{
    struct db *db = w->c->db;
    struct store_app found;
    enum err e = store_app_find(db, w->c->arena, row->app, row->tenant, &found);

    if (e == ERR_NO_ROW) {
        e = store_put_tenant(db, t);
        w->done = STORE_PUT_ADDED;
    } else if (e == ERR_OK && w->options->replace) {
        e = store_put_tenant_change(db, found.realm_id, t, &w->done);
    }
    if (e == ERR_OK)
        e = store_app_find(db, w->c->arena, row->app, row->tenant, &found);
    return e == ERR_OK ? tenant_list(w, row, &found) : e;
}

static bool is_name(struct str name)
{
    return name.n > 0 && name.n <= APP_NAME_MAX;
}

enum err takeover_take_tenant(struct takeover_work *w,
                              const struct store_source_row *row)
{
    struct store_put_tenant t = {.app = row->app,
                                 .tenant = row->tenant,
                                 .created_us = row->at_ms * 1000};
    bool first = str_eq(row->tenant, STR(APP_PUBLIC));

    if (!is_name(row->app) || !is_name(row->tenant)) {
        w->reason = "its name is too long";
        return ERR_OK;
    }
    if (!takeover_object(w, row->text))
        return ERR_OK;
    if (!first) {
        const struct app *app = takeover_app(w, row->app, STR(APP_PUBLIC));

        if (app == NULL)
            return ERR_OK;
        t.app_id = app->app_id;
    }
    if (row->flag == 0)
        t.first_factors = row->name;
    if (row->more.n > 0)
        t.second_factors = row->more;
    enum err e = settings_kept(w->c->arena, row->text, &t.core_config);

    return e == ERR_OK ? tenant_put(w, row, &t) : e;
}
