/* SPDX-License-Identifier: MIT */
/* The handlers of routes_fdi.def. */
#ifndef GATEHOUSE_API_FDI_ROUTES_H
#define GATEHOUSE_API_FDI_ROUTES_H

#include "api/call.h"
#include "base/err.h"

/* POST /auth/session/refresh */
enum err fdi_session_refresh(struct call *c);
/* POST /auth/signout */
enum err fdi_session_sign_out(struct call *c);
/* GET /auth/session/verify: what a web server asks before it lets a request to
 * an application through. */
enum err fdi_session_verify(struct call *c);
/* POST /auth/signup */
enum err fdi_password_sign_up(struct call *c);
/* POST /auth/signin */
enum err fdi_password_sign_in(struct call *c);
/* GET /auth/emailpassword/email/exists and alias */
enum err fdi_password_exists(struct call *c);
/* POST /auth/user/password/reset/token */
enum err fdi_reset_token(struct call *c);
/* POST /auth/user/password/reset */
enum err fdi_reset(struct call *c);
/* POST /auth/user/email/verify/token */
enum err fdi_email_token(struct call *c);
/* POST /auth/user/email/verify */
enum err fdi_email_verify(struct call *c);
/* GET /auth/user/email/verify */
enum err fdi_email_verified(struct call *c);
/* GET /auth/loginmethods */
enum err fdi_meta_methods(struct call *c);
/* GET /auth/jwt/jwks.json */
enum err fdi_meta_jwks(struct call *c);
/* GET /auth/.well-known/openid-configuration */
enum err fdi_meta_openid(struct call *c);
/* PUT /auth/mfa/info */
enum err fdi_mfa_info(struct call *c);
/* POST /auth/totp/device */
enum err fdi_totp_make(struct call *c);
/* GET /auth/totp/device/list */
enum err fdi_totp_list(struct call *c);
/* POST /auth/totp/device/remove */
enum err fdi_totp_remove(struct call *c);
/* POST /auth/totp/device/verify */
enum err fdi_totp_device_verify(struct call *c);
/* POST /auth/totp/verify */
enum err fdi_totp_verify(struct call *c);

#endif
