/* SPDX-License-Identifier: MIT */
/* How tokens of the frontend interface travel: in cookies of fixed names, or in
 * header fields, as the client wants it. */
#ifndef GATEHOUSE_API_FDI_TOKEN_H
#define GATEHOUSE_API_FDI_TOKEN_H

#include <stdbool.h>

#include "api/call.h"
#include "base/err.h"

/* A token as it came. */
struct fdi_token {
    struct str text;
    bool by_cookie;
};

/* The access token: of the header field, if that is one of ours, else of the
 * cookie. ERR_AUTHENTICATION_REQUIRED when there is none;
 * ERR_ACCESS_TOKEN_INVALID when a refresh must decide (two cookies, or those of
 * an old SDK). */
enum err fdi_token_access(struct call *c, struct fdi_token *token_r);

/* The refresh token: of the header field, else of the cookie.
 * ERR_AUTHENTICATION_REQUIRED when there is none. */
enum err fdi_token_refresh(struct call *c, struct fdi_token *token_r);

/* Did a cookie of a session come twice, as after a change of its domain? */
bool fdi_token_doubled(const struct call *c);

/* Takes away the cookies that were set for fdi.older_cookie_domain. */
void fdi_token_clear_older(struct call *c);

/* Takes away the cookie of old SDKs when it came. */
void fdi_token_clear_legacy(struct call *c);

/* Does the client want the tokens of a new session in cookies? */
bool fdi_token_wants_cookie(const struct call *c);

/* Puts what view has of new tokens into the answer, with the front-token that
 * tells of them. */
void fdi_token_give(struct call *c, bool by_cookie,
                    const struct app_session_view *view);

/* A new session: takes tokens away that came the other way, and gives its own.
 */
void fdi_token_give_new(struct call *c, bool by_cookie,
                        const struct app_session_view *view);

/* Takes the tokens of one way from the client. */
void fdi_token_clear(struct call *c, bool by_cookie);
/* The same of both. */
void fdi_token_clear_all(struct call *c);

#endif
