/* SPDX-License-Identifier: MIT */
/* Opening and sealing of what an account row holds of a person. */
#include "domain/account_read.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "crypto/normal.h"
#include "domain/address.h"
#include "domain/two_factor.h"

#define ACCOUNT_NAME_MAX 200 /* characters; sealed they must fit the column */

enum err account_subject(struct ctx *c, const struct id *id,
                         struct str *subject_r)
{
    char text[ID_TEXT_LEN + 1];

    id_text(id, text);
    struct str subject = arena_str(c->arena, str_of(text));

    if (subject.p == NULL)
        return ERR_NO_MEMORY;
    *subject_r = subject;
    return ERR_OK;
}

static enum err account_place(struct ctx *c, const struct id *id,
                              const char *column, struct str *place_r)
{
    struct buf b = buf_new(c->arena);

    buf_put(&b, id->b, sizeof(id->b));
    buf_text(&b, column);
    return buf_done(&b, place_r);
}

static enum seal_purpose account_purpose(const char *column)
{
    return str_eq(str_of(column), STR(ACCOUNT_PHONE)) ? SEAL_PHONE : SEAL_EMAIL;
}

enum err account_seal(struct ctx *c, const struct id *id, const char *column,
                      struct str text, struct str *sealed_r)
{
    struct str place;
    enum err e = account_place(c, id, column, &place);

    if (e != ERR_OK)
        return e;
    return seal(c->sealer, c->arena, account_purpose(column), place, text,
                sealed_r);
}

static enum err account_open(struct ctx *c, const struct id *id,
                             const char *column, struct str sealed,
                             struct str *text_r)
{
    struct str place;

    if (sealed.n == 0) {
        *text_r = STR("");
        return ERR_OK;
    }
    enum err e = account_place(c, id, column, &place);

    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, account_purpose(column), place,
                      sealed, text_r);
    if (e != ERR_VALIDATION)
        return e;
    log_event(
        LOG_LEVEL_ERROR, "account.unreadable",
        (struct log_field[]){LOG_TEXT("column", str_of(column)), LOG_END});
    return ERR_INTERNAL;
}

enum err account_read(struct ctx *c, const struct store_account *row,
                      struct account *account_r)
{
    struct account a = {.id = row->id,
                        .locale = row->locale,
                        .roles = row->roles,
                        .groups = row->groups,
                        .providers = row->providers,
                        .active = row->active,
                        .has_password = row->password_hash != NULL,
                        .email_verified = row->email_verified_us != 0,
                        .totp = row->has_totp,
                        .email_factor = row->email_factor_us != 0,
                        .preferred =
                            two_factor_preferred(row, two_factor_on(row)),
                        .version = row->version,
                        .created_us = row->created_us};
    enum err e =
        account_open(c, &row->id, ACCOUNT_EMAIL, row->email_sealed, &a.email);

    if (e == ERR_OK)
        e = account_open(c, &row->id, ACCOUNT_NAME, row->name_sealed, &a.name);
    if (e == ERR_OK)
        e = account_open(c, &row->id, ACCOUNT_PHONE, row->phone_sealed,
                         &a.phone);
    if (e == ERR_OK)
        *account_r = a;
    return e;
}

enum err account_row(struct ctx *c, const struct id *id,
                     struct store_account *row_r)
{
    struct store_account row;
    enum err e = store_account_by_id(c->db, c->arena, id, &row);

    if (e == ERR_NO_ROW || (e == ERR_OK && row.realm_id != c->realm_id))
        return ERR_NOT_FOUND;
    if (e == ERR_OK)
        *row_r = row;
    return e;
}

enum err account_name(struct ctx *c, struct str name, struct str *name_r)
{
    struct str normal;
    enum err e = normal_nfc(c->arena, str_trim(name), &normal);

    if (e != ERR_OK)
        return e;
    if (str_has_control(normal) || normal_length(normal) > ACCOUNT_NAME_MAX)
        return ERR_VALIDATION;
    *name_r = normal;
    return ERR_OK;
}

enum err account_address(struct ctx *c, struct str email, struct str normal,
                         struct store_account *row, struct str *text_r)
{
    struct digest address;
    struct str text;
    enum err e = address_lookup(c, ACCOUNT_LOOKUP, normal, &address);

    if (e == ERR_OK)
        e = normal_nfc(c->arena, str_trim(email), &text);
    if (e == ERR_OK)
        e = account_seal(c, &row->id, ACCOUNT_EMAIL, text, &row->email_sealed);
    if (e != ERR_OK)
        return e;
    memcpy(row->email_hash, address.b, STORE_HASH_LEN);
    *text_r = text;
    return ERR_OK;
}
