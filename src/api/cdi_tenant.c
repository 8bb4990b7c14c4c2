/* SPDX-License-Identifier: MIT */
/* Applications are managed by whoever asks for the first one, tenants by
 * whoever asks for an application's public one. */
#include "api/cdi_tenant.h"

#include "api/cdi.h"
#include "api/routes.h"
#include "base/json_read.h"
#include "domain/app_tenants.h"

/* Order of the declared fields (routes_cdi_app_fields.def). */
enum { FIELD_NAME, FIELD_CONFIG, FIELD_FIRST, FIELD_SECOND };
/* In older versions three switches stand behind the second. */
enum { FIELD_SWITCH = FIELD_FIRST, FIELD_SWITCHES = 3 };

/* What they switch. */
static const char *const switches[FIELD_SWITCHES] = {
    "emailpassword", "thirdparty", "otp-email otp-phone link-email link-phone"};

/* Names come in either case and with blanks around them. */
static enum err name_of(struct call *c, struct str *name_r)
{
    struct str text = str_trim(cdi_value(c, FIELD_NAME)->text);
    char *p = arena_strdup(c->ctx->arena, text);

    if (p == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < text.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] - 'A' + 'a');
    *name_r = (struct str){p, text.n};
    return ERR_OK;
}

static bool is_factor(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\')
            return false;
    return s.n > 0 && s.n <= 64;
}

/* An array of different names as words; null stands for what is not limited. */
static enum err factors_of(struct call *c, size_t field, bool *given_r,
                           struct str *words_r)
{
    const struct json_value *v = cdi_value(c, field);
    const char *name = c->route->fields[field].name;
    struct buf b = buf_new(c->ctx->arena);
    struct json_walk w = json_walk(v->text);
    struct json_part part;
    struct str text;

    *given_r = v->present;
    *words_r = (struct str){NULL, 0};
    if (!v->present || json_read_null(v->text))
        return ERR_OK;
    if (w.object || v->text.n == 0 || v->text.p[0] != '[')
        return cdi_field_wrong(c, name);
    while (json_walk_next(&w, &part)) {
        enum err e = json_read_text(c->ctx->arena, part.value, &text);

        if (e == ERR_NO_MEMORY)
            return e;
        if (e != ERR_OK || !is_factor(text) ||
            str_has_word((struct str){b.p, b.n}, text))
            return cdi_field_wrong(c, name);
        if (b.n > 0)
            buf_char(&b, ' ');
        buf_str(&b, text);
    }
    return buf_done(&b, words_r);
}

/* What older versions switch: all on by default for an application, all off for
 * a tenant. */
static enum err switches_of(struct call *c, bool fresh, struct str *words_r)
{
    struct buf b = buf_new(c->ctx->arena);

    for (size_t i = 0; i < FIELD_SWITCHES; i++) {
        const struct json_value *v = cdi_value(c, FIELD_SWITCH + i);

        if (!(v->present ? v->boolean : fresh))
            continue;
        if (b.n > 0)
            buf_char(&b, ' ');
        buf_text(&b, switches[i]);
    }
    return buf_done(&b, words_r);
}

/* What is to change, as one kind of version asks for it; `app`: what is not
 * switched is on. */
typedef enum err read_change(struct call *c, bool app,
                             struct app_change *change_r);

static enum err change_old(struct call *c, bool app,
                           struct app_change *change_r)
{
    struct app_change change = {.core_config =
                                    cdi_value(c, FIELD_CONFIG)->text};
    enum err e = ERR_OK;

    for (size_t i = 0; i < FIELD_SWITCHES; i++)
        change.first_given |= cdi_value(c, FIELD_SWITCH + i)->present;
    if (change.first_given)
        e = switches_of(c, app, &change.first_factors);
    if (e == ERR_OK)
        *change_r = change;
    return e;
}

