/* SPDX-License-Identifier: MIT */
/* Sign-up and sign-in by password. Known or not, an address costs the same
 * look-up and the same hash. */
#include "domain/app_password.h"

#include <string.h>

#include "base/log.h"
#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/event.h"
#include "domain/sign_in.h"
#include "store/store_app_member.h"

#define HASH_WAIT_MS 3000
#define ACCOUNT_ROLE "USER"

static struct password_form form_of(const struct app *app)
{
    return (struct password_form){
        .kind = app->settings.password_hash == PASSWORD_HASH_ARGON2
                    ? PASSWORD_ARGON2
                    : PASSWORD_BCRYPT,
        .rounds = (unsigned)app->settings.bcrypt_rounds};
}

/* A new account, as its transaction needs it. */
struct making {
    struct ctx *c;
    struct store_account row;
    struct str own_id;
};

static enum err make_rows(void *data)
{
    const struct making *m = data;
    struct ctx *c = m->c;
    bool taken = false;
    enum err e = store_account_insert(c->db, &m->row);

    if (e == ERR_OK)
        e = store_app_email_taken(c->db, m->row.realm_id, m->row.email_hash,
                                  &m->row.id, &taken);
    if (e == ERR_OK && taken)
        e = ERR_DUPLICATE_ROW;
    if (e == ERR_OK)
        e = store_account_role_add(c->db, &m->row.id, STR(ACCOUNT_ROLE));
    return e != ERR_OK ? e
                       : event_record(c, EVENT_REGISTERED, m->own_id, NULL,
                                      (struct str){NULL, 0});
}

/* An account of that address (as app_user_email has it) and hash. */
static enum err make_account(struct ctx *c, const struct app *app,
                             struct str email, const char *hash,
                             struct app_user *user_r, struct id *account_r)
{
    struct making m = {.c = c,
                       .row = {.realm_id = app->realm_id,
                               .password_hash = hash,
                               .active = true,
                               .version = 1,
                               .created_us = clock_us(&c->clock)}};
    struct digest address;
    enum err e = app_user_email_hash(c, app->realm_id, email, &address);

    if (e == ERR_OK)
        e = id_new(m.row.created_us, &m.row.id);
    if (e == ERR_OK)
        e = account_subject(c, &m.row.id, &m.own_id);
    if (e == ERR_OK)
        e = account_seal(c, &m.row.id, ACCOUNT_EMAIL, email,
                         &m.row.email_sealed);
    if (e != ERR_OK)
        return e;
    memcpy(m.row.email_hash, address.b, STORE_HASH_LEN);
    e = db_transact(c->db, make_rows, &m);
    if (e == ERR_DUPLICATE_ROW)
        return ERR_EMAIL_REGISTERED;
    if (e == ERR_OK)
        e = app_user_load(c, app, &m.row.id, user_r);
    if (e == ERR_OK)
        *account_r = m.row.id;
    return e;
}

/* One text for one password, whichever way it was composed. */
static enum err password_text(struct ctx *c, struct str password,
                              struct str *text_r)
{
    return password.n == 0 ? ERR_VALIDATION
                           : normal_nfc(c->arena, password, text_r);
}

enum err app_password_sign_up(struct ctx *c, const struct app *app,
                              struct str email, struct str password,
                              struct app_user *user_r, struct id *account_r)
{
    const struct password_form form = form_of(app);
    char hash[PASSWORD_HASH_MAX];
    struct str address, text;
    enum err e = app_user_email(c, email, &address);

    if (e == ERR_OK)
        e = password_text(c, password, &text);
    if (e == ERR_OK)
        e = password_hash_as(c->hasher, &form, text, HASH_WAIT_MS, hash);
    return e != ERR_OK ? e
                       : make_account(c, app, address, hash, user_r, account_r);
}

/* Whose address it is; ERR_NO_ROW. */
static enum err find(struct ctx *c, const struct app *app, struct str email,
                     struct store_app_password *row)
{
    struct digest hash;
    enum err e = app_user_email_hash(c, app->realm_id, email, &hash);

    if (e == ERR_EMAIL_INVALID)
        return ERR_NO_ROW;
    return e != ERR_OK ? e
                       : store_app_password(c->db, c->arena, app->realm_id,
                                            hash.b, row);
}

