/* SPDX-License-Identifier: MIT */
/* What other programs ask of the service as such: keys and health. */
#include "api/api.h"

#include "api/api_answer.h"
#include "domain/app_keys.h"
#include "domain/keyring.h"

/* Where the core interface shares our paths, its SDKs ask here for the keys of
 * the application "public". *max_age_r: the shorter of both. */
static enum err jwks_of_app(struct call *c, size_t begin, int64_t *max_age_r)
{
    struct buf *out = &c->res->body;
    struct app app;
    int64_t max_age = 0;

    if (!c->api->config->cdi_enabled || *c->api->config->cdi_base_path != '\0')
        return ERR_OK;
    enum err e = app_find(c->ctx, STR(APP_PUBLIC), STR(APP_PUBLIC), &app);

    if (e != ERR_OK)
        return e;
    if (out->n > begin) /* HS256 publishes nothing */
        buf_char(out, ',');
    e = app_keys_jwks(c->ctx, &app, out, &max_age);
    if (max_age < *max_age_r)
        *max_age_r = max_age;
    return e;
}

/* The one public answer that may be kept: verifiers ask again after max-age,
 * which is shorter than keys are published ahead. */
enum err api_meta_jwks(struct call *c)
{
    struct buf value = buf_new(c->ctx->arena);
    struct str cache;
    int64_t max_age = 0;

    buf_text(&c->res->body, "{\"keys\":[");
    size_t begin = c->res->body.n;
    enum err e = keyring_jwks(c->ctx, &c->res->body, &max_age);

    if (e == ERR_OK)
        e = jwks_of_app(c, begin, &max_age);
    buf_text(&c->res->body, "]}");
    if (e != ERR_OK)
        return e;
    buf_text(&value, "public, max-age=");
    buf_int(&value, max_age);
    e = buf_done(&value, &cache);
    if (e != ERR_OK)
        return e;
    http_response_field(c->res, "Cache-Control", cache);
    c->res->status = 200;
    c->res->content_type = "application/jwk-set+json";
    return ERR_OK;
}

/* A database that is away must not make a supervisor restart us. */
enum err api_meta_healthz(struct call *c)
{
    http_json_begin(c->res, 200);
    json_str(&c->res->json, "status", STR("ok"));
    http_json_end(c->res);
    return ERR_OK;
}

enum err api_meta_health(struct call *c)
{
    http_json_begin(c->res, 200);
    json_str(&c->res->json, "status", STR("ok"));
    json_time(&c->res->json, "timestamp", clock_us(&c->ctx->clock));
    http_json_end(c->res);
    return ERR_OK;
}

/* Names what is missing: an operator reads it, and it tells a stranger no more
 * than the 503 itself. */
static enum err meta_ready(struct call *c)
{
    const struct key *key;
    enum err e = db_ready(c->ctx->db);

    if (e != ERR_OK) {
        c->detail = e == ERR_SCHEMA ? "schema" : "database";
        return e;
    }
    e = keyring_sync(c->ctx, -1);
    if (e == ERR_OK)
        e = keyring_signer(c->ctx, &key);
    if (e != ERR_OK)
        c->detail = "keys";
    return e;
}

enum err api_meta_readyz(struct call *c)
{
    struct json_out *j = &c->res->json;
    enum err e = meta_ready(c);

    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_str(j, "status", STR("ready"));
    json_open(j, "checks", '{');
    json_str(j, "database", STR("ok"));
    json_str(j, "schema", STR("ok"));
    json_str(j, "keys", STR("ok"));
    json_close(j, '}');
    http_json_end(c->res);
    return ERR_OK;
}
