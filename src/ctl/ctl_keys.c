/* SPDX-License-Identifier: MIT */
/* Commands about signing keys and API keys. */
#include <stdio.h>

#include "ctl/commands.h"
#include "domain/api_key.h"
#include "domain/app_keys.h"
#include "domain/keyring.h"
#include "store/store_key.h"

#define DAY_S 86400

static struct str key_state(const struct store_key *k, int64_t now_us)
{
    if (k->revoked_us != 0)
        return STR("revoked");
    /* One that ends before it begins will never sign. */
    if (k->retired_us != 0 &&
        (k->retired_us <= now_us || k->retired_us <= k->active_us))
        return STR("retired");
    return k->active_us <= now_us ? STR("signing") : STR("published");
}

static enum err key_row(void *data, const struct store_key *k)
{
    struct ctl *c = data;

    ctl_row_begin(c);
    ctl_row_str(c, "kid", k->kid);
    ctl_row_str(c, "alg", k->alg);
    ctl_row_str(c, "state", key_state(k, clock_us(&c->ctx.clock)));
    ctl_row_time(c, "createdAt", k->created_us);
    ctl_row_time(c, "activeAt", k->active_us);
    ctl_row_time(c, "retiredAt", k->retired_us);
    ctl_row_time(c, "expiresAt", k->expires_us);
    return ctl_row_end(c);
}

static enum err app_key_row(void *data, const struct app_key_told *k)
{
    static const char *const states[] = {
        [APP_KEY_SIGNING] = "signing",
        [APP_KEY_PUBLISHED] = "published",
        [APP_KEY_RETIRED] = "retired",
        [APP_KEY_OVER] = "over",
    };
    struct ctl *c = data;

    ctl_row_begin(c);
    ctl_row_str(c, "kid", k->kid);
    ctl_row_str(c, "alg", STR("RS256"));
    ctl_row_str(c, "kind", k->fixed ? STR("static") : STR("dynamic"));
    ctl_row_str(c, "state", str_of(states[k->state]));
    ctl_row_time(c, "createdAt", k->created_us);
    return ctl_row_end(c);
}

static enum err app_named(struct ctl *c, const char *name, struct app *app_r)
{
    return app_find(&c->ctx, str_of(name), STR(APP_PUBLIC), app_r);
}

static enum ctl_exit app_keys_list(struct ctl *c, const char *name)
{
    struct app app;
    enum err e = app_named(c, name, &app);

    return ctl_result(
        c, e == ERR_OK ? app_keys_tell(&c->ctx, &app, app_key_row, c) : e,
        name);
}

enum ctl_exit ctl_keys_list(struct ctl *c, struct ctl_args *args)
{
    const char *app = ctl_take(args, "--app");

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    if (app != NULL)
        return app_keys_list(c, app);
    return ctl_result(
        c, store_key_list(c->ctx.db, c->ctx.arena, c->ctx.realm_id, key_row, c),
        "keys list");
}

enum ctl_exit ctl_keys_rotate(struct ctl *c, struct ctl_args *args)
{
    bool now = ctl_take_flag(args, "--now");
    bool changed;

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    return ctl_result(
        c, keyring_rotate(&c->ctx, now ? KEYRING_NOW : KEYRING_AHEAD, &changed),
        "keys rotate");
}

static enum ctl_exit app_keys_end(struct ctl *c, const char *name,
                                  struct str kid)
{
    struct app app;
    enum err e = app_named(c, name, &app);

    return ctl_result(c, e == ERR_OK ? app_keys_revoke(&c->ctx, &app, kid) : e,
                      e == ERR_OK ? kid.p : name);
}

enum ctl_exit ctl_keys_revoke(struct ctl *c, struct ctl_args *args)
{
    const char *app = NULL;

    /* One kid in 64 begins with '-', so that no option can be told from it;
     * an application's does not. */
    if (args->count == 3)
        app = ctl_take(args, "--app");
    if (args->count != 1)
        return CTL_USAGE;
    if (app != NULL)
        return app_keys_end(c, app, str_of(args->words[0]));
    return ctl_result(c, keyring_revoke(&c->ctx, str_of(args->words[0])),
                      args->words[0]);
}

enum ctl_exit ctl_api_key_create(struct ctl *c, struct ctl_args *args)
{
    const char *days = ctl_take(args, "--days");
    uint64_t n = 0;
    struct str text;
    struct id id;
    enum err e;

    if (!ctl_left(args, 1) ||
        (days != NULL && !str_uint(str_of(days), 36500, &n)))
        return CTL_USAGE;
    e = api_key_create(&c->ctx, str_of(args->words[0]), (int64_t)n * DAY_S,
                       &text, &id);
    if (e == ERR_OK) {
        ctl_row_begin(c);
        ctl_row_id(c, "id", &id);
        ctl_row_str(c, "key", text);
        e = ctl_row_end(c);
    }
    return ctl_result(c, e, "api-key create");
}

static enum err api_key_row(void *data, const struct store_api_key *k)
{
    struct ctl *c = data;

    ctl_row_begin(c);
    ctl_row_id(c, "id", &k->id);
    ctl_row_str(c, "name", k->name);
    ctl_row_time(c, "createdAt", k->created_us);
    ctl_row_time(c, "expiresAt", k->expires_us);
    ctl_row_time(c, "revokedAt", k->revoked_us);
    return ctl_row_end(c);
}

enum ctl_exit ctl_api_key_list(struct ctl *c, struct ctl_args *args)
{
    if (!ctl_left(args, 0))
        return CTL_USAGE;
    return ctl_result(c, api_key_list(&c->ctx, api_key_row, c), "api-key list");
}

enum ctl_exit ctl_api_key_revoke(struct ctl *c, struct ctl_args *args)
{
    struct id id;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    return ctl_result(c,
                      id_parse(str_of(args->words[0]), &id)
                          ? api_key_revoke(&c->ctx, &id)
                          : ERR_NOT_FOUND,
                      args->words[0]);
}