/* Hashes of others are of the text as it came. */
static enum err check(struct ctx *c, const struct password_form *form,
                      struct str password, const char *hash, bool *rehash)
{
    struct str text;
    enum err e = normal_nfc(c->arena, password, &text);

    if (e == ERR_OK)
        e = password_verify_as(c->hasher, form, text, hash, HASH_WAIT_MS,
                               rehash);
    if (e == ERR_INVALID_CREDENTIALS && !str_eq(text, password))
        e = password_verify_as(c->hasher, form, password, hash, HASH_WAIT_MS,
                               rehash);
    return e;
}

/* Best effort: the sign-in has succeeded, and the next one tries again. */
static void hash_anew(struct ctx *c, const struct password_form *form,
                      struct str password, const struct store_app_password *row)
{
    char fresh[PASSWORD_HASH_MAX];
    struct str text;
    enum err e = normal_nfc(c->arena, password, &text);

    if (e == ERR_OK)
        e = password_hash_as(c->hasher, form, text, HASH_WAIT_MS, fresh);
    if (e == ERR_OK)
        e = store_account_rehash(c->db, &row->account_id, row->hash, fresh);
    if (e != ERR_OK)
        log_msg(LOG_LEVEL_WARNING, "account.not_rehashed", "%s", err_name(e));
}

enum err app_password_sign_in(struct ctx *c, const struct app *app,
                              struct str email, struct str password,
                              struct app_user *user_r, struct id *account_r)
{
    const struct password_form form = form_of(app);
    struct store_app_password row = {.usable = false};
    struct app_user user;
    bool rehash = false;
    enum err e = find(c, app, email, &row);
    const bool found = e == ERR_OK;

    if (e != ERR_OK && e != ERR_NO_ROW)
        return e;
    e = check(c, &form, password, row.usable ? row.hash : NULL, &rehash);
    if (e == ERR_INVALID_CREDENTIALS) {
        struct str own = {NULL, 0};

        if (found && account_subject(c, &row.account_id, &own) != ERR_OK)
            return ERR_NO_MEMORY;
        (void)event_record(c, EVENT_SIGN_IN_FAILED, own, NULL,
                           (struct str){NULL, 0});
        return e;
    }
    if (e == ERR_OK)
        e = app_user_load(c, app, &row.account_id, &user);
    if (e != ERR_OK)
        return e;
    if (rehash)
        hash_anew(c, &form, password, &row);
    *user_r = user;
    *account_r = row.account_id;
    return ERR_OK;
}

enum err app_password_suffices(struct ctx *c, const struct id *account,
                               bool *suffices_r)
{
    struct store_account row;
    enum err e = store_account_by_id(c->db, c->arena, account, &row);

    if (e == ERR_OK)
        *suffices_r = sign_in_wanted(&row, SIGN_IN_PASSWORD, false) == 0 &&
                      !sign_in_obliged(c->config, row.roles);
    return e;
}

enum err app_password_exists(struct ctx *c, const struct app *app,
                             struct str email, bool *exists_r)
{
    struct store_app_password row;
    enum err e = find(c, app, email, &row);

    if (e != ERR_OK && e != ERR_NO_ROW)
        return e;
    *exists_r = e == ERR_OK;
    return ERR_OK;
}

enum err app_password_import(struct ctx *c, const struct app *app,
                             const struct app_password_import *in,
                             struct app_user *user_r, struct id *account_r,
                             bool *existed_r)
{
    const enum password_kind kind = password_kind(in->hash);
    struct store_app_password row;
    struct app_user user;
    struct str email;
    enum err e = app_user_email(c, in->email, &email);

    if (kind == PASSWORD_KIND_COUNT ||
        (in->kind != PASSWORD_KIND_COUNT && in->kind != kind))
        return ERR_VALIDATION;
    if (e == ERR_OK)
        e = find(c, app, email, &row);
    if (e == ERR_NO_ROW) {
        *existed_r = false;
        return make_account(c, app, email, in->hash.p, user_r, account_r);
    }
    if (e == ERR_OK)
        e = store_app_password_set(c->db, &row.account_id, in->hash);
    if (e == ERR_OK)
        e = app_user_load(c, app, &row.account_id, &user);
    if (e != ERR_OK)
        return e;
    *existed_r = true;
    *user_r = user;
    *account_r = row.account_id;
    return ERR_OK;
}
