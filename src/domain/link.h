/* SPDX-License-Identifier: MIT */
/* Where mailed links lead: a page of the operator's or a built-in one. */
#ifndef GATEHOUSE_DOMAIN_LINK_H
#define GATEHOUSE_DOMAIN_LINK_H

#include "base/err.h"
#include "domain/challenge.h"
#include "domain/ctx.h"
#include "domain/mail.h"

/* What a link is for. */
enum link_kind {
    LINK_VERIFY_EMAIL,
    LINK_RESET_PASSWORD,
    LINK_SIGN_OUT_DEVICE,
    LINK_COUNT
};

/* The path of the built-in page. Static text. */
const char *link_path(enum link_kind kind);

/* The address of the page with ?token= behind it. */
enum err link_url(struct ctx *c, enum link_kind kind, struct str token,
                  struct str *url_r);

/* A message with a link that is good once. */
struct link_letter {
    enum challenge_kind challenge;
    enum link_kind page;
    enum mail_kind mail;
    struct challenge ch; /* account, address and payload; its life is set */
    struct str to, name, locale;
    int64_t lifetime_s;
    bool unsent; /* everything but the message: for what must not show */
};

/* Makes the challenge, which replaces an older one of its kind, and queues the
 * message. Part of the caller's transaction. ERR_MAIL_DISABLED. */
enum err link_send(struct ctx *c, struct link_letter *letter);

/* A number of minutes as text, rounded up, for messages. */
enum err link_minutes(struct ctx *c, int64_t seconds, struct str *text_r);

#endif
