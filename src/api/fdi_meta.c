/* SPDX-License-Identifier: MIT */
/* What anybody may know: how to sign in, and by which keys tokens verify. */
#include "api/fdi.h"
#include "api/fdi_factors.h"
#include "api/fdi_routes.h"
#include "base/buf.h"
#include "domain/app_keys.h"

#define JWKS "/jwt/jwks.json"

static void put_switch(struct json_out *j, const char *key, bool on)
{
    json_open(j, key, '{');
    json_bool(j, "enabled", on);
    json_close(j, '}');
}

enum err fdi_meta_methods(struct call *c)
{
    struct json_out *j = &c->res->json;
    struct str factors;
    enum err e = fdi_admit(c);

    if (e == ERR_OK)
        e = fdi_factors(c, &factors);
    if (e != ERR_OK)
        return e;
    fdi_begin(c, "OK");
    put_switch(j, "emailPassword", str_has_word(factors, STR(FDI_PASSWORD)));
    put_switch(j, "passwordless", false);
    put_switch(j, "webauthn", false);
    json_open(j, "thirdParty", '{');
    json_bool(j, "enabled", false);
    json_open(j, "providers", '[');
    json_close(j, ']');
    json_close(j, '}');
    json_words(j, "firstFactors", factors);
    fdi_end(c);
    return ERR_OK;
}

/* Everybody may read it, so no origin is named. */
static void open_to_all(struct call *c)
{
    http_response_reset(c->res, 200);
    http_response_field(c->res, "Access-Control-Allow-Origin", STR("*"));
}

enum err fdi_meta_jwks(struct call *c)
{
    struct buf age = buf_new(c->ctx->arena);
    struct str text;
    int64_t max_age = 0;
    enum err e = fdi_admit(c);

    if (e != ERR_OK)
        return e;
    open_to_all(c);
    fdi_begin(c, NULL);
    json_open(&c->res->json, "keys", '[');
    e = app_keys_jwks(c->ctx, &c->app, &c->res->body, &max_age);
    json_close(&c->res->json, ']');
    fdi_end(c);
    buf_fmt(&age, "max-age=%lld, must-revalidate", (long long)max_age);
    if (e == ERR_OK)
        e = buf_done(&age, &text);
    if (e == ERR_OK)
        http_response_field(c->res, "Cache-Control", text);
    return e;
}

enum err fdi_meta_openid(struct call *c)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str jwks;
    enum err e;

    buf_str(&b, c->api->fdi.issuer);
    buf_text(&b, JWKS);
    e = buf_done(&b, &jwks);
    if (e != ERR_OK)
        return e;
    open_to_all(c);
    fdi_begin(c, NULL);
    json_str(&c->res->json, "issuer", c->api->fdi.issuer);
    json_str(&c->res->json, "jwks_uri", jwks);
    fdi_end(c);
    return ERR_OK;
}
