/* SPDX-License-Identifier: MIT */
/* The uap-core rule lists as compiled patterns: what a User-Agent text matches.
 * For useragent.c only. */
#ifndef GATEHOUSE_HTTP_USERAGENT_RULES_H
#define GATEHOUSE_HTTP_USERAGENT_RULES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "http/useragent.h"

enum useragent_list { UA_LIST_BROWSER, UA_LIST_OS, UA_LIST_COUNT };

/* Name and the first two parts of the version; {NULL, 0} where there is none.
 */
struct useragent_match {
    struct str family, v1, v2;
};

/* The first rule of the list that text matches fills match_r (texts in a); all
 * {NULL, 0} when none does, or when the text costs too much. ERR_NO_MEMORY. */
enum err useragent_rules_match(const struct useragent_rules *r,
                               enum useragent_list list, struct arena *a,
                               struct str text,
                               struct useragent_match *match_r);

#endif
