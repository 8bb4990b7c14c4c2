/* SPDX-License-Identifier: MIT */
/* Messages to users of applications, with links to the pages of the frontend
 * interface. */
#ifndef GATEHOUSE_DOMAIN_APP_MAIL_H
#define GATEHOUSE_DOMAIN_APP_MAIL_H

#include "base/err.h"
#include "domain/app_user.h"
#include "domain/mail.h"

/* Queues a message with the link PAGE?token=…&tenantId=… that is good for
 * the life its kind of token has. page: its whole address without a query.
 * ERR_MAIL_DISABLED. */
enum err app_mail_link(struct ctx *c, const struct app *app,
                       const struct app_login *login, enum mail_kind kind,
                       struct str page, struct str token);

#endif
