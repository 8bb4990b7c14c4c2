/* SPDX-License-Identifier: MIT */
/* One's own account: what it says, and its name and language. */
#ifndef GATEHOUSE_DOMAIN_PERSON_H
#define GATEHOUSE_DOMAIN_PERSON_H

#include "base/err.h"
#include "domain/account.h"
#include "domain/ctx.h"

/* What is to be changed; {NULL, 0} leaves as it is, empty text takes away. */
struct person_change {
    struct str name, locale;
};

/* The account in clear; ERR_NOT_FOUND. */
enum err person_read(struct ctx *c, const struct id *id,
                     struct account *account_r);

/* Changes name and language (a BCP 47 tag); account_r: how it is then.
 * ERR_NOT_FOUND, ERR_NAME_INVALID, ERR_LOCALE_INVALID. */
enum err person_update(struct ctx *c, const struct id *id,
                       const struct person_change *change,
                       struct account *account_r);

/* Sets the name, which must have two characters. ERR_DISPLAY_NAME when it has
 * not, else as person_update. */
enum err person_display(struct ctx *c, const struct id *id, struct str name,
                        struct account *account_r);

#endif
