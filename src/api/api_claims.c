/* SPDX-License-Identifier: MIT */
/* Claims that an application's back end adds to a session's access tokens. */
#include "api/api_audit.h"

#include <string.h>

#include "api/api_answer.h"
#include "domain/session_claims.h"

#define CLAIM_NAME_MAX 64
#define CLAIMS_BODY_MAX 4096
#define CLAIMS_TRIES 3

static enum err claims_param(const struct call *c, struct id *id_r)
{
    return id_parse(c->params[0], id_r) ? ERR_OK : ERR_NOT_FOUND;
}

static void claims_answer(struct call *c, struct str claims)
{
    c->res->status = 200;
    c->res->content_type = API_JSON_TYPE;
    c->res->json = json_out(&c->res->body);
    json_raw(&c->res->json, NULL, claims);
}

enum err api_claims_get(struct call *c)
{
    struct id id;
    struct str claims;
    enum err e = claims_param(c, &id);

    if (e == ERR_OK)
        e = session_claims_get(c->ctx, &id, &claims);
    if (e != ERR_OK)
        return e;
    claims_answer(c, claims);
    return ERR_OK;
}

static enum err claim_allowed(void *data, struct str name, struct str value)
{
    (void)data;
    (void)value;
    if (name.n == 0 || name.n > CLAIM_NAME_MAX || str_has_control(name))
        return ERR_VALIDATION;
    return session_claims_reserved(name) ? ERR_CLAIM_RESERVED : ERR_OK;
}

/* Old and new members becoming one object. */
struct claims_merge {
    struct arena *arena;
    struct str fresh;
    struct json_out out;
    bool found; /* the name asked about is in fresh */
    struct str name;
};

static enum err claims_look(void *data, struct str name, struct str value)
{
    struct claims_merge *m = data;

    (void)value;
    m->found = m->found || str_eq(m->name, name);
    return ERR_OK;
}

/* An old member stays when there is no new one of its name. */
static enum err claims_keep(void *data, struct str name, struct str value)
{
    struct claims_merge *m = data;

    m->found = false;
    m->name = name;
    enum err e = json_members(m->arena, m->fresh, claims_look, m);

    if (e == ERR_OK && !m->found)
        json_raw(&m->out, name.p, value);
    return e;
}

static enum err claims_add(void *data, struct str name, struct str value)
{
    struct claims_merge *m = data;

    if (!str_eq(value, STR("null")))
        json_raw(&m->out, name.p, value);
    return ERR_OK;
}

static enum err claims_merged(struct call *c, struct str old,
                              struct str *merged_r)
{
    struct buf b = buf_new(c->ctx->arena);
    struct claims_merge m = {
        .arena = c->ctx->arena, .fresh = c->req->body, .out = json_out(&b)};

    json_open(&m.out, NULL, '{');
    enum err e = json_members(m.arena, old, claims_keep, &m);

    if (e == ERR_OK)
        e = json_members(m.arena, m.fresh, claims_add, &m);
    json_close(&m.out, '}');
    return e != ERR_OK ? e : buf_done(&b, merged_r);
}

/* Two back ends may merge at once: who comes second merges again. */
enum err api_claims_put(struct call *c)
{
    struct id id;
    struct str old, merged;
    enum err e = claims_param(c, &id);

    if (e == ERR_OK && c->req->body.n > CLAIMS_BODY_MAX)
        e = ERR_BODY_TOO_LARGE;
    if (e == ERR_OK)
        e = json_members(c->ctx->arena, c->req->body, claim_allowed, NULL);
    if (e == ERR_VALIDATION)
        return ERR_CLAIM_RESERVED;
    if (e != ERR_OK)
        return e;
    for (unsigned i = 0; i < CLAIMS_TRIES; i++) {
        e = session_claims_get(c->ctx, &id, &old);
        if (e == ERR_OK)
            e = claims_merged(c, old, &merged);
        if (e == ERR_OK)
            e = session_claims_put(c->ctx, &id, old, merged);
        if (e != ERR_CONFLICT)
            break;
    }
    if (e != ERR_OK)
        return e;
    claims_answer(c, merged);
    return ERR_OK;
}
