/* SPDX-License-Identifier: MIT */
/* Tokens that reset a password. Whoever uses one ends all of them, so that an
 * older mail in foreign hands opens nothing. */
#include "domain/app_once.h"
#include "domain/app_password.h"

enum err app_password_reset_make(struct ctx *c, const struct app *app,
                                 struct str user_id, struct str email,
                                 struct str *token_r)
{
    struct app_once once = {.purpose = STORE_APP_RESET};
    struct id account;
    enum err e = app_once_user(c, app, user_id, &once.user_id, &account);

    if (e == ERR_OK && id_is_nil(&account))
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK)
        e = app_user_email(c, email, &once.email);
    return e != ERR_OK
               ? e
               : app_once_make(c, app, &once, app->settings.reset_lifetime_us,
                               token_r);
}

/* A token's use, as its transaction needs it. */
struct resetting {
    struct ctx *c;
    const struct app *app;
    struct str token;
    struct app_once once;
    bool good;
};

static enum err reset_take(void *data)
{
    struct resetting *r = data;

    return app_once_take(r->c, r->app, r->token, &r->once, &r->good);
}

enum err app_password_reset_consume(struct ctx *c, const struct app *app,
                                    struct str token, struct str *user_id_r,
                                    struct str *email_r)
{
    struct resetting r = {.c = c,
                          .app = app,
                          .token = token,
                          .once = {.purpose = STORE_APP_RESET}};
    struct app_user_ref ref;
    enum err e = db_transact(c->db, reset_take, &r);

    if (e == ERR_NO_ROW || (e == ERR_OK && !r.good))
        return ERR_RESET_INVALID;
    if (e == ERR_OK)
        e = app_user_ref(c, app, r.once.user_id, &ref);
    if (e != ERR_OK)
        return e;
    *user_id_r = ref.user_id;
    *email_r = r.once.email;
    return ERR_OK;
}
