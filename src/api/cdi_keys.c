/* SPDX-License-Identifier: MIT */
/* Keys belong to an application, whichever tenant is named. */
#include "api/cdi_keys.h"

#include "api/cdi.h"
#include "domain/app_jwt.h"
#include "domain/app_keys.h"

/* Order of jwt_fields. */
enum { F_PAYLOAD, F_ALGORITHM, F_DOMAIN, F_VALIDITY, F_STATIC };

#define VALIDITY_MAX INT64_C(315360000000) /* seconds; later is no date */

/* The array of keys, as JSON. */
static enum err keys_text(struct call *c, struct str *text_r,
                          int64_t *max_age_r)
{
    struct buf keys = buf_new(c->ctx->arena);

    buf_char(&keys, '[');
    enum err e = app_keys_jwks(c->ctx, &c->app, &keys, max_age_r);

    buf_char(&keys, ']');
    return e == ERR_OK ? buf_done(&keys, text_r) : e;
}

static void answer(struct call *c, const char *status, struct str keys)
{
    cdi_begin(c, status);
    json_raw(&c->res->json, "keys", keys);
    cdi_end(c);
}

static enum err put_max_age(struct call *c, int64_t max_age)
{
    struct buf value = buf_new(c->ctx->arena);
    struct str text;

    buf_text(&value, "max-age=");
    buf_int(&value, max_age);
    buf_text(&value, ", must-revalidate");
    enum err e = buf_done(&value, &text);

    if (e == ERR_OK)
        http_response_field(c->res, "Cache-Control", text);
    return e;
}

enum err cdi_keys_published(struct call *c)
{
    struct str keys;
    int64_t max_age = 1;
    enum err e = cdi_admit_all(c);

    if (e == ERR_OK)
        e = keys_text(c, &keys, &max_age);
    if (e != ERR_OK)
        return e;
    answer(c, NULL, keys);
    return put_max_age(c, max_age);
}

enum err cdi_keys_list(struct call *c)
{
    struct str keys;
    int64_t max_age = 1;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = keys_text(c, &keys, &max_age);
    if (e == ERR_OK)
        answer(c, "OK", keys);
    return e;
}

enum err cdi_keys_sign(struct call *c)
{
    const struct json_value *fixed = cdi_value(c, F_STATIC);
    const struct app_jwt jwt = {
        .payload = cdi_value(c, F_PAYLOAD)->text,
        .issuer = cdi_value(c, F_DOMAIN)->text,
        .validity_s = cdi_value(c, F_VALIDITY)->integer,
        .fixed = !fixed->present || fixed->boolean,
    };
    struct str token;
    enum err e = cdi_public_only(c);

    if (e != ERR_OK)
        return e;
    if (!str_eq(cdi_value(c, F_ALGORITHM)->text, STR("RS256")))
        return cdi_status(c, "UNSUPPORTED_ALGORITHM_ERROR");
    if (jwt.validity_s <= 0 || jwt.validity_s > VALIDITY_MAX)
        return cdi_bad(c, "validity must be a number of seconds above 0");
    e = app_jwt_make(c->ctx, &c->app, &jwt, &token);
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_str(&c->res->json, "jwt", token);
    cdi_end(c);
    return ERR_OK;
}
