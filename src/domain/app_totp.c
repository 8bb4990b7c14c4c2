/* SPDX-License-Identifier: MIT */
/* Devices are made, named and removed here; app_totp_verify.c judges codes. */
#include "domain/app_totp.h"

#include "base/buf.h"
#include "crypto/totp.h"
#include "domain/app_totp_row.h"
#include "domain/app_user.h"
#include "store/store_app_totp.h"

#define NAME_PREFIX "TOTP Device "
#define SECRET_MAX 256 /* bytes */

enum err app_totp_owner(struct ctx *c, const struct app *app,
                        struct str user_id, struct store_app_owner *owner_r)
{
    struct app_user_ref ref;
    enum err e = app_user_ref(c, app, user_id, &ref);

    if (e == ERR_OK)
        *owner_r = (struct store_app_owner){app->app_id, ref.user_id};
    return e;
}

enum err app_totp_place(struct ctx *c, const struct id *id, struct str *place_r)
{
    struct buf b = buf_new(c->arena);

    buf_put(&b, id->b, sizeof(id->b));
    buf_text(&b, APP_TOTP_SECRET);
    return buf_done(&b, place_r);
}

static enum err secret_of(struct ctx *c, const struct app_totp_new *n,
                          struct str *secret_r)
{
    uint8_t *fresh;
    enum err e;

    if (n->secret.p != NULL) {
        e = totp_unbase32(c->arena, n->secret, secret_r);
        return e == ERR_OK && secret_r->n > SECRET_MAX ? ERR_VALIDATION : e;
    }
    fresh = arena_alloc(c->arena, TOTP_SECRET_LEN);
    if (fresh == NULL)
        return ERR_NO_MEMORY;
    e = totp_secret_new(fresh);
    if (e == ERR_OK)
        *secret_r = (struct str){(const char *)fresh, TOTP_SECRET_LEN};
    return e;
}

static enum err device_seal(struct ctx *c, struct str secret,
                            struct store_app_device *row)
{
    struct str place;
    enum err e = id_new(row->created_us, &row->id);

    if (e == ERR_OK)
        e = app_totp_place(c, &row->id, &place);
    return e != ERR_OK ? e
                       : seal(c->sealer, c->arena, SEAL_TOTP, place, secret,
                              &row->secret_sealed);
}

static enum err count_verified(void *data, const struct store_app_device *row)
{
    int64_t *count = data;

    *count += row->verified ? 1 : 0;
    return ERR_OK;
}

/* The first free number behind those of the devices that are proved. */
static enum err put_numbered(struct ctx *c, const struct store_app_owner *owner,
                             struct store_app_device *row)
{
    int64_t number = 0;
    bool done = false;
    enum err e = store_app_totp_list(c->db, c->arena, owner, false,
                                     count_verified, &number);

    while (e == ERR_OK && !done) {
        struct buf b = buf_new(c->arena);

        buf_text(&b, NAME_PREFIX);
        buf_int(&b, number++);
        e = buf_done(&b, &row->name);
        if (e == ERR_OK)
            e = store_app_totp_put(c->db, owner, row, &done);
    }
    return e;
}

static enum err put_named(struct ctx *c, const struct store_app_owner *owner,
                          const struct store_app_device *row)
{
    bool done = false;
    enum err e = store_app_totp_put(c->db, owner, row, &done);

    return e == ERR_OK && !done ? ERR_APP_DEVICE_EXISTS : e;
}

enum err app_totp_make(struct ctx *c, const struct app *app,
                       const struct app_totp_new *n, struct str *name_r,
                       struct str *secret_r)
{
    struct store_app_device row = {.name = n->name,
                                   .period_s = n->period_s,
                                   .skew = n->skew,
                                   .verified = n->verified,
                                   .created_us = clock_us(&c->clock)};
    struct store_app_owner owner;
    struct str secret, text;
    enum err e = app_totp_owner(c, app, n->user_id, &owner);

    if (e == ERR_OK)
        e = secret_of(c, n, &secret);
    if (e == ERR_OK)
        e = device_seal(c, secret, &row);
    if (e == ERR_OK)
        e = totp_base32(c->arena, (const uint8_t *)secret.p, secret.n, &text);
    if (e == ERR_OK)
        e = n->name.p == NULL ? put_numbered(c, &owner, &row)
                              : put_named(c, &owner, &row);
    if (e != ERR_OK)
        return e;
    *name_r = row.name;
    *secret_r = text;
    return ERR_OK;
}

enum err app_totp_rename(struct ctx *c, const struct app *app,
                         struct str user_id, struct str from, struct str to)
{
    struct store_app_owner owner;
    bool done = false;
    enum err e = app_totp_owner(c, app, user_id, &owner);

    if (e == ERR_OK)
        e = store_app_totp_rename(c->db, &owner, from, to, &done);
    /* It may have that name already. */
    if (e == ERR_OK && !done)
        e = store_app_totp_there(c->db, &owner, from);
    if (e == ERR_NO_ROW)
        return ERR_APP_DEVICE_UNKNOWN;
    return e == ERR_DUPLICATE_ROW ? ERR_APP_DEVICE_EXISTS : e;
}

enum err app_totp_remove(struct ctx *c, const struct app *app,
                         struct str user_id, struct str name, bool *done_r)
{
    struct store_app_owner owner;
    enum err e = app_totp_owner(c, app, user_id, &owner);

    return e != ERR_OK ? e : store_app_totp_remove(c->db, &owner, name, done_r);
}

struct listing {
    enum err (*each)(void *data, const struct app_totp_device *device);
    void *data;
};

static enum err listing_row(void *data, const struct store_app_device *row)
{
    const struct listing *l = data;
    const struct app_totp_device device = {row->name, row->period_s, row->skew,
                                           row->verified};

    return l->each(l->data, &device);
}

enum err app_totp_list(struct ctx *c, const struct app *app, struct str user_id,
                       enum err (*each)(void *data,
                                        const struct app_totp_device *device),
                       void *data)
{
    struct listing l = {each, data};
    struct store_app_owner owner;
    enum err e = app_totp_owner(c, app, user_id, &owner);

    return e != ERR_OK ? e
                       : store_app_totp_list(c->db, c->arena, &owner, false,
                                             listing_row, &l);
}
