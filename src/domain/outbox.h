/* SPDX-License-Identifier: MIT */
/* The outbox as the courier sees it: opened messages, and when each is tried
 * again or given up. */
#ifndef GATEHOUSE_DOMAIN_OUTBOX_H
#define GATEHOUSE_DOMAIN_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "domain/mail.h"

/* Delay after the first failure; it doubles up to the longest. */
#define OUTBOX_DELAY_FIRST CLOCK_SECOND
#define OUTBOX_DELAY_MOST (INT64_C(900) * CLOCK_SECOND)
#define OUTBOX_REASON_MAX 120

/* A message in clear, in the arena. */
struct outbox_message {
    struct id id;
    enum store_channel channel;
    enum mail_kind kind;
    struct str to, locale;
    struct mail_value *values;
    size_t count;
    int64_t attempts; /* this one too */
    int64_t created_us, expires_us;
};

/* How an attempt ended. */
enum outbox_end {
    OUTBOX_SENT,
    OUTBOX_REFUSED, /* for good: nothing is gained by trying again */
    OUTBOX_FAILED,  /* try again */
    OUTBOX_AWAY,    /* try again, and nothing else by this channel just now */
    OUTBOX_STOPPED  /* interrupted by us: again at once */
};

/* Delivers one message. work: memory until it returns. reason:
 * OUTBOX_REASON_MAX bytes for why it did not work, without address or secret.
 */
typedef enum outbox_end outbox_deliver(void *data,
                                       const struct outbox_message *m,
                                       struct arena *work, char *reason);

/* What a pass is to do. */
struct outbox_job {
    enum store_channel channel;
    int64_t hold_us;    /* longer than deliver can take */
    struct arena *work; /* wiped after every message */
    outbox_deliver *deliver;
    void *data;
};

/* How long after its attempt-th failure (from 1) a message is tried again:
 * OUTBOX_DELAY_FIRST doubled each time up to OUTBOX_DELAY_MOST, moved by up to
 * a fifth either way by random. */
int64_t outbox_delay_us(int64_t attempt, uint64_t random);

/* Is anything due that can leave? Cheap. */
enum err outbox_is_due(struct ctx *c, bool *due_r);

/* What one pass did. */
struct outbox_pass {
    unsigned seen; /* due rows looked at; mail.batch: there may be more */
    unsigned sent; /* delivered */
    enum outbox_end last; /* OUTBOX_AWAY and OUTBOX_STOPPED end it early */
};

/* Takes due messages of a channel one by one, hides each from others while
 * deliver has it, and notes how it ended: a delivered one goes, what cannot be
 * delivered before its end is given up. What is worthless by now is never
 * delivered. Errors are the store's. */
enum err outbox_run(struct ctx *c, const struct outbox_job *job,
                    struct outbox_pass *pass_r);

#endif
