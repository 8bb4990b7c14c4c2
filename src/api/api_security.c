/* SPDX-License-Identifier: MIT */
/* Rotation of the secrets: ordered here, done by the janitor. */
#include "api/api_security.h"

#include "api/api_answer.h"
#include "domain/reseal.h"

enum err api_security_rotate(struct call *c)
{
    enum err e = reseal_start(c->ctx, c->view.state.row.subject);

    if (e == ERR_OK)
        api_answer_success(c);
    return e;
}

/* JSON is written while rows come, so what is said first is found first. */
static enum err security_ongoing(void *data, const struct store_resealing *r)
{
    bool *ongoing = data;

    *ongoing |= r->finished_us == 0;
    return ERR_OK;
}

static enum err security_row(void *data, const struct store_resealing *r)
{
    struct json_out *j = data;

    json_open(j, r->name.p, '{');
    json_time(j, "startedAt", r->started_us);
    json_time(j, "lastRotation", r->last_us);
    json_int(j, "done", r->done);
    if (r->finished_us == 0)
        json_null(j, "success");
    else
        json_bool(j, "success", r->broken == 0);
    if (r->broken > 0)
        json_str(j, "error", STR("some values do not open"));
    else
        json_str(j, "error", r->error.n > 0 ? r->error : (struct str){NULL, 0});
    json_close(j, '}');
    return ERR_OK;
}

enum err api_security_status(struct call *c)
{
    struct json_out *j = &c->res->json;
    bool ongoing = false;
    enum err e = reseal_status(c->ctx, security_ongoing, &ongoing);

    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_bool(j, "isOngoing", ongoing);
    json_open(j, "state", '{');
    e = reseal_status(c->ctx, security_row, j);
    json_close(j, '}');
    http_json_end(c->res);
    return e;
}
