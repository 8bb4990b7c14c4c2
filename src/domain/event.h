/* SPDX-License-Identifier: MIT */
/* Security events: one audit row and one log line each, in a stable form. */
#ifndef GATEHOUSE_DOMAIN_EVENT_H
#define GATEHOUSE_DOMAIN_EVENT_H

#include "base/err.h"
#include "domain/ctx.h"

enum event_kind {
#define EVENT(name, word, level) EVENT_##name,
#include "domain/event.def"
#undef EVENT
    EVENT_COUNT
};

/* Stores the event (in the caller's transaction if one is open) and logs it.
 * detail: a JSON object or empty. A failed store is logged and returned. */
enum err event_record(struct ctx *c, enum event_kind kind, struct str subject,
                      const struct id *session_id, struct str detail);

/* The dotted word of a kind. Static text. */
const char *event_word(enum event_kind kind);

#endif
