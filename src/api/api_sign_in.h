/* SPDX-License-Identifier: MIT */
/* What every way of signing in answers with. */
#ifndef GATEHOUSE_API_API_SIGN_IN_H
#define GATEHOUSE_API_API_SIGN_IN_H

#include "api/call.h"
#include "base/err.h"
#include "base/json_write.h"
#include "domain/account.h"
#include "domain/sign_in.h"

/* Names the client's device and place in c->ctx->client; dear, so only where a
 * session or a message needs it. */
enum err api_sign_in_device(struct call *c);

/* The same as a client's identify; data is the call. */
enum err api_sign_in_identify(void *data);

/* The member `location`: country, city and degrees, or null. */
void api_sign_in_location(struct call *c, const struct store_place *place);

/* The answer to a sign-in: account, tokens and their cookies, or, while a
 * second factor is awaited, only the two-factor token. */
enum err api_sign_in_answer(struct call *c, const struct signed_in *in);

/* The same, with a step-up token among the members ({NULL, 0}: none, and no
 * such member). */
enum err api_sign_in_answer_step_up(struct call *c, const struct signed_in *in,
                                    struct str step_up_token);

/* The answer to a sign-in by a code alone, with further members: token, user's
 * userId and so on, isNewUser. */
enum err api_sign_in_answer_code(struct call *c, const struct signed_in *in,
                                 bool is_new);

/* An account as a member key (NULL: an element, or the body itself). subject,
 * because a session may belong to somebody without an account. */
void api_sign_in_account(struct json_out *j, const char *key,
                         struct str subject, const struct account *account);

/* Token members of an answer, and the csrfToken (csrf.p NULL: none). */
void api_sign_in_tokens(struct call *c, const struct tokens *t,
                        struct str csrf);

/* Sets the access and refresh cookies. */
void api_sign_in_cookies(struct call *c, const struct tokens *t);

/* Sets every cookie a sign-in gives: access, refresh and device, or, while a
 * second factor is awaited, the two-factor token. */
void api_sign_in_set(struct call *c, const struct signed_in *in);

/* Token members of an answer to a sign-in, second factor awaited or not; csrf
 * as above. */
void api_sign_in_outcome(struct call *c, const struct signed_in *in,
                         struct str csrf);

/* twoFactorMethods and preferredTwoFactorMethod: wanted are SIGN_IN_* (0: both
 * null). */
void api_sign_in_methods(struct json_out *j, unsigned wanted,
                         enum store_factor preferred);

/* A token for a body: null when tokens do not travel by header, and so must not
 * be shown to scripts. */
struct str api_sign_in_shown(const struct call *c, struct str token);

#endif
