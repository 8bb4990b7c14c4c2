/* SPDX-License-Identifier: MIT */
/* Whose rows TOTP devices are and what they are sealed to; for the files of
 * app_totp and for who takes devices over. */
#ifndef GATEHOUSE_DOMAIN_APP_TOTP_ROW_H
#define GATEHOUSE_DOMAIN_APP_TOTP_ROW_H

#include "base/err.h"
#include "domain/app.h"
#include "domain/ctx.h"
#include "store/store_app_totp.h"

/* The owner of a user's devices: by either of the user's ids, in the
 * application's realm. */
enum err app_totp_owner(struct ctx *c, const struct app *app,
                        struct str user_id, struct store_app_owner *owner_r);

/* What a device's secret is sealed to. */
enum err app_totp_place(struct ctx *c, const struct id *id,
                        struct str *place_r);

#endif
