/* SPDX-License-Identifier: MIT */
/* Sign-up, sign-in and what becomes of passwords, as back ends ask for it. */
#include "api/cdi_password.h"

#include "api/cdi.h"
#include "api/cdi_user.h"
#include "domain/app_password.h"

/* What a password cannot be, told as back ends know it. */
static enum err no_password(struct call *c)
{
    return cdi_bad(c, "Password cannot be an empty string");
}

enum err cdi_password_sign_up(struct call *c)
{
    enum { EMAIL, PASSWORD };
    struct app_user user;
    struct id account;

    if (cdi_value(c, PASSWORD)->text.n == 0)
        return no_password(c);
    enum err e =
        app_password_sign_up(c->ctx, &c->app, cdi_value(c, EMAIL)->text,
                             cdi_value(c, PASSWORD)->text, &user, &account);

    if (e == ERR_EMAIL_REGISTERED)
        return cdi_status(c, "EMAIL_ALREADY_EXISTS_ERROR");
    if (e == ERR_EMAIL_INVALID)
        return cdi_field_wrong(c, "email");
    return e != ERR_OK ? e : cdi_user_answer(c, &user, &account);
}

enum err cdi_password_sign_in(struct call *c)
{
    enum { EMAIL, PASSWORD };
    struct app_user user;
    struct id account;
    enum err e =
        app_password_sign_in(c->ctx, &c->app, cdi_value(c, EMAIL)->text,
                             cdi_value(c, PASSWORD)->text, &user, &account);

    if (e == ERR_INVALID_CREDENTIALS)
        return cdi_status(c, "WRONG_CREDENTIALS_ERROR");
    return e != ERR_OK ? e : cdi_user_answer(c, &user, &account);
}

/* Before 4.0 the address is the user's own. */
static enum err reset_email(struct call *c, struct str user_id,
                            const struct json_value *given, struct str *email_r)
{
    struct app_user user;

    if (given->present || c->cdi >= 400) {
        *email_r = given->text;
        return given->present ? ERR_OK : cdi_field_wrong(c, "email");
    }
    enum err e = app_user_get(c->ctx, &c->app, user_id, &user);

    if (e == ERR_OK)
        *email_r = user.logins[0].email;
    return e;
}

enum err cdi_password_reset_token(struct call *c)
{
    enum { USER_ID, EMAIL };
    const struct str user_id = cdi_value(c, USER_ID)->text;
    struct str email, token;
    enum err e = reset_email(c, user_id, cdi_value(c, EMAIL), &email);

    if (e == ERR_OK)
        e = app_password_reset_make(c->ctx, &c->app, user_id, email, &token);
    if (e == ERR_USER_NOT_FOUND)
        return cdi_status(c, "UNKNOWN_USER_ID_ERROR");
    if (e == ERR_EMAIL_INVALID)
        return cdi_field_wrong(c, "email");
    if (e != ERR_OK)
        return e;
    return cdi_token(c, token);
}

enum err cdi_password_reset_consume(struct call *c)
{
    struct str user_id, email;
    enum err e = app_password_reset_consume(
        c->ctx, &c->app, cdi_value(c, 0)->text, &user_id, &email);

    if (e == ERR_RESET_INVALID)
        return cdi_status(c, "RESET_PASSWORD_INVALID_TOKEN_ERROR");
    if (e != ERR_OK)
        return e;
    return cdi_user_email(c, user_id, email);
}

enum err cdi_password_reset(struct call *c)
{
    enum { METHOD, TOKEN, PASSWORD };
    struct app_password_change change = {.password =
                                             cdi_value(c, PASSWORD)->text};
    struct str email;
    enum err e;

