/* SPDX-License-Identifier: MIT */
/* The handlers of sign-in at other providers. */
#ifndef GATEHOUSE_API_API_OAUTH2_H
#define GATEHOUSE_API_API_OAUTH2_H

#include "api/call.h"
#include "base/err.h"

/* GET /api/auth/oauth2/providers */
enum err api_oauth2_providers(struct call *c);
/* GET /api/auth/oauth2/authorization/{provider} and alias */
enum err api_oauth2_authorization(struct call *c);
/* GET /api/auth/oauth2/callback/{provider} and alias */
enum err api_oauth2_callback(struct call *c);
/* POST /api/auth/sessions/token and alias */
enum err api_oauth2_session_token(struct call *c);

#endif
