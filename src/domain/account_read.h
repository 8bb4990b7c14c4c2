/* SPDX-License-Identifier: MIT */
/* Between an account's row and what it says in clear. */
#ifndef GATEHOUSE_DOMAIN_ACCOUNT_READ_H
#define GATEHOUSE_DOMAIN_ACCOUNT_READ_H

#include "base/err.h"
#include "domain/account.h"
#include "domain/ctx.h"

#define ACCOUNT_LOOKUP                                                         \
    "email" /* label of address_lookup for the row's hash                      \
             */

/* The sealed columns; the name is part of the place, so that one column's value
 * does not open in the other. */
#define ACCOUNT_EMAIL "email"
#define ACCOUNT_NAME "name"
#define ACCOUNT_PHONE "phone"

/* The subject of an account: its id as text. */
enum err account_subject(struct ctx *c, const struct id *id,
                         struct str *subject_r);

/* The realm's account row of that id; ERR_NOT_FOUND. */
enum err account_row(struct ctx *c, const struct id *id,
                     struct store_account *row_r);

/* A person's name as it is kept: trimmed, in NFC. ERR_VALIDATION for control
 * characters or more than 200 characters. */
enum err account_name(struct ctx *c, struct str name, struct str *name_r);

/* Seals text for a column of the account's row. */
enum err account_seal(struct ctx *c, const struct id *id, const char *column,
                      struct str text, struct str *sealed_r);

/* Puts an address into a row: hash of its comparable form, and sealed as typed
 * (text_r: trimmed, in NFC). */
enum err account_address(struct ctx *c, struct str email, struct str normal,
                         struct store_account *row, struct str *text_r);

/* The account of a row, opened. ERR_INTERNAL (and a log line) when a seal does
 * not fit its row. */
enum err account_read(struct ctx *c, const struct store_account *row,
                      struct account *account_r);

#endif