    if (!str_eq(cdi_value(c, METHOD)->text, STR("token")))
        return cdi_bad(c, "Unsupported method for password reset");
    if (change.password.n == 0)
        return no_password(c);
    e = app_password_reset_consume(c->ctx, &c->app, cdi_value(c, TOKEN)->text,
                                   &change.user_id, &email);
    if (e == ERR_OK)
        e = app_password_change(c->ctx, &c->app, &change);
    if (e == ERR_RESET_INVALID || e == ERR_USER_NOT_FOUND)
        return cdi_status(c, "RESET_PASSWORD_INVALID_TOKEN_ERROR");
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_str(&c->res->json, "userId", change.user_id);
    cdi_end(c);
    return ERR_OK;
}

static enum err change_refused(struct call *c)
{
    cdi_begin(c, "EMAIL_CHANGE_NOT_ALLOWED_ERROR");
    json_str(&c->res->json, "reason",
             STR("New email is associated with another primary user"));
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_password_change(struct call *c)
{
    enum { RECIPE_USER_ID, USER_ID, EMAIL, PASSWORD };
    const struct json_value *id =
        cdi_value(c, c->cdi >= 400 ? RECIPE_USER_ID : USER_ID);
    const struct app_password_change change = {
        .user_id = id->text,
        .email = cdi_value(c, EMAIL)->text,
        .password = cdi_value(c, PASSWORD)->text};

    if (!id->present)
        return cdi_field_wrong(c, c->cdi >= 400 ? "recipeUserId" : "userId");
    if (change.email.p == NULL && change.password.p == NULL)
        return cdi_bad(c, "You need to provide either email or password");
    if (change.password.p != NULL && change.password.n == 0)
        return no_password(c);
    const enum err e = app_password_change(c->ctx, &c->app, &change);

    switch (e) {
    case ERR_OK:
        return cdi_status(c, "OK");
    case ERR_USER_NOT_FOUND:
        return cdi_status(c, "UNKNOWN_USER_ID_ERROR");
    case ERR_EMAIL_REGISTERED:
        return cdi_status(c, "EMAIL_ALREADY_EXISTS_ERROR");
    case ERR_CONFLICT:
        return change_refused(c);
    case ERR_EMAIL_INVALID:
        return cdi_field_wrong(c, "email");
    default:
        return e;
    }
}

/* hashingAlgorithm: by its name, or whichever it is. */
static bool import_kind(const struct json_value *name, enum password_kind *kind)
{
    static const struct {
        struct str name;
        enum password_kind kind;
    } names[] = {{STR_INIT("bcrypt"), PASSWORD_BCRYPT},
                 {STR_INIT("argon2"), PASSWORD_ARGON2},
                 {STR_INIT("firebase_scrypt"), PASSWORD_FIREBASE}};

    *kind = PASSWORD_KIND_COUNT;
    if (!name->present)
        return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_nocase(name->text, names[i].name))
            *kind = names[i].kind;
    }
    return *kind != PASSWORD_KIND_COUNT;
}

enum err cdi_password_import(struct call *c)
{
    enum { EMAIL, HASH, ALGORITHM };
    struct app_password_import in = {.email = cdi_value(c, EMAIL)->text,
                                     .hash =
                                         str_trim(cdi_value(c, HASH)->text)};
    struct app_user user;
    struct id account;
    bool existed = false;

    if (!import_kind(cdi_value(c, ALGORITHM), &in.kind))
        return cdi_bad(c, "Unsupported password hashing algorithm");
    in.hash = arena_str(c->ctx->arena, in.hash);
    if (in.hash.p == NULL)
        return ERR_NO_MEMORY;
    enum err e =
        app_password_import(c->ctx, &c->app, &in, &user, &account, &existed);

    if (e == ERR_VALIDATION)
        return cdi_bad(c, "Password hash is in invalid format");
    if (e == ERR_EMAIL_INVALID)
        return cdi_field_wrong(c, "email");
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    cdi_user_put(&c->res->json, "user", &user, &account, c->cdi);
    json_bool(&c->res->json, "didUserAlreadyExist", existed);
    cdi_end(c);
    return ERR_OK;
}
