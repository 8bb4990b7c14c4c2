/* SPDX-License-Identifier: MIT */
/* Foreign text made fit for a column: a strict database would otherwise refuse
 * the whole row for one bad byte in a User-Agent. */
#ifndef GATEHOUSE_DOMAIN_TEXT_H
#define GATEHOUSE_DOMAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* s with invalid UTF-8 and control characters replaced by '?', cut to max
 * characters; in a. ERR_NO_MEMORY. */
enum err text_clean(struct arena *a, struct str s, size_t max,
                    struct str *out_r);

/* The same for a column of ASCII. */
enum err text_ascii(struct arena *a, struct str s, size_t max,
                    struct str *out_r);

#define TEXT_LOCALE_MAX 35 /* bytes (RFC 5646 section 4.4.1) */

/* Has s the form of a language tag (RFC 5646): letters first, then pieces of
 * letters and digits? Such a tag can also name a file. */
bool text_locale(struct str s);

#endif
