/* SPDX-License-Identifier: MIT */
/* Mailed links that check an address or change it. */
#include "api/api_link.h"
#include "api/api_person.h"
#include "api/api_sign_in.h"
#include "domain/email_verify.h"

static const struct id *email_caller(const struct call *c)
{
    return &c->view.state.row.account_id;
}

/* No access token is asked for, nor looked at: the link is often opened in
 * another browser, or one whose token is over. */
enum err api_email_verify(struct call *c)
{
    struct account account;
    struct str token;
    enum err e = api_link_token(c, 0, &token);

    if (e == ERR_OK)
        e = api_sign_in_device(c);
    if (e == ERR_OK)
        e = email_verify(c->ctx, token, &account);
    if (e == ERR_OK)
        api_person_answer(c, &account, 0);
    return e;
}

enum err api_email_send(struct call *c)
{
    int64_t cooldown;
    enum err e = email_verify_send(c->ctx, email_caller(c), &cooldown);

    if (e != ERR_OK)
        return api_person_blame(c, "", e);
    api_link_number(c, "cooldown", cooldown);
    return ERR_OK;
}

enum err api_email_cooldown(struct call *c)
{
    int64_t left;
    enum err e = email_verify_cooldown(c->ctx, email_caller(c), &left);

    if (e != ERR_OK)
        return api_person_blame(c, "", e);
    api_link_number(c, "remaining", left);
    return ERR_OK;
}
