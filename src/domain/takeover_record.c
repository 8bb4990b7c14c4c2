/* SPDX-License-Identifier: MIT */
/* What back ends keep of users, by whatever they call them. */
#include "domain/takeover_work.h"

#include "crypto/totp.h"
#include "domain/app_totp_row.h"

#define NAME_MAX_BYTES 255

/* Do they fit their columns? */
static bool names_fit(struct takeover_work *w, struct str one, struct str other)
{
    if (one.n <= NAME_MAX_BYTES && other.n <= NAME_MAX_BYTES)
        return true;
    w->reason = "its name is too long";
    return false;
}

enum err takeover_take_metadata(struct takeover_work *w,
                                const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, STR(""));
    struct store_put_text t = {
        .name = row->id, .text = row->text, .replace = w->options->replace};

    if (app == NULL || !takeover_user_fits(w, row->id) ||
        !takeover_object(w, row->text))
        return ERR_OK;
    t.realm_id = app->app_id;
    return store_put_metadata(w->c->db, &t, &w->done);
}

enum err takeover_take_role(struct takeover_work *w,
                            const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, STR(""));
    struct store_put_text t = {.name = row->id};

    if (app == NULL || !names_fit(w, row->id, row->id))
        return ERR_OK;
    t.realm_id = app->app_id;
    return store_put_role(w->c->db, &t, &w->done);
}

enum err takeover_take_permission(struct takeover_work *w,
                                  const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, STR(""));
    struct store_put_text t = {.name = row->id, .more = row->name};

    if (app == NULL || !names_fit(w, row->id, row->name))
        return ERR_OK;
    t.realm_id = app->app_id;
    return store_put_permission(w->c->db, &t, &w->done);
}

enum err takeover_take_user_role(struct takeover_work *w,
                                 const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, row->tenant);
    struct store_put_text t = {.name = row->id, .more = row->name};

    if (app == NULL || !takeover_user_fits(w, row->id) ||
        !names_fit(w, row->name, row->name))
        return ERR_OK;
    t.realm_id = app->realm_id;
    t.app_id = app->app_id;
    return store_put_user_role(w->c->db, &t, &w->done);
}

/* The secret comes as base32. */
static enum err device_seal(struct ctx *c, struct str text,
                            struct store_put_device *d)
{
    struct str place, secret;
    enum err e = totp_unbase32(c->arena, text, &secret);

    if (e == ERR_OK)
        e = id_new(clock_us(&c->clock), &d->id);
    if (e == ERR_OK)
        e = app_totp_place(c, &d->id, &place);
    return e != ERR_OK ? e
                       : seal(c->sealer, c->arena, SEAL_TOTP, place, secret,
                              &d->secret_sealed);
}

enum err takeover_take_device(struct takeover_work *w,
                              const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, STR(""));
    struct store_put_device d = {.user = row->id,
                                 .name = row->name,
                                 .period_s = row->period,
                                 .skew = row->skew,
                                 .created_us = row->at_ms * 1000,
                                 .verified = row->flag != 0,
                                 .replace = w->options->replace};

    if (app == NULL || !takeover_user_fits(w, row->id) ||
        !names_fit(w, row->name, row->name))
        return ERR_OK;
    d.app_id = app->app_id;
    enum err e = device_seal(w->c, row->text, &d);

    if (e == ERR_VALIDATION) {
        w->reason = "its secret is none";
        return ERR_OK;
    }
    return e == ERR_OK ? store_put_device(w->c->db, &d, &w->done) : e;
}
