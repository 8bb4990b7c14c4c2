/* SPDX-License-Identifier: MIT */
/* One-time codes in bodies: clients send them as text and as numbers. */
#ifndef GATEHOUSE_API_API_CODE_H
#define GATEHOUSE_API_API_CODE_H

#include "api/call.h"
#include "base/err.h"

#define API_CODE_TOTP_DIGITS 6
#define API_CODE_MAX 64 /* bytes of such a value */

/* A field check: NULL for a string, a number or null. */
const char *api_code_check(struct str json);

/* The digits of a value that passed the check. A number has lost its leading
 * zeros: they are put back. Blanks within go. {NULL, 0} when nothing came. */
enum err api_code(struct call *c, const struct json_value *v, unsigned digits,
                  struct str *code_r);

#endif
