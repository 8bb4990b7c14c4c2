/* SPDX-License-Identifier: MIT */
/* Which passwords are taken: length, common ones, the person's own words. */
#ifndef GATEHOUSE_DOMAIN_PASSWORD_POLICY_H
#define GATEHOUSE_DOMAIN_PASSWORD_POLICY_H

#include "base/err.h"
#include "domain/ctx.h"

#define PASSWORD_MAX_BYTES 1024

/* Judges a new password (as typed) against email and name; normal_r gets its
 * NFC form. ERR_PASSWORD_TOO_SHORT, _TOO_LONG, _COMMON, _CONTEXT,
 * ERR_BAD_REQUEST (no UTF-8). */
enum err password_policy(struct ctx *c, struct str password, struct str email,
                         struct str name, struct str *normal_r);

#endif
