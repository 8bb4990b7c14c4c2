/* SPDX-License-Identifier: MIT */
/* Messages to people. A message is a row of the outbox, written in the
 * transaction it tells of; the courier renders and delivers it. */
#ifndef GATEHOUSE_DOMAIN_MAIL_H
#define GATEHOUSE_DOMAIN_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "store/store_outbox.h"

enum mail_kind {
#define MAIL(name, word, on) MAIL_##name,
#include "domain/mail.def"
#undef MAIL
    MAIL_COUNT
};

/* A word of a template and what stands for it. */
struct mail_value {
    const char *name;
    struct str text;
};

#define MAIL_VALUES_MAX 12

/* A message. */
struct mail {
    enum mail_kind kind;
    enum store_channel channel;
    struct id account_id; /* nil: nobody's */
    struct str to;        /* address or number, in clear */
    struct str locale;    /* empty: mail.default_locale */
    const struct mail_value *values;
    size_t count;       /* at most MAIL_VALUES_MAX */
    int64_t lifetime_s; /* worthless afterwards; 0: mail.retry_for */
};

/* The word of a kind. Static text. */
const char *mail_word(enum mail_kind kind);

/* Can messages leave by that channel? */
bool mail_enabled(const struct config *config, enum store_channel channel);

/* Is this kind switched on? */
bool mail_wanted(const struct config *config, enum mail_kind kind);

/* Puts a message into the outbox, with the request's time, address, browser and
 * system as further values (time, ip, browser, os, place). Part of the caller's
 * transaction. ERR_MAIL_DISABLED when nothing leaves by that channel. */
enum err mail_queue(struct ctx *c, const struct mail *m);

/* Tells an account's owner of something: to its address, in its language.
 * ERR_OK also when the kind or mail is off, or the account has no address. Part
 * of the caller's transaction. */
enum err mail_alert(struct ctx *c, enum mail_kind kind,
                    const struct id *account_id,
                    const struct mail_value *values, size_t count);

#endif
