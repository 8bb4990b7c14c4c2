/* SPDX-License-Identifier: MIT */
/* Is an address its account's? A link that is mailed there says so. */
#ifndef GATEHOUSE_DOMAIN_EMAIL_VERIFY_H
#define GATEHOUSE_DOMAIN_EMAIL_VERIFY_H

#include "base/err.h"
#include "domain/account.h"
#include "domain/ctx.h"

/* Label of throttle_cooldown for these messages; sign-up begins it too. */
#define EMAIL_VERIFY_COOLDOWN "mail-verify-email"

/* Queues the link to the account's address. Part of the caller's transaction.
 * ERR_MAIL_DISABLED. */
enum err email_verify_letter(struct ctx *c, const struct account *account);

/* May a new account's address be sent that link now? One message an address and
 * span, and none where no mail leaves; *send_r. Errors are the store's. */
enum err email_verify_due(struct ctx *c, struct str normal, bool *send_r);

/* The letter on demand; *cooldown_s_r: seconds until the next may be asked for.
 * ERR_NOT_FOUND (also for an account without address), ERR_EMAIL_VERIFIED,
 * ERR_MAIL_DISABLED, ERR_MAIL_COOLDOWN. */
enum err email_verify_send(struct ctx *c, const struct id *id,
                           int64_t *cooldown_s_r);

/* Seconds until then; 0: at once. ERR_NOT_FOUND. */
enum err email_verify_cooldown(struct ctx *c, const struct id *id,
                               int64_t *left_s_r);

/* Uses up the token of a link of email_verify_letter or email_change, and does
 * what it is for; account_r: the account as it is then.
 * ERR_VERIFICATION_INVALID, ERR_VERIFICATION_EXPIRED, ERR_EMAIL_VERIFIED when
 * this link has done it already, ERR_EMAIL_TAKEN when the new address has
 * become somebody else's meanwhile. */
enum err email_verify(struct ctx *c, struct str token,
                      struct account *account_r);

#endif
