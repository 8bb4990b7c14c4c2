/* SPDX-License-Identifier: MIT */
/* The core interface's passwords, addresses and mapped ids. */
#ifndef GATEHOUSE_API_CDI_PASSWORD_H
#define GATEHOUSE_API_CDI_PASSWORD_H

#include "api/call.h"

/* POST /recipe/signup. */
enum err cdi_password_sign_up(struct call *c);
/* POST /recipe/signin. */
enum err cdi_password_sign_in(struct call *c);
/* POST /recipe/user/password/reset/token. */
enum err cdi_password_reset_token(struct call *c);
/* POST /recipe/user/password/reset/token/consume. */
enum err cdi_password_reset_consume(struct call *c);
/* POST /recipe/user/password/reset: before 5.0 consumes and sets. */
enum err cdi_password_reset(struct call *c);
/* PUT /recipe/user. */
enum err cdi_password_change(struct call *c);
/* POST /recipe/user/passwordhash/import. */
enum err cdi_password_import(struct call *c);

/* POST /recipe/user/email/verify/token. */
enum err cdi_email_token(struct call *c);
/* POST /recipe/user/email/verify. */
enum err cdi_email_verify(struct call *c);
/* GET /recipe/user/email/verify. */
enum err cdi_email_verified(struct call *c);
/* POST /recipe/user/email/verify/remove. */
enum err cdi_email_unverify(struct call *c);
/* POST /recipe/user/email/verify/token/remove. */
enum err cdi_email_token_drop(struct call *c);

/* POST /recipe/userid/map. */
enum err cdi_user_map_add(struct call *c);
/* GET /recipe/userid/map. */
enum err cdi_user_map_get(struct call *c);
/* POST /recipe/userid/map/remove. */
enum err cdi_user_map_drop(struct call *c);
/* PUT /recipe/userid/external-user-id-info. */
enum err cdi_user_map_note(struct call *c);

#endif
