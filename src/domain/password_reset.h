/* SPDX-License-Identifier: MIT */
/* A new password, by who reads the mailbox. It opens no session and dodges no
 * second factor. */
#ifndef GATEHOUSE_DOMAIN_PASSWORD_RESET_H
#define GATEHOUSE_DOMAIN_PASSWORD_RESET_H

#include "base/err.h"
#include "domain/ctx.h"

/* Mails a link to the account's address, or to an address without account that
 * there is none: the same answer and work. *cooldown_s_r: seconds until the
 * next may be asked for. ERR_EMAIL_INVALID, ERR_MAIL_DISABLED,
 * ERR_MAIL_COOLDOWN, ERR_TOO_MANY_REQUESTS. */
enum err password_reset_request(struct ctx *c, struct str email,
                                int64_t *cooldown_s_r);

/* Seconds until then for an address, known or not; 0: at once.
 * ERR_EMAIL_INVALID. */
enum err password_reset_cooldown(struct ctx *c, struct str email,
                                 int64_t *left_s_r);

/* Mails the link on an operator's behalf, who never sees it. ERR_NOT_FOUND
 * (also for a disabled account), ERR_MAIL_DISABLED. */
enum err password_reset_start(struct ctx *c, const struct id *id);

/* The same as part of the caller's transaction. */
enum err password_reset_mail(struct ctx *c, const struct id *id);

/* Uses up a link's token, sets the password, ends every session and the trust
 * in every device, and tells the owner. ERR_RESET_INVALID, ERR_RESET_EXPIRED,
 * ERR_PASSWORD_* (the token stays good). */
enum err password_reset(struct ctx *c, struct str token, struct str password);

#endif
