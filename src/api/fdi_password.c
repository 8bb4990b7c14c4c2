/* SPDX-License-Identifier: MIT */
/* Signing up and in by a password. */
#include "api/cdi_user.h"
#include "api/fdi.h"
#include "api/fdi_claims.h"
#include "api/fdi_factors.h"
#include "api/fdi_form.h"
#include "api/fdi_routes.h"
#include "api/fdi_token.h"
#include "domain/app_password.h"
#include "domain/throttle.h"

static const struct fdi_form_rule sign_up_rule = {true, true, true};
static const struct fdi_form_rule sign_in_rule = {true, true, false};

/* Is version, such as "3.1", one whose users have login methods? */
static bool is_rich(struct str version)
{
    struct str minor = str_trim(version);
    struct str major = str_cut(&minor, '.');
    uint64_t a = 0, b = 0;

    if (!str_uint(major, 999, &a) ||
        (minor.p != NULL && !str_uint(minor, 999, &b)))
        return false;
    return a >= 3 || (a == 1 && (b == 18 || b == 19));
}

/* Clients say which versions they speak; without a word it is the newest. */
static bool wants_rich(const struct call *c)
{
    struct str rest = http_field(c->req, "FDI_VERSION");
    bool rich = rest.p == NULL;

    while (rest.p != NULL)
        rich = is_rich(str_cut(&rest, ',')) || rich;
    return rich;
}

static void put_user(struct call *c, const struct app_user *user,
                     const struct app_login *login)
{
    struct json_out *j = &c->res->json;

    if (wants_rich(c)) {
        cdi_user_put(j, "user", user, &login->account_id, 504);
        return;
    }
    json_open(j, "user", '{');
    json_str(j, "id", user->id);
    json_str(j, "email", login->email);
    json_int(j, "timeJoined", user->joined_ms);
    json_close(j, '}');
}

/* A session for who has just proved to be that user, and the answer. It opens
 * nothing yet where second wants something. */
static enum err begin_session(struct call *c, const struct app_user *user,
                              const struct app_login *login,
                              const struct fdi_second *second)
{
    const bool by_cookie = fdi_token_wants_cookie(c);
    struct app_session_view view;
    struct app_session_start s = {.user_id = login->user_id,
                                  .data = STR("{}"),
                                  .anti_csrf =
                                      by_cookie && c->api->fdi.by_token,
                                  .form = APP_TOKEN_V5};
    enum err e = fdi_claims_start(c, login, second, &s.payload);

    if (e == ERR_OK)
        e = app_session_create(c->ctx, &c->app, &s, &view);
    if (e != ERR_OK)
        return e;
    fdi_token_give_new(c, by_cookie, &view);
    fdi_begin(c, "OK");
    put_user(c, user, login);
    fdi_end(c);
    return ERR_OK;
}

static enum err refuse_user(struct call *c)
{
    return fdi_reason(c, "SIGN_IN_NOT_ALLOWED",
                      "This account wants a second factor, which is not "
                      "asked for here. Please sign in another way.");
}

/* A password alone lets nobody in where a second factor is wanted that is not
 * asked for here. */
static enum err enter(struct call *c, const struct app_user *user,
                      const struct id *account)
{
    struct fdi_second second;
    enum err e = fdi_factors_second(c, &c->app, user->id, &second);

    if (e == ERR_OK && !fdi_factors_served(c, &second))
        return refuse_user(c);
    return e != ERR_OK
               ? e
               : begin_session(c, user, app_user_login(user, account), &second);
}

/* Reads the form, at a tenant where a password may begin a session. Where it
 * may not, the answer (c->answered) is of status refused. */
static enum err read_form(struct call *c, const struct fdi_form_rule *rule,
                          const char *refused, struct fdi_form *form_r)
{
    struct str body;
    bool whole = false;
    enum err e = fdi_form_body(c, &body);

    if (e == ERR_OK)
        e = fdi_form_read(c, body, rule, form_r);
    if (e != ERR_OK || c->answered)
        return e;
    e = fdi_admit(c);
    if (e == ERR_OK)
        e = fdi_factors_password(c, &whole);
    if (e != ERR_OK || whole)
        return e;
    c->answered = true;
    return fdi_reason(c, refused,
                      "A second factor is wanted here, which is not asked "
                      "for. Please ask whoever runs this service.");
}

static enum err sign_up(struct call *c, const struct fdi_form *form)
{
    struct app_user user;
    struct id account;
    enum err e = throttle_register(c->ctx);

    if (e == ERR_OK)
        e = app_password_sign_up(c->ctx, &c->app, form->email, form->password,
                                 &user, &account);
    if (e == ERR_EMAIL_REGISTERED)
        return fdi_form_error(
            c, "email", "This email already exists. Please sign in instead.");
    if (e == ERR_EMAIL_INVALID)
        return fdi_form_error(c, "email", "Email is invalid");
    return e != ERR_OK ? e : enter(c, &user, &account);
}

enum err fdi_password_sign_up(struct call *c)
{
    struct fdi_form form;
    enum err e = read_form(c, &sign_up_rule, "SIGN_UP_NOT_ALLOWED", &form);

    return e != ERR_OK || c->answered ? e : sign_up(c, &form);
}

/* A factor that was switched on by another face is asked for there. */
static enum err sign_in_by_password(struct call *c, const struct app_user *user,
                                    const struct id *account)
{
    bool suffices;
    enum err e = app_password_suffices(c->ctx, account, &suffices);

    if (e == ERR_OK && !suffices)
        return refuse_user(c);
    return e != ERR_OK ? e : enter(c, user, account);
}

/* The try is counted before it is made. */
static enum err sign_in(struct call *c, const struct fdi_form *form)
{
    const struct id nobody = {{0}};
    struct throttle_hold hold;
    struct app_user user;
    struct id account;
    struct str email;
    enum err e = app_user_email(c->ctx, form->email, &email);

    if (e == ERR_OK)
        e = throttle_login(c->ctx, email, &nobody, &hold);
    if (e != ERR_OK)
        return e;
    e = app_password_sign_in(c->ctx, &c->app, form->email, form->password,
                             &user, &account);
    if (e == ERR_INVALID_CREDENTIALS)
        return fdi_status(c, "WRONG_CREDENTIALS_ERROR");
    if (e != ERR_OK) {
        throttle_return(c->ctx, &hold);
        return e;
    }
    e = throttle_release(c->ctx, &hold);
    return e != ERR_OK ? e : sign_in_by_password(c, &user, &account);
}

enum err fdi_password_sign_in(struct call *c)
{
    struct fdi_form form;
    enum err e = read_form(c, &sign_in_rule, "SIGN_IN_NOT_ALLOWED", &form);

    return e != ERR_OK || c->answered ? e : sign_in(c, &form);
}

enum err fdi_password_exists(struct call *c)
{
    struct str email;
    bool exists;
    enum err e = http_query(c->ctx->arena, c->req, STR("email"), &email);

    if (e == ERR_OK && email.p == NULL)
        return fdi_bad(c, "Please provide the email as a GET param");
    if (e == ERR_OK)
        e = fdi_admit(c);
    if (e == ERR_OK)
        e = app_password_exists(c->ctx, &c->app, email, &exists);
    if (e != ERR_OK)
        return e;
    fdi_begin(c, "OK");
    json_bool(&c->res->json, "exists", exists);
    fdi_end(c);
    return ERR_OK;
}
