/* SPDX-License-Identifier: MIT */
/* What authenticator apps read from a QR code. */
#ifndef GATEHOUSE_DOMAIN_TOTP_URL_H
#define GATEHOUSE_DOMAIN_TOTP_URL_H

#include "base/err.h"
#include "base/str.h"
#include "domain/ctx.h"

/* The otpauth:// URL of a secret (base32) of somebody called label, for codes
 * of six digits and thirty seconds. ERR_NO_MEMORY. */
enum err totp_url(struct ctx *c, struct str label, struct str secret,
                  struct str *url_r);

#endif
