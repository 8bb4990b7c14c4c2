/* SPDX-License-Identifier: MIT */
/* Accounts as administrators look for them. */
#ifndef GATEHOUSE_DOMAIN_ACCOUNT_SEARCH_H
#define GATEHOUSE_DOMAIN_ACCOUNT_SEARCH_H

#include "base/err.h"
#include "domain/account.h"
#include "domain/ctx.h"
#include "store/store_account.h"

/* Gets an account of a search and its last activity (0: none is known). */
typedef enum err account_found(void *data, const struct account *account,
                               int64_t active_us);

/* One account. ERR_USER_NOT_FOUND. */
enum err account_find(struct ctx *c, const struct id *id,
                      struct account *account_r);

/* Calls each for a page of the accounts that fit search, whose realm and
 * address are filled in here (email empty: any); *total_r: how many fit, at
 * most STORE_SEARCH_MAX. */
enum err account_search(struct ctx *c, struct str email,
                        struct store_search *search, account_found *each,
                        void *data, int64_t *total_r);

#endif
