/* SPDX-License-Identifier: MIT */
/* Links to the pages of the website that uses the frontend interface. */
#ifndef GATEHOUSE_API_FDI_MAIL_H
#define GATEHOUSE_API_FDI_MAIL_H

#include "api/call.h"
#include "base/err.h"
#include "domain/app_mail.h"

/* Queues a message with a link to that page (its path behind
 * fdi.website_base_path). ERR_MAIL_DISABLED. */
enum err fdi_mail(struct call *c, const struct app_login *login,
                  enum mail_kind kind, const char *page, struct str token);

#endif
