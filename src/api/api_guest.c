/* SPDX-License-Identifier: MIT */
/* Guests: a session for anybody, and its way to an account. */
#include "api/api_user.h"

#include "api/api_answer.h"
#include "api/api_csrf.h"
#include "api/api_sign_in.h"
#include "domain/guest.h"

/* A session that is there already would be lost for a new one. */
enum err api_guest_create(struct call *c)
{
    const struct json_value *name = &c->body.values[0];
    struct signed_in in;
    enum err e =
        c->has_session ? ERR_ALREADY_AUTHENTICATED : api_sign_in_device(c);

    if (e == ERR_OK)
        e = guest_create(c->ctx, name->present ? name->text : STR(""), &in);
    if (e == ERR_VALIDATION || e == ERR_NAME_INVALID)
        return api_answer_invalid(c, "name", e);
    return e != ERR_OK ? e : api_sign_in_answer(c, &in);
}

enum err api_guest_convert(struct call *c)
{
    const struct json_value *v = c->body.values;
    struct signed_in in;
    struct str csrf;
    enum err e = api_sign_in_device(c);

    if (e == ERR_OK)
        e = guest_convert(c->ctx, &c->view.state.row, v[0].text, v[1].text,
                          &in);
    if (e != ERR_OK)
        return api_answer_blame(c, e);
    e = api_csrf_token(c, &in.tokens.session_id, &csrf);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    api_sign_in_account(&c->res->json, "user", in.tokens.subject, &in.account);
    api_sign_in_tokens(c, &in.tokens, csrf);
    json_null(&c->res->json, "location");
    http_json_end(c->res);
    api_sign_in_cookies(c, &in.tokens);
    return ERR_OK;
}
