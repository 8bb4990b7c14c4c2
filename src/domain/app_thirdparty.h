/* SPDX-License-Identifier: MIT */
/* Users of applications whom a provider vouches for: the back end has asked it.
 * Known by provider and the id there, within a tenant; an address is only
 * noted, and may be anybody's. */
#ifndef GATEHOUSE_DOMAIN_APP_THIRDPARTY_H
#define GATEHOUSE_DOMAIN_APP_THIRDPARTY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app_user.h"
#include "store/store_identity.h"

#define APP_PROVIDER_MAX 32 /* bytes of a provider's name: ASCII */

/* Somebody a back end tells of. */
struct app_thirdparty_person {
    struct str provider, subject, email;
    bool verified; /* the provider says so of the address */
};

/* What came of it. */
struct app_thirdparty_entry {
    bool made; /* the account is new */
    struct app_user user;
    struct id account; /* for app_user_login */
};

/* Signs in, or makes an account in app's tenant; an account that only the
 * provider opens takes the address over. ERR_SUB_CLAIM_MISSING for a provider
 * or an id that no row could hold, ERR_EMAIL_INVALID, ERR_FORBIDDEN for an
 * account that is disabled; ERR_CONFLICT when it is linked and its new address
 * is another primary user's. */
enum err app_thirdparty_enter(struct ctx *c, const struct app *app,
                              const struct app_thirdparty_person *p,
                              struct app_thirdparty_entry *entry_r);

/* Which row of identity a person has in app's tenant: fills row's hash.
 * ERR_SUB_CLAIM_MISSING as above. */
enum err app_thirdparty_key(struct ctx *c, const struct app *app,
                            const struct app_thirdparty_person *p,
                            struct store_identity *row);

/* Fills the rest of the row with that hash, for a new account. */
enum err app_thirdparty_row(struct ctx *c, const struct app *app,
                            const struct app_thirdparty_person *p,
                            const struct id *account,
                            struct store_identity *row);

#endif
