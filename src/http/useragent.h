/* SPDX-License-Identifier: MIT */
/* Names browsers and systems by the uap-core rules and Client Hints. */
#ifndef GATEHOUSE_HTTP_USERAGENT_H
#define GATEHOUSE_HTTP_USERAGENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "http/request.h"

enum useragent_type {
    UA_DESKTOP,
    UA_MOBILE,
    UA_TABLET,
    UA_PWA,
    UA_OTHER,
    UA_TYPE_COUNT
};

/* What the header says about a device. Texts in the arena, at most 64 bytes;
 * raw at most 512. Unknown: "Unknown". */
struct useragent {
    struct str raw, browser, os;
    enum useragent_type type;
};

struct useragent_rules; /* compiled rules, read-only after loading */

/* Loads a uap-core regexes.yaml; ERR_VALIDATION when it cannot be read. path ""
 * gives a set without rules. Compiled before the fork and shared. */
enum err useragent_rules_load(const char *path, struct useragent_rules **r_r);

/* Frees and NULLs *r; safe on NULL. */
void useragent_rules_free(struct useragent_rules **r);

/* Parses the request's User-Agent and Sec-CH-UA* fields. Bounded in time
 * whatever the text (PCRE2 match limits). Control bytes in raw are replaced. */
enum err useragent_parse(const struct useragent_rules *r, struct arena *a,
                         const struct http_request *req,
                         struct useragent *ua_r);

/* desktop, mobile, tablet, pwa, other. Static text. */
const char *useragent_type_text(enum useragent_type t);

#endif
