/* SPDX-License-Identifier: MIT */
/* Switching second factors on and off. A factor that comes on ends every
 * session of the account, this one too; one that goes off ends the others; both
 * end access tokens at once and every device's trust, and tell the owner. */
#ifndef GATEHOUSE_DOMAIN_TWO_FACTOR_CHANGE_H
#define GATEHOUSE_DOMAIN_TWO_FACTOR_CHANGE_H

#include "base/err.h"
#include "domain/account.h"
#include "domain/ctx.h"
#include "domain/two_factor_totp.h"
#include "store/store_session.h"

/* All take the session of who asks; *account_r is the account afterwards.
 * ERR_USER_NOT_FOUND when it is nobody's with an account or a guest's,
 * ERR_NO_PASSWORD for an account without a password. */

/* Begins to set TOTP up; nothing is stored. ERR_FACTOR_ON_ALREADY. */
enum err two_factor_totp_begin(struct ctx *c,
                               const struct store_session *session,
                               struct two_factor_setup *setup_r);

/* Switches it on, when code is right for the token's secret; that code is used
 * up. ERR_TOTP_SETUP_INVALID, ERR_TOTP_SETUP_EXPIRED, ERR_CODE_WRONG,
 * ERR_FACTOR_ON_ALREADY. */
enum err two_factor_totp_enable(struct ctx *c,
                                const struct store_session *session,
                                struct str token, struct str code,
                                struct account *account_r);

/* Switches it off. ERR_FACTOR_OFF_ALREADY, ERR_FACTOR_ONLY. */
enum err two_factor_totp_disable(struct ctx *c,
                                 const struct store_session *session,
                                 struct account *account_r);

/* Switches codes by mail on, by a code that the session asked for.
 * ERR_CODE_WRONG, ERR_CODE_EXPIRED, ERR_CODE_TRIES, ERR_FACTOR_ON_ALREADY. */
enum err two_factor_email_enable(struct ctx *c,
                                 const struct store_session *session,
                                 struct str code, struct account *account_r);

/* Switches them off. ERR_FACTOR_OFF_ALREADY, ERR_FACTOR_ONLY. */
enum err two_factor_email_disable(struct ctx *c,
                                  const struct store_session *session,
                                  struct account *account_r);

/* Which to ask for first. ERR_FACTOR_OFF. */
enum err two_factor_prefer(struct ctx *c, const struct store_session *session,
                           enum store_factor factor, struct account *account_r);

/* New recovery codes for the old ones. ERR_FACTOR_NO_TOTP. */
enum err two_factor_renew(struct ctx *c, const struct store_session *session,
                          struct str codes_r[TWO_FACTOR_RECOVERY_CODES]);

/* An operator's way for who has lost a factor: takes TOTP, recovery codes,
 * codes by mail and trust away and ends every session. *changed_r: there was
 * something. ticket goes into the audit. ERR_NOT_FOUND. */
enum err two_factor_reset(struct ctx *c, const struct id *account,
                          struct str ticket, bool *changed_r);

#endif
