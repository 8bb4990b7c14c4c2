/* SPDX-License-Identifier: MIT */
/* Forgotten passwords. */
#include "api/api_answer.h"
#include "api/api_link.h"
#include "api/api_person.h"
#include "api/api_sign_in.h"
#include "domain/password_reset.h"

enum err api_reset_request(struct call *c)
{
    int64_t cooldown;
    enum err e =
        password_reset_request(c->ctx, c->body.values[0].text, &cooldown);

    if (e != ERR_OK)
        return api_person_blame(c, "email", e);
    api_link_number(c, "cooldown", cooldown);
    return ERR_OK;
}

enum err api_reset_cooldown(struct call *c)
{
    struct str email;
    int64_t left;
    enum err e = http_query(c->ctx->arena, c->req, STR("email"), &email);

    if (e == ERR_OK && email.n == 0)
        e = ERR_EMAIL_INVALID;
    if (e == ERR_OK)
        e = password_reset_cooldown(c->ctx, email, &left);
    if (e != ERR_OK)
        return api_person_blame(c, "email", e);
    api_link_number(c, "remaining", left);
    return ERR_OK;
}

enum err api_reset(struct call *c)
{
    struct str token;
    enum err e = api_link_token(c, 1, &token);

    if (e == ERR_OK)
        e = api_sign_in_device(c);
    if (e == ERR_OK)
        e = password_reset(c->ctx, token, c->body.values[0].text);
    if (e != ERR_OK)
        return api_person_blame(c, "newPassword", e);
    api_answer_success(c);
    return ERR_OK;
}
