/* SPDX-License-Identifier: MIT */
/* The row of what is removed stays, under a name nobody can ask for: its number
 * stands in events, and in what other processes still know by it. */
#include "domain/app_tenants.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "domain/app_cache.h"
#include "domain/app_provider.h"
#include "domain/app_settings.h"
#include "store/store_app.h"

#define APP_CONFIG_MAX 8192 /* bytes of an application's settings */

/* What one transaction works on. */
struct put {
    struct ctx *c;
    const struct app *app; /* NULL: the application itself is put */
    struct str name, tenant;
    const struct app_change *change;
    bool *created_r;
    struct str *reason_r;
};

static enum err refuse(struct put *p, const char *reason)
{
    *p->reason_r = str_of(reason);
    return ERR_APP_CONFIG;
}

/* Words that begin addresses are nobody's name. */
static bool reserved(struct str name)
{
    static const char *const words[] = {"recipe", "config", "users", "hello"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_eq(name, str_of(words[i])))
            return true;
    return str_starts(name, STR("appid-"));
}

static bool is_public(const struct put *p)
{
    return str_eq(p->tenant, STR(APP_PUBLIC));
}

static enum err put_check(struct put *p, struct str core_config)
{
    const struct config *config = p->c->config;
    struct app_settings s =
        p->app == NULL ? app_settings_of(config) : p->app->settings;

    if (core_config.n > APP_CONFIG_MAX)
        return refuse(p, "Invalid core config: too long");
    return app_settings_check(config, p->c->arena, core_config, is_public(p), s,
                              p->reason_r);
}

static enum err put_merge(struct put *p, struct store_app *row)
{
    struct str text, hidden;
    enum err e;

    if (p->change->first_given)
        row->first_factors = p->change->first_factors;
    if (p->change->second_given)
        row->second_factors = p->change->second_factors;
    if (p->change->core_config.p == NULL)
        return ERR_OK;
    e = app_settings_hide(p->c->arena, p->change->core_config, &hidden,
                          p->reason_r);
    if (e == ERR_OK)
        e = app_settings_merge(p->c->arena, row->core_config, hidden, &text);
    if (e == ERR_OK)
        e = put_check(p, text);
    if (e == ERR_OK)
        row->core_config = text;
    return e;
}

/* A tenant begins with no way to sign in, an application with all. */
static enum err put_new(struct put *p)
{
    struct store_app row = {.app_id = p->app == NULL ? 0 : p->app->app_id,
                            .core_config = STR("{}")};
    int64_t realm_id;
    enum err e;

    if (!is_public(p))
        row.first_factors = STR("");
    e = put_merge(p, &row);
    if (e == ERR_OK)
        e = store_app_insert(p->c->db, p->name, p->tenant, &row, &realm_id);
    if (e == ERR_OK)
        *p->created_r = true;
    /* Somebody else has just made it. */
    return e == ERR_DUPLICATE_ROW ? ERR_RETRY : e;
}

static enum err put_work(void *data)
{
    struct put *p = data;
    struct store_app row;
    enum err e =
        store_app_lock(p->c->db, p->c->arena, p->name, p->tenant, &row);

    if (e == ERR_NO_ROW)
        return put_new(p);
    if (e == ERR_OK)
        e = put_merge(p, &row);
    if (e == ERR_OK)
        e = store_app_change(p->c->db, &row);
    if (e == ERR_OK)
        *p->created_r = false;
    return e;
}

static bool has_member(struct str object)
{
    struct json_walk w = json_walk(object);
    struct json_part part;

    return json_walk_next(&w, &part);
}

static enum err put(struct put *p)
{
    struct str given = is_public(p) && p->app == NULL ? p->name : p->tenant;
    enum err e;

    if (!app_name_fits(given) || reserved(given))
        return refuse(p, "A name is up to 64 of a-z, 0-9 and hyphens");
    /* Those of the first application are the configuration file's. */
    if (str_eq(p->name, STR(APP_PUBLIC)) && is_public(p) &&
        has_member(p->change->core_config))
        return refuse(p, "Cannot modify base config");
    e = db_transact(p->c->db, put_work, p);
    app_cache_clear(p->c->app_cache);
    return e;
}

enum err app_tenant_put(struct ctx *c, const struct app *app, struct str tenant,
                        const struct app_change *change, bool *created_r,
                        struct str *reason_r)
{
    struct put p = {c, app, app->name, tenant, change, created_r, reason_r};

    return put(&p);
}

enum err app_put(struct ctx *c, struct str name,
                 const struct app_change *change, bool *created_r,
                 struct str *reason_r)
{
    struct put p = {c,      NULL,      name,    STR(APP_PUBLIC),
                    change, created_r, reason_r};

