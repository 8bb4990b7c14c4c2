/* SPDX-License-Identifier: MIT */
/* Passwords that were forgotten. Whether an address is known is not told. */
#include "api/fdi.h"
#include "api/fdi_form.h"
#include "api/fdi_mail.h"
#include "api/fdi_routes.h"
#include "domain/app_password.h"
#include "domain/app_session.h"
#include "domain/app_user.h"
#include "domain/throttle.h"

static const struct fdi_form_rule email_rule = {true, false, false};
static const struct fdi_form_rule password_rule = {false, true, true};

/* Whom the address belongs to that signs in by a password. */
struct asking {
    const struct app_login *login;
};

static enum err look(void *data, const struct app_user *user)
{
    struct asking *a = data;

    for (size_t i = 0; i < user->login_count && a->login == NULL; i++)
        if (user->logins[i].provider.p == NULL)
            a->login = &user->logins[i];
    return ERR_OK;
}

static enum err send_token(struct call *c, const struct app_login *login)
{
    struct str token;
    enum err e = app_password_reset_make(c->ctx, &c->app, login->user_id,
                                         login->email, &token);

    return e != ERR_OK ? e
                       : fdi_mail(c, login, MAIL_PASSWORD_RESET,
                                  "/reset-password", token);
}

/* Somebody who asks again at once gets no second message, and is not told. */
static enum err ask(struct call *c, struct str email)
{
    const struct app_user_query query = {.email = email};
    struct asking a = {NULL};
    enum err e = app_user_find(c->ctx, &c->app, &query, look, &a);

    if (e == ERR_OK)
        e = throttle_cooldown(c->ctx, "mail-password-reset", email);
    if (e == ERR_MAIL_COOLDOWN)
        return ERR_OK;
    return e != ERR_OK || a.login == NULL ? e : send_token(c, a.login);
}

enum err fdi_reset_token(struct call *c)
{
    struct fdi_form form;
    struct str body;
    enum err e = fdi_form_body(c, &body);

    if (e == ERR_OK)
        e = fdi_form_read(c, body, &email_rule, &form);
    if (e != ERR_OK || c->answered)
        return e;
    if (!mail_enabled(c->api->config, STORE_CHANNEL_MAIL))
        return ERR_MAIL_DISABLED;
    e = fdi_admit(c);
    if (e == ERR_OK)
        e = app_user_email(c->ctx, form.email, &form.email);
    if (e == ERR_OK)
        e = ask(c, form.email);
    return e != ERR_OK ? e : fdi_status(c, "OK");
}

static enum err ignore(void *data, struct str handle)
{
    (void)data;
    (void)handle;
    return ERR_OK;
}

/* Whoever has lost a password may have lost it to somebody: all sessions end.
 */
static enum err change(struct call *c, struct str user_id, struct str password)
{
    const struct app_password_change to = {.user_id = user_id,
                                           .password = password};
    const struct app_session_whose whose = {
        .user_id = user_id, .linked = true, .all_tenants = true};
    enum err e = app_password_change(c->ctx, &c->app, &to);

    return e != ERR_OK
               ? e
               : app_session_revoke_user(c->ctx, &c->app, &whose, ignore, NULL);
}

enum err fdi_reset(struct call *c)
{
    static const char *const refusals[] = {
        "Please provide the password reset token",
        "The password reset token must be a string"};
    struct fdi_form form;
    struct str body, token, user_id, email;
    enum err e = fdi_form_body(c, &body);

    if (e == ERR_OK)
        e = fdi_form_read(c, body, &password_rule, &form);
    if (e != ERR_OK || c->answered)
        return e;
    e = fdi_form_text(c, body, "token", refusals, &token);
    if (e == ERR_OK)
        e = fdi_admit(c);
    if (e == ERR_OK)
        e = app_password_reset_consume(c->ctx, &c->app, token, &user_id,
                                       &email);
    if (e == ERR_OK)
        e = change(c, user_id, form.password);
    if (e == ERR_RESET_INVALID || e == ERR_USER_NOT_FOUND)
        return fdi_status(c, "RESET_PASSWORD_INVALID_TOKEN_ERROR");
    return e != ERR_OK ? e : fdi_status(c, "OK");
}
