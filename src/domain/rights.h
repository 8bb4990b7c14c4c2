/* SPDX-License-Identifier: MIT */
/* Roles: granted, revoked, and the rule that one administrator stays. Every
 * change ends the person's access tokens at once. */
#ifndef GATEHOUSE_DOMAIN_RIGHTS_H
#define GATEHOUSE_DOMAIN_RIGHTS_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "store/store_account.h"

#define RIGHTS_USER "USER"
#define RIGHTS_ADMIN "ADMIN"
#define RIGHTS_GUEST "GUEST"

/* Inside a transaction: locks the account's row until its end and reads it.
 * ERR_USER_NOT_FOUND for an unknown id and another realm's. */
enum err rights_lock(struct ctx *c, const struct id *id,
                     struct store_account *row_r);

/* Inside the same: ERR_LAST_ADMIN when row is an administrator and the realm
 * has no other that is active. Others that ask wait for the transaction. */
enum err rights_keep_admin(struct ctx *c, const struct store_account *row);

/* The detail of an event about rights: {"role":"ADMIN","by":"…"}; what NULL:
 * by alone. */
enum err rights_detail(struct ctx *c, const char *what, struct str name,
                       const char *by, struct str *detail_r);

/* Grants or revokes a role; having it so already is no error and changes
 * nothing. With a role that wants a second factor the sessions end in which
 * none has been proved. by: who does it, for the audit. ERR_USER_NOT_FOUND;
 * ERR_ROLE_NOT_FOUND for a role that is none here; ERR_ROLE_FIXED for USER,
 * which everybody has, and GUEST; ERR_GUEST_CANNOT when it is a guest's;
 * ERR_LAST_ADMIN. */
enum err rights_grant(struct ctx *c, const struct id *id, struct str role,
                      const char *by);
/* The reverse. */
enum err rights_revoke(struct ctx *c, const struct id *id, struct str role,
                       const char *by);

#endif
