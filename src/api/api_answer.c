/* SPDX-License-Identifier: MIT */
/* The small answers that many handlers give. */
#include "api/api_answer.h"

void api_answer_success(struct call *c)
{
    http_json_begin(c->res, 200);
    json_bool(&c->res->json, "success", true);
    http_json_end(c->res);
}

void api_answer_count(struct call *c, uint64_t n)
{
    http_json_begin(c->res, 200);
    json_bool(&c->res->json, "success", true);
    json_int(&c->res->json, "count", (int64_t)n);
    http_json_end(c->res);
}

/* Names of roles need no escape in JSON, so every second piece between quotes
 * is one. */
bool api_answer_is_admin(const struct call *c)
{
    struct str rest = c->view.claims.roles;

    if (!c->has_session)
        return false;
    while (rest.p != NULL) {
        (void)str_cut(&rest, '"');
        if (str_eq(str_cut(&rest, '"'), STR("ADMIN")))
            return true;
    }
    return false;
}

enum err api_answer_invalid(struct call *c, const char *field, enum err e)
{
    c->body.invalid[0] =
        (struct http_invalid){field, err_code(e), err_title(e)};
    c->body.invalid_count = 1;
    return ERR_VALIDATION;
}

enum err api_answer_blame(struct call *c, enum err e)
{
    switch (e) {
    case ERR_EMAIL_INVALID:
        return api_answer_invalid(c, "email", e);
    case ERR_PASSWORD_TOO_SHORT:
    case ERR_PASSWORD_TOO_LONG:
    case ERR_PASSWORD_COMMON:
    case ERR_PASSWORD_CONTEXT:
        return api_answer_invalid(c, "password", e);
    default:
        return e;
    }
}
