/* SPDX-License-Identifier: MIT */
/* Rates over all routes, but for the probes and back ends, which ask from
 * inside. */
#include "api/dispatch_limit.h"

#include "api/routes.h"

enum err dispatch_limit_network(struct call *c)
{
    if (c->api->config->throttle_request_limit == 0 ||
        (c->route->marks & (ROUTE_PLAIN | ROUTE_CDI)) != 0)
        return ERR_OK;
    return throttle_request(c->ctx, &c->rate);
}

enum err dispatch_limit_account(struct call *c)
{
    struct throttle_rate rate = {.limit = 0};

    if (c->api->config->throttle_account_request_limit == 0 || !c->has_session)
        return ERR_OK;
    enum err e =
        throttle_account_request(c->ctx, c->view.state.row.subject, &rate);

    if (rate.limit != 0 && (c->rate.limit == 0 || rate.left < c->rate.left))
        c->rate = rate;
    return e;
}

static void limit_field(struct call *c, const char *name, int64_t value)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str text;

    buf_int(&b, value);
    if (buf_done(&b, &text) == ERR_OK)
        http_response_field(c->res, name, text);
}

void dispatch_limit_tell(struct call *c)
{
    if (c->rate.limit == 0)
        return;
    limit_field(c, "X-RateLimit-Limit", c->rate.limit);
    limit_field(c, "X-RateLimit-Remaining", c->rate.left);
    limit_field(c, "X-RateLimit-Reset", c->rate.full_s);
}
