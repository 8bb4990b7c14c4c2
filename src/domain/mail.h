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
#define MAIL(name, word, on, values) MAIL_##name,
#include "domain/mail.def"
#undef MAIL
    MAIL_COUNT
};

/* A word of a template and what stands for it: plain text, escaped where it is
 * put into HTML. */
struct mail_value {
    const char *name;
    struct str text;
};

#define MAIL_VALUES_MAX 12

/* Words every template may use: of the request time, ip, browser, os and place,
 * of the configuration app and url. */
#define MAIL_VALUES_COMMON "time ip browser os place app url"

/* A message. */
struct mail {
    enum mail_kind kind;
    enum store_channel channel;
    struct id account_id; /* nil: nobody's */
    struct str to;        /* address or number, in clear */
    struct str locale;    /* the person's; empty: none known */
    const struct mail_value *values;
    size_t count;        /* at most MAIL_VALUES_MAX */
    int64_t lifetime_s;  /* worthless afterwards; 0: mail.retry_for */
    struct id *queued_r; /* NULL, or gets the id of the row */
};

/* The word of a kind. Static text. */
const char *mail_word(enum mail_kind kind);

/* The kind of a word; MAIL_COUNT when there is none. */
enum mail_kind mail_kind_of(struct str word);

/* The words of the kind's own values, parted by blanks. Static text. */
const char *mail_value_names(enum mail_kind kind);

/* Can messages leave by that channel? */
bool mail_enabled(const struct config *config, enum store_channel channel);

/* Is this kind switched on? */
bool mail_wanted(const struct config *config, enum mail_kind kind);

/* Puts a message into the outbox, with what the request tells of itself as
 * further values. In the language the request asks for (its locale parameter),
 * else the person's, else the one its browser prefers, else
 * mail.default_locale. Part of the caller's transaction. ERR_MAIL_DISABLED when
 * nothing leaves by that channel. */
enum err mail_queue(struct ctx *c, const struct mail *m);

/* Tells an account's owner of something: to its address, in its language.
 * ERR_OK also when the kind or mail is off, or the account has no address. Part
 * of the caller's transaction. */
enum err mail_alert(struct ctx *c, enum mail_kind kind,
                    const struct id *account_id,
                    const struct mail_value *values, size_t count);

#endif
