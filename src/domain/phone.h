/* SPDX-License-Identifier: MIT */
/* Telephone numbers in one form. */
#ifndef GATEHOUSE_DOMAIN_PHONE_H
#define GATEHOUSE_DOMAIN_PHONE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define PHONE_LOOKUP "phone" /* label of address_lookup for the row's hash */

/* A number as people write it in the form of E.164: '+' and 8 to 15 digits.
 * Blanks, hyphens, dots and parentheses go, "00" counts as '+', and digits
 * alone as an international number. ERR_OTP_PHONE for anything else, such as a
 * national number with its leading 0. */
enum err phone_normal(struct arena *a, struct str text, struct str *normal_r);

#endif
