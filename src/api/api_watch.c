/* SPDX-License-Identifier: MIT */
/* What an owner answers to an alert. */
#include "api/api_watch.h"

#include "api/api_answer.h"
#include "api/api_link.h"
#include "domain/watch.h"

enum err api_watch_not_me(struct call *c)
{
    struct str token;
    enum err e = api_link_token(c, 0, &token);

    if (e == ERR_OK)
        e = watch_not_me(c->ctx, token);
    if (e != ERR_OK)
        return e;
    api_answer_success(c);
    return ERR_OK;
}