static enum err change_v2(struct call *c, bool app, struct app_change *change_r)
{
    struct app_change change = {.core_config =
                                    cdi_value(c, FIELD_CONFIG)->text};
    enum err e =
        factors_of(c, FIELD_FIRST, &change.first_given, &change.first_factors);

    (void)app;
    if (e == ERR_OK)
        e = factors_of(c, FIELD_SECOND, &change.second_given,
                       &change.second_factors);
    if (e == ERR_OK && change.second_factors.p != NULL &&
        change.second_factors.n == 0)
        e = cdi_field_wrong(c, c->route->fields[FIELD_SECOND].name);
    if (e == ERR_OK)
        *change_r = change;
    return e;
}

/* Only whoever asks for the first application of all. */
static enum err first_only(struct call *c)
{
    return c->app.realm_id == STORE_REALM_DEFAULT ? ERR_OK
                                                  : ERR_CDI_TENANT_ONLY;
}

static enum err put_answer(struct call *c, enum err e, bool created,
                           struct str reason)
{
    if (e == ERR_APP_CONFIG)
        return cdi_bad(c, reason.p);
    if (e != ERR_OK)
        return e;
    return cdi_flag(c, "createdNew", created);
}

static enum err app_put_as(struct call *c, read_change *read)
{
    struct app_change change;
    struct str name, reason = {NULL, 0};
    bool created = false;
    enum err e = first_only(c);

    if (e == ERR_OK)
        e = name_of(c, &name);
    if (e == ERR_OK)
        e = read(c, true, &change);
    if (e == ERR_OK)
        e = app_put(c->ctx, name, &change, &created, &reason);
    return put_answer(c, e, created, reason);
}

static enum err tenant_put_as(struct call *c, read_change *read)
{
    struct app_change change;
    struct str name, reason = {NULL, 0};
    bool created = false;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = name_of(c, &name);
    if (e == ERR_OK)
        e = read(c, str_eq(name, STR(APP_PUBLIC)), &change);
    if (e == ERR_OK)
        e = app_tenant_put(c->ctx, &c->app, name, &change, &created, &reason);
    return put_answer(c, e, created, reason);
}

enum err cdi_tenant_app_put(struct call *c)
{
    return app_put_as(c, change_old);
}

enum err cdi_tenant_app_put_v2(struct call *c)
{
    return app_put_as(c, change_v2);
}

enum err cdi_tenant_put(struct call *c)
{
    return tenant_put_as(c, change_old);
}

enum err cdi_tenant_put_v2(struct call *c)
{
    return tenant_put_as(c, change_v2);
}

static enum err remove_answer(struct call *c, enum err e, bool did)
{
    if (e != ERR_OK)
        return e;
    return cdi_flag(c, "didExist", did);
}

enum err cdi_tenant_app_remove(struct call *c)
{
    struct str name;
    bool did = false;
    enum err e = first_only(c);

    if (e == ERR_OK)
        e = name_of(c, &name);
    if (e == ERR_OK)
        e = app_remove(c->ctx, name, &did);
    return remove_answer(c, e, did);
}

enum err cdi_tenant_remove(struct call *c)
{
    struct str name;
    bool did = false;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = name_of(c, &name);
    if (e == ERR_OK)
        e = app_tenant_remove(c->ctx, &c->app, name, &did);
    return remove_answer(c, e, did);
}

/* What is not limited is left out; SDKs take null for a list. */
static void put_factors(struct json_out *j, const struct app_tenant *t)
{
    if (t->first_factors.p != NULL)
        json_words(j, "firstFactors", t->first_factors);
    if (t->second_factors.p != NULL)
        json_words(j, "requiredSecondaryFactors", t->second_factors);
}

static void put_switch(struct json_out *j, const char *key, bool on)
{
    json_open(j, key, '{');
    json_bool(j, "enabled", on);
    json_close(j, '}');
}

static bool has(const struct app_tenant *t, const char *factor)
{
    return t->first_factors.p == NULL ||
           str_has_word(t->first_factors, str_of(factor));
}

