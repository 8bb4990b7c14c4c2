/* SPDX-License-Identifier: MIT */
/* No version in the header: what reads sessions must never take these. */
#include "domain/app_jwt.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "crypto/jws.h"
#include "domain/app_keys.h"

/* *kept_r: no time we set. *iss: stays true once a member was the issuer. */
static enum err jwt_member(struct arena *a, const struct json_part *part,
                           bool *kept_r, bool *iss)
{
    struct str name;
    enum err e = json_read_key(a, part->key, &name);

    if (e != ERR_OK)
        return e;
    *kept_r = !str_eq(name, STR("iat")) && !str_eq(name, STR("exp"));
    *iss |= str_eq(name, STR("iss"));
    return ERR_OK;
}

static enum err jwt_payload(struct ctx *c, const struct app_jwt *jwt,
                            struct str *json_r)
{
    int64_t now = clock_s(&c->clock);
    struct buf b = buf_new(c->arena);
    struct json_out j = json_out(&b);
    struct json_walk w = json_walk(jwt->payload);
    struct json_part part;
    bool iss = false;

    json_open(&j, NULL, '{');
    while (json_walk_next(&w, &part)) {
        bool kept = false;
        enum err e = jwt_member(c->arena, &part, &kept, &iss);

        if (e != ERR_OK)
            return e;
        if (!kept)
            continue;
        buf_text(&b, j.comma ? ",\"" : "\"");
        buf_str(&b, part.key);
        buf_text(&b, "\":");
        buf_str(&b, part.value);
        j.comma = true;
    }
    if (!iss)
        json_str(&j, "iss", jwt->issuer);
    json_int(&j, "exp", now + jwt->validity_s);
    json_int(&j, "iat", now);
    json_close(&j, '}');
    return buf_done(&b, json_r);
}

/* Kids need no escape. */
static enum err jwt_header(struct arena *a, struct str kid, struct str *json_r)
{
    struct buf b = buf_new(a);

    buf_text(&b, "{\"kid\":\"");
    buf_str(&b, kid);
    buf_text(&b, "\",\"typ\":\"JWT\",\"alg\":\"RS256\"}");
    return buf_done(&b, json_r);
}

enum err app_jwt_make(struct ctx *c, const struct app *app,
                      const struct app_jwt *jwt, struct str *token_r)
{
    struct str header, payload;
    struct app_key key = {.key = NULL};
    enum err e = jwt_payload(c, jwt, &payload);

    if (e == ERR_OK)
        e = app_keys_signer(c, app, jwt->fixed, &key);
    if (e == ERR_OK)
        e = jwt_header(c->arena, key.kid, &header);
    return e == ERR_OK ? jws_by(c->arena, key.key, header, payload, token_r)
                       : e;
}
