/* SPDX-License-Identifier: MIT */
/* Security events: one audit row and one log line each, in a stable form. */
#ifndef GATEHOUSE_DOMAIN_EVENT_H
#define GATEHOUSE_DOMAIN_EVENT_H

#include "base/err.h"
#include "base/log.h"
#include "domain/ctx.h"

enum event_kind {
#define EVENT(name, word, level) EVENT_##name,
#include "domain/event.def"
#undef EVENT
    EVENT_COUNT
};

/* Stores the event (in the caller's transaction if one is open) and logs it.
 * session_id NULL: none; detail: a JSON object or empty. A failed store is
 * logged and returned. */
enum err event_record(struct ctx *c, enum event_kind kind, struct str subject,
                      const struct id *session_id, struct str detail);

/* Logs it only: for what a stranger can repeat at no cost to himself, such as
 * tries that are throttled already. */
void event_log(struct ctx *c, enum event_kind kind, struct str subject,
               const struct id *session_id, struct str detail);

/* The detail of an event: a JSON object of the fields up to LOG_END. */
enum err event_detail(struct ctx *c, const struct log_field *fields,
                      struct str *detail_r);

/* The dotted word of a kind. Static text. */
const char *event_word(enum event_kind kind);

#endif