/* The form of versions with three switches. */
static void put_old(struct json_out *j, const struct app_tenant *t)
{
    json_str(j, "tenantId", t->tenant);
    put_switch(j, "emailPassword", has(t, "emailpassword"));
    json_open(j, "thirdParty", '{');
    json_bool(j, "enabled", has(t, "thirdparty"));
    json_raw(j, "providers", t->providers);
    json_close(j, '}');
    put_switch(j, "passwordless",
               has(t, "otp-email") || has(t, "link-email") ||
                   has(t, "otp-phone") || has(t, "link-phone"));
    json_raw(j, "coreConfig", t->core_config);
    put_factors(j, t);
}

static void put_v2(struct json_out *j, const struct app_tenant *t)
{
    json_str(j, "tenantId", t->tenant);
    json_open(j, "thirdParty", '{');
    json_raw(j, "providers", t->providers);
    json_close(j, '}');
    put_factors(j, t);
    json_raw(j, "coreConfig", t->core_config);
}

typedef void put_tenant(struct json_out *j, const struct app_tenant *t);

/* A tenant that is not there is no error of the protocol here: SDKs ask whether
 * it is. */
static enum err tenant_get(struct call *c, put_tenant *put)
{
    struct app_tenant tenant;
    enum err e = cdi_admit(c);

    if (e == ERR_OK)
        e = app_tenant_read(c->ctx, &c->app, &tenant);
    if (e == ERR_APP_UNKNOWN)
        return cdi_status(c, "TENANT_NOT_FOUND_ERROR");
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    put(&c->res->json, &tenant);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_tenant_get(struct call *c)
{
    return tenant_get(c, put_old);
}

enum err cdi_tenant_get_v2(struct call *c)
{
    return tenant_get(c, put_v2);
}

struct list {
    struct json_out *j;
    put_tenant *put;
    struct str app; /* whose list is open; {NULL, 0}: none */
};

static enum err list_tenant(void *data, const struct app_tenant *t)
{
    const struct list *l = data;

    json_open(l->j, NULL, '{');
    l->put(l->j, t);
    json_close(l->j, '}');
    return ERR_OK;
}

static void list_close(const struct list *l)
{
    if (l->app.p == NULL)
        return;
    json_close(l->j, ']');
    json_close(l->j, '}');
}

static enum err list_app(void *data, const struct app_tenant *t)
{
    struct list *l = data;

    if (!str_eq(l->app, t->app)) {
        list_close(l);
        json_open(l->j, NULL, '{');
        json_str(l->j, "appId", t->app);
        json_open(l->j, "tenants", '[');
        l->app = t->app;
    }
    return list_tenant(l, t);
}

static enum err tenant_list(struct call *c, put_tenant *put)
{
    struct list l = {&c->res->json, put, {NULL, 0}};
    enum err e = cdi_public_only(c);

    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_open(l.j, "tenants", '[');
    e = app_tenant_list(c->ctx, &c->app, list_tenant, &l);
    json_close(l.j, ']');
    cdi_end(c);
    return e;
}

enum err cdi_tenant_list(struct call *c)
{
    return tenant_list(c, put_old);
}

enum err cdi_tenant_list_v2(struct call *c)
{
    return tenant_list(c, put_v2);
}

static enum err app_list(struct call *c, put_tenant *put)
{
    struct list l = {&c->res->json, put, {NULL, 0}};
    enum err e = first_only(c);

    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_open(l.j, "apps", '[');
    e = app_tenant_list(c->ctx, NULL, list_app, &l);
    list_close(&l);
    json_close(l.j, ']');
    cdi_end(c);
    return e;
}

enum err cdi_tenant_app_list(struct call *c)
{
    return app_list(c, put_old);
}

enum err cdi_tenant_app_list_v2(struct call *c)
{
    return app_list(c, put_v2);
}