    return put(&p);
}

static enum err tenant_of(struct ctx *c, const struct store_app_named *one,
                          struct app_tenant *tenant_r)
{
    struct str providers;
    enum err e = app_provider_open(c, one->row.realm_id,
                                   one->row.providers_sealed, &providers);

    if (e != ERR_OK)
        return e;
    *tenant_r = (struct app_tenant){.app = one->name,
                                    .tenant = one->tenant,
                                    .core_config = one->row.core_config,
                                    .first_factors = one->row.first_factors,
                                    .second_factors = one->row.second_factors,
                                    .providers = providers};
    return ERR_OK;
}

enum err app_tenant_read(struct ctx *c, const struct app *app,
                         struct app_tenant *tenant_r)
{
    struct store_app_named one = {.name = app->name, .tenant = app->tenant};
    enum err e =
        store_app_find(c->db, c->arena, app->name, app->tenant, &one.row);

    if (e != ERR_OK)
        return e == ERR_NO_ROW ? ERR_APP_UNKNOWN : e;
    return tenant_of(c, &one, tenant_r);
}

struct tenants {
    struct ctx *c;
    app_tenant_each *each;
    void *data;
};

static enum err tenants_one(void *data, const struct store_app_named *one)
{
    const struct tenants *t = data;
    struct app_tenant tenant;
    enum err e = tenant_of(t->c, one, &tenant);

    return e == ERR_OK ? t->each(t->data, &tenant) : e;
}

enum err app_tenant_list(struct ctx *c, const struct app *app,
                         app_tenant_each *each, void *data)
{
    struct tenants t = {c, each, data};

    return store_app_list(c->db, c->arena, app == NULL ? 0 : app->app_id,
                          tenants_one, &t);
}

/* A name nobody can ask for, since it has a dot. */
static enum err grave(struct ctx *c, int64_t realm_id, struct str *name_r)
{
    struct buf b = buf_new(c->arena);

    buf_char(&b, '.');
    buf_int(&b, realm_id);
    return buf_done(&b, name_r);
}

static enum err end_all(struct ctx *c, int64_t realm_id,
                        enum err (*few)(struct db *db, int64_t realm_id,
                                        bool *more_r))
{
    enum err e = ERR_OK;
    bool more = true;

    while (e == ERR_OK && more)
        e = few(c->db, realm_id, &more);
    return e;
}

/* Nobody may come in any more before what is there goes. */
enum err app_tenant_remove(struct ctx *c, const struct app *app,
                           struct str tenant, bool *did_r)
{
    struct store_app row;
    struct str name;
    enum err e;

    if (str_eq(tenant, STR(APP_PUBLIC)))
        return ERR_FORBIDDEN;
    e = store_app_find(c->db, c->arena, app->name, tenant, &row);
    if (e == ERR_NO_ROW) {
        *did_r = false;
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = grave(c, row.realm_id, &name);
    if (e == ERR_OK)
        e = store_app_rename(c->db, row.realm_id, app->name, name);
    if (e == ERR_OK)
        e = end_all(c, row.realm_id, store_app_end_tenant);
    app_cache_clear(c->app_cache);
    if (e == ERR_OK)
        *did_r = true;
    return e;
}

static enum err count_one(void *data, const struct store_app_named *one)
{
    (void)one;
    (*(size_t *)data)++;
    return ERR_OK;
}

enum err app_remove(struct ctx *c, struct str name, bool *did_r)
{
    struct store_app row;
    struct str other;
    size_t tenants = 0;
    enum err e;

    if (str_eq(name, STR(APP_PUBLIC)))
        return ERR_FORBIDDEN;
    e = store_app_find(c->db, c->arena, name, STR(APP_PUBLIC), &row);
    if (e == ERR_NO_ROW) {
        *did_r = false;
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = store_app_list(c->db, c->arena, row.app_id, count_one, &tenants);
    if (e == ERR_OK && tenants > 1)
        return ERR_FORBIDDEN;
    if (e == ERR_OK)
        e = grave(c, row.realm_id, &other);
    if (e == ERR_OK)
        e = store_app_rename(c->db, row.realm_id, other, STR(APP_PUBLIC));
    if (e == ERR_OK)
        e = end_all(c, row.realm_id, store_app_end_tenant);
    if (e == ERR_OK)
        e = end_all(c, row.realm_id, store_app_end);
    app_cache_clear(c->app_cache);
    if (e == ERR_OK)
        *did_r = true;
    return e;
}
