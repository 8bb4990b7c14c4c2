/* SPDX-License-Identifier: MIT */
/* What owners are told of suspicious uses. */
#ifndef GATEHOUSE_DOMAIN_WATCH_TELL_H
#define GATEHOUSE_DOMAIN_WATCH_TELL_H

#include "base/err.h"
#include "domain/ctx.h"
#include "domain/mail.h"

/* Fills in who the client is, if that has not been done. */
enum err watch_tell_identify(struct ctx *c);

/* "Chrome on Windows 10", as far as it is known. */
enum err watch_tell_device(struct ctx *c, struct str *text_r);

/* Mails the account's owner about a session, with a link that says "this was
 * not me"; reason NULL: the message has none. ERR_OK also when the kind or mail
 * is off. Part of the caller's transaction. */
enum err watch_tell(struct ctx *c, enum mail_kind kind,
                    const struct id *account, const struct id *session,
                    const char *reason);

#endif
