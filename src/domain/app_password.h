/* SPDX-License-Identifier: MIT */
/* Users of applications who sign in by a password: what the core interface and
 * the frontend interface have in common. Which passwords are good enough is
 * their callers' to say. */
#ifndef GATEHOUSE_DOMAIN_APP_PASSWORD_H
#define GATEHOUSE_DOMAIN_APP_PASSWORD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app_user.h"

/* Makes an account in app's tenant; *account_r its id, for app_user_login.
 * ERR_EMAIL_REGISTERED (after the same work) when the address has an owner
 * there, ERR_EMAIL_INVALID, ERR_VALIDATION for an empty password. Hashes. */
enum err app_password_sign_up(struct ctx *c, const struct app *app,
                              struct str email, struct str password,
                              struct app_user *user_r, struct id *account_r);

/* Who that is. ERR_INVALID_CREDENTIALS, after the same work, also for an
 * unknown address and a disabled account. Counts no tries: back ends and the
 * frontend interface do. Hashes. */
enum err app_password_sign_in(struct ctx *c, const struct app *app,
                              struct str email, struct str password,
                              struct app_user *user_r, struct id *account_r);

/* Is a password enough for that account? Not where it has switched a second
 * factor on, or has a role that wants one. */
enum err app_password_suffices(struct ctx *c, const struct id *account,
                               bool *suffices_r);

/* Has somebody in app's tenant a password and that address? */
enum err app_password_exists(struct ctx *c, const struct app *app,
                             struct str email, bool *exists_r);

/* What changes of an account: {NULL, 0} leaves it. */
struct app_password_change {
    struct str user_id; /* the recipe user's */
    struct str email, password;
};

/* Changes address, password or both. A new password ends no session: whoever
 * asks for it says so (app_session_revoke_user). ERR_USER_NOT_FOUND,
 * ERR_EMAIL_REGISTERED when the address has another owner in one of the
 * account's tenants, ERR_CONFLICT when it is another primary user's. Hashes
 * when there is a password. */
enum err app_password_change(struct ctx *c, const struct app *app,
                             const struct app_password_change *change);

/* A token that resets the password of a user in app's tenant; email: which
 * address it will be good for. ERR_USER_NOT_FOUND. */
enum err app_password_reset_make(struct ctx *c, const struct app *app,
                                 struct str user_id, struct str email,
                                 struct str *token_r);

/* Uses it up, and with it every other one of the user. ERR_RESET_INVALID, also
 * for one that is over. The password is set by app_password_change. */
enum err app_password_reset_consume(struct ctx *c, const struct app *app,
                                    struct str token, struct str *user_id_r,
                                    struct str *email_r);

/* A hash somebody else has made: bcrypt, Argon2 or Firebase's scrypt. */
struct app_password_import {
    struct str email, hash;
    enum password_kind kind; /* PASSWORD_KIND_COUNT: whichever it is */
};

/* Makes an account of it, or gives it to the one that has the address;
 * *existed_r. ERR_VALIDATION when the hash is none (of that kind). */
enum err app_password_import(struct ctx *c, const struct app *app,
                             const struct app_password_import *in,
                             struct app_user *user_r, struct id *account_r,
                             bool *existed_r);

#endif
