/* SPDX-License-Identifier: MIT */
/* Ways to sign in, taken away and added by the account's owner. */
#ifndef GATEHOUSE_DOMAIN_IDENTITY_CHANGE_H
#define GATEHOUSE_DOMAIN_IDENTITY_CHANGE_H

#include "base/err.h"
#include "domain/account.h"
#include "domain/ctx.h"

/* Disconnects a provider (by name) from the account of session, forgets the
 * tokens kept of it, ends the sessions it began but this one, tells the owner;
 * account_r: the account then. ERR_USER_NOT_FOUND (guests, too),
 * ERR_DISCONNECT_PASSWORD, ERR_PROVIDER_NOT_FOUND, ERR_DISCONNECT_LAST when the
 * account would open by nothing else. */
enum err identity_disconnect(struct ctx *c, const struct store_session *session,
                             struct str provider, struct account *account_r);

/* Gives the account of session, which has no password, one; older access tokens
 * are over, sessions go on. tokens_r: new ones for this session.
 * ERR_USER_NOT_FOUND (guests, too), ERR_PASSWORD_SET, ERR_PASSWORD_*. */
enum err identity_password(struct ctx *c, const struct store_session *session,
                           struct str password, struct account *account_r,
                           struct tokens *tokens_r);

#endif
