/* SPDX-License-Identifier: MIT */
/* The device cookie: says that this browser has signed in to this account
 * before, so that a stranger's failures do not lock it out. */
#ifndef GATEHOUSE_DOMAIN_DEVICE_H
#define GATEHOUSE_DOMAIN_DEVICE_H

#include "base/err.h"
#include "domain/ctx.h"

#define DEVICE_TOKEN_LIFETIME_S (INT64_C(2) * 365 * 86400)

/* The device id the client's device token holds for this address; nil when
 * there is none, or it is forged, too old or another account's. */
enum err device_known(struct ctx *c, struct str email_normal,
                      struct id *device_r);

/* A token that says device has signed in as email_normal. */
enum err device_token_make(struct ctx *c, struct str email_normal,
                           const struct id *device, struct str *token_r);

#endif
