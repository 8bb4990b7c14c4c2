/* SPDX-License-Identifier: MIT */
/* Handlers of connected providers: shown, added, taken away, their sign-out and
 * their tokens. */
#ifndef GATEHOUSE_API_API_PROVIDER_H
#define GATEHOUSE_API_API_PROVIDER_H

#include "api/call.h"
#include "base/err.h"

/* GET /api/users/me/providers */
enum err api_provider_list(struct call *c);
/* POST /api/users/me/providers/password */
enum err api_provider_password(struct call *c);
/* DELETE /api/users/me/providers/{provider} */
enum err api_provider_disconnect(struct call *c);
/* POST /api/users/me/providers/oauth2/token */
enum err api_provider_connection(struct call *c);
/* POST /api/auth/oauth2/backchannel-logout/{provider} */
enum err api_provider_logout(struct call *c);
/* GET /api/users/{id}/providers/{provider}/token */
enum err api_provider_token(struct call *c);

#endif
