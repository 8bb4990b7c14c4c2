/* SPDX-License-Identifier: MIT */
/* Another address for an account. With mail it counts once the new mailbox has
 * answered; whether it is taken is told to its owner, not to who asks. */
#ifndef GATEHOUSE_DOMAIN_EMAIL_CHANGE_H
#define GATEHOUSE_DOMAIN_EMAIL_CHANGE_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/account.h"
#include "domain/ctx.h"

/* Asks for the change. *pending_r: it waits for the link in the new mailbox;
 * without mail it has happened. *cooldown_s_r: seconds until the next may be
 * asked for. ERR_NOT_FOUND, ERR_EMAIL_INVALID, ERR_TOO_MANY_REQUESTS; with mail
 * ERR_MAIL_COOLDOWN, without ERR_EMAIL_TAKEN. */
enum err email_change(struct ctx *c, const struct id *id, struct str email,
                      bool *pending_r, int64_t *cooldown_s_r);

/* Uses up the token mailed to the new address; account_r: the account then. The
 * old address is told. ERR_VERIFICATION_INVALID, ERR_VERIFICATION_EXPIRED,
 * ERR_EMAIL_TAKEN. */
enum err email_change_confirm(struct ctx *c, struct str token,
                              struct account *account_r);

#endif
