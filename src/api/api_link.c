/* SPDX-License-Identifier: MIT */
/* What the handlers behind mailed links share. */
#include "api/api_link.h"

/* In the body it stands in no log; the query is what other clients send. */
enum err api_link_token(struct call *c, size_t field, struct str *token_r)
{
    const struct json_value *v = &c->body.values[field];
    struct str token = {NULL, 0};
    enum err e = http_query(c->ctx->arena, c->req, STR("token"), &token);

    if (e == ERR_OK && v->present && token.p != NULL)
        e = ERR_BAD_REQUEST;
    if (e != ERR_OK)
        return e;
    if (v->present)
        token = v->text;
    if (token.n == 0) {
        c->body.invalid[0] =
            (struct http_invalid){"token", "MISSING", "This field is needed"};
        c->body.invalid_count = 1;
        return ERR_VALIDATION;
    }
    *token_r = token;
    return ERR_OK;
}

void api_link_number(struct call *c, const char *name, int64_t n)
{
    http_json_begin(c->res, 200);
    json_int(&c->res->json, name, n);
    http_json_end(c->res);
}
