/* SPDX-License-Identifier: MIT */
/* The core interface's calls about sessions. */
#ifndef GATEHOUSE_API_CDI_SESSION_H
#define GATEHOUSE_API_CDI_SESSION_H

#include "api/call.h"
#include "base/err.h"

/* POST /recipe/session */
enum err cdi_session_create(struct call *c);
/* GET /recipe/session */
enum err cdi_session_get(struct call *c);
/* POST /recipe/session/verify */
enum err cdi_session_verify(struct call *c);
/* POST /recipe/session/refresh */
enum err cdi_session_refresh(struct call *c);
/* POST /recipe/session/regenerate */
enum err cdi_session_regenerate(struct call *c);
/* POST /recipe/session/remove */
enum err cdi_session_remove(struct call *c);
/* GET /recipe/session/user */
enum err cdi_session_list(struct call *c);
/* PUT /recipe/session/data */
enum err cdi_session_data_put(struct call *c);
/* GET /recipe/session/data */
enum err cdi_session_data_get(struct call *c);
/* PUT /recipe/jwt/data */
enum err cdi_session_payload_put(struct call *c);
/* GET /recipe/jwt/data */
enum err cdi_session_payload_get(struct call *c);

#endif
