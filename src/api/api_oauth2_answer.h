/* SPDX-License-Identifier: MIT */
/* How a sign-in at a provider answers: a browser is sent on, a script gets
 * JSON. No token is ever part of an address or of a header but Set-Cookie. */
#ifndef GATEHOUSE_API_API_OAUTH2_ANSWER_H
#define GATEHOUSE_API_API_OAUTH2_ANSWER_H

#include <stdbool.h>

#include "api/call.h"
#include "base/err.h"
#include "domain/oauth2_sign_in.h"

/* Does the client want JSON rather than to be sent on? */
bool api_oauth2_wants_json(const struct call *c);

/* Is this what a browser sends when it goes to a page itself, or a script of
 * one of our origins? ERR_CROSS_SITE for what a foreign page embeds,
 * ERR_METHOD_NOT_ALLOWED for HEAD: looking must use nothing up. */
enum err api_oauth2_navigation(struct call *c);

/* May what the request carries be taken for its user's wish? Not when another
 * site has sent the browser here. ERR_CROSS_SITE. */
enum err api_oauth2_own_site(struct call *c);

/* Sends the browser to url. */
void api_oauth2_go(struct call *c, struct str url);

/* For call.refuse: sends the browser to oauth2.error_uri with the code of e,
 * and c->detail as `details`; a problem where there is no such page, and for
 * scripts. */
void api_oauth2_refuse(struct call *c, enum err e);

/* The answer to an attempt that came to its end: cookies, and the way back. */
enum err api_oauth2_answer(struct call *c, const struct oauth2_attempt *a,
                           const struct oauth2_done *done);

#endif
