/* SPDX-License-Identifier: MIT */
/* The end of an account. */
#ifndef GATEHOUSE_DOMAIN_ACCOUNT_DELETE_H
#define GATEHOUSE_DOMAIN_ACCOUNT_DELETE_H

#include "base/err.h"
#include "domain/ctx.h"

/* Deletes an account with its sessions and everything else that hangs on it;
 * its tokens open nothing from then on. Its audit events stay. by: "self",
 * "operator" or the administrator's subject. ERR_USER_NOT_FOUND,
 * ERR_LAST_ADMIN. */
enum err account_delete(struct ctx *c, const struct id *id, const char *by);

#endif
