/* SPDX-License-Identifier: MIT */
/* A new password, by who knows the old one. */
#ifndef GATEHOUSE_DOMAIN_PASSWORD_CHANGE_H
#define GATEHOUSE_DOMAIN_PASSWORD_CHANGE_H

#include "base/err.h"
#include "domain/account.h"
#include "domain/ctx.h"

/* Who asks, and for what. */
struct password_change {
    struct id account_id;
    struct id session_id; /* the one that stays */
    struct str old_password, new_password;
};

/* Changes the password, ends the account's other sessions and every access
 * token, tells the owner; account_r: the account then. ERR_NOT_FOUND,
 * ERR_NO_PASSWORD, ERR_PASSWORD_*, ERR_INVALID_CREDENTIALS for a wrong old one
 * (also for one that was changed meanwhile), ERR_TOO_MANY_REQUESTS. */
enum err password_change(struct ctx *c, const struct password_change *change,
                         struct account *account_r);

#endif
