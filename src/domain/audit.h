/* SPDX-License-Identifier: MIT */
/* What has happened: the audit trail, a person's sign-ins, sessions that are
 * over. */
#ifndef GATEHOUSE_DOMAIN_AUDIT_H
#define GATEHOUSE_DOMAIN_AUDIT_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "store/store_audit.h"

/* Gets an event. */
typedef enum err audit_each(void *data, const struct store_audit_event *event);

/* Calls each for what's limit newest events that fit (its realm is filled in
 * here); *more_r: there are older ones. */
enum err audit_list(struct ctx *c, struct store_audit *what, audit_each *each,
                    void *data, bool *more_r);

/* The same for the person's own sign-ins, sessions and tokens. */
enum err audit_activity(struct ctx *c, struct str subject,
                        struct store_audit *what, audit_each *each, void *data,
                        bool *more_r);

/* Was somebody else at work: an administrator or operator? Then whence he did
 * it is not the person's to know. */
bool audit_by_other(const struct store_event *event);

/* How a sign-in or a session went: success, failure, throttled, pending, reuse,
 * ended.
 * Static text. */
const char *audit_result(const struct store_event *event);

/* Calls each for the subject's sessions, those that are over too, newest
 * first. */
enum err audit_sessions(struct ctx *c, struct str subject,
                        enum err (*each)(void *data,
                                         const struct store_past *past),
                        void *data);

/* active, expired or revoked. Static text. */
const char *audit_status(const struct config *config,
                         const struct store_past *past);

#endif
