/* SPDX-License-Identifier: MIT */
/* One's own account: shown, changed, deleted. */
#include "api/api_person.h"

#include "api/api_answer.h"
#include "api/api_cookie.h"
#include "api/api_sign_in.h"
#include "domain/email_change.h"
#include "domain/password_change.h"
#include "domain/person.h"
#include "domain/dossier.h"

/* The caller's session, which names the account. */
static const struct store_session *caller(const struct call *c)
{
    return &c->view.state.row;
}

/* A subject that another program brought has no account here. */
static enum err person_err(enum err e)
{
    return e == ERR_NOT_FOUND ? ERR_USER_NOT_FOUND : e;
}

static struct str person_text(struct str text)
{
    return text.n > 0 ? text : (struct str){NULL, 0};
}

static void person_put_factors(struct json_out *j, const struct account *a)
{
    static const struct str words[] = {
        [STORE_FACTOR_TOTP] = STR_INIT("totp"),
        [STORE_FACTOR_EMAIL] = STR_INIT("email"),
    };
    enum store_factor preferred = a->preferred;

    if (preferred == STORE_FACTOR_NONE && a->email_factor)
        preferred = STORE_FACTOR_EMAIL;
    if (preferred == STORE_FACTOR_NONE && a->totp)
        preferred = STORE_FACTOR_TOTP;
    json_bool(j, "twoFactorAuthEnabled", a->totp || a->email_factor);
    json_open(j, "twoFactorMethods", '[');
    if (a->totp)
        json_str(j, NULL, words[STORE_FACTOR_TOTP]);
    if (a->email_factor)
        json_str(j, NULL, words[STORE_FACTOR_EMAIL]);
    json_close(j, ']');
    json_str(j, "preferredTwoFactorMethod",
             a->totp || a->email_factor ? words[preferred]
                                        : (struct str){NULL, 0});
}

void api_person_answer(struct call *c, const struct account *account,
                       int64_t active_us)
{
    struct json_out *j = &c->res->json;

    http_json_begin(c->res, 200);
    json_id(j, "id", &account->id);
    json_str(j, "name", person_text(account->name));
    json_str(j, "email", person_text(account->email));
    json_bool(j, "emailVerified", account->email_verified);
    json_str(j, "phone", person_text(account->phone));
    struct str rest = account->providers;

    json_open(j, "identityProviders", '[');
    while (rest.n > 0)
        json_str(j, NULL, str_cut(&rest, ' '));
    if (account->has_password)
        json_str(j, NULL, STR("password"));
    json_close(j, ']');
    json_words(j, "roles", account->roles);
    json_words(j, "groups", account->groups);
    person_put_factors(j, account);
    json_str(j, "locale", person_text(account->locale));
    json_time(j, "lastActive", active_us);
    json_time(j, "createdAt", account->created_us);
    http_json_end(c->res);
}

enum err api_person_blame(struct call *c, const char *field, enum err e)
{
    switch (e) {
    case ERR_EMAIL_INVALID:
    case ERR_PASSWORD_TOO_SHORT:
    case ERR_PASSWORD_TOO_LONG:
    case ERR_PASSWORD_COMMON:
    case ERR_PASSWORD_CONTEXT:
    case ERR_NAME_INVALID:
    case ERR_LOCALE_INVALID:
        return api_answer_invalid(c, field, e);
    default:
        return person_err(e);
    }
}

static enum err person_shown(struct call *c, enum err e,
                             const struct account *account)
{
    if (e == ERR_OK)
        api_person_answer(c, account, caller(c)->active_us);
    return person_err(e);
}

enum err api_person_get(struct call *c)
{
    struct account account;
    enum err e = person_read(c->ctx, &caller(c)->account_id, &account);

    return person_shown(c, e, &account);
}

enum err api_person_put(struct call *c)
{
    const struct json_value *v = c->body.values;
    const struct person_change change = {
        v[0].present ? v[0].text : (struct str){NULL, 0},
        v[1].present ? v[1].text : (struct str){NULL, 0}};
    struct account account;
    enum err e =
        person_update(c->ctx, &caller(c)->account_id, &change, &account);

    if (e == ERR_NAME_INVALID || e == ERR_LOCALE_INVALID)
        return api_answer_invalid(c, e == ERR_NAME_INVALID ? "name" : "locale",
                                  e);
    return person_shown(c, e, &account);
}

enum err api_person_delete(struct call *c)
{
    const struct id *id = &caller(c)->account_id;
    uint64_t events;
    enum err e = id_is_nil(id) ? ERR_USER_NOT_FOUND
                               : dossier_erase(c->ctx, id, "self", &events);

    if (e != ERR_OK)
        return e;
    c->touch = false;
    api_answer_success(c);
    api_cookie_clear_all(c);
    return ERR_OK;
}

enum err api_person_email(struct call *c)
{
    struct json_out *j = &c->res->json;
    int64_t cooldown;
    bool pending;
    enum err e = api_sign_in_device(c);

    if (e == ERR_OK)
        e = email_change(c->ctx, &caller(c)->account_id, c->body.values[0].text,
                         &pending, &cooldown);
    if (e != ERR_OK)
        return api_person_blame(c, "newEmail", e);
    http_json_begin(c->res, 200);
    json_bool(j, "verificationRequired", pending);
    json_int(j, "cooldown", cooldown);
    http_json_end(c->res);
    return ERR_OK;
}

enum err api_person_password(struct call *c)
{
    const struct json_value *v = c->body.values;
    const struct password_change change = {caller(c)->account_id, caller(c)->id,
                                           v[0].text, v[1].text};
    struct account account;
    enum err e = api_sign_in_device(c);

    if (e == ERR_OK)
        e = password_change(c->ctx, &change, &account);
    if (e == ERR_NO_PASSWORD)
        c->detail = "Add one: POST /api/users/me/providers/password";
    if (e != ERR_OK)
        return api_person_blame(c, "newPassword", e);
    return person_shown(c, e, &account);
}

static enum err person_put_user(struct call *c, const struct account *account)
{
    struct json_out *j = &c->res->json;

    http_json_begin(c->res, 200);
    json_open(j, "user", '{');
    json_id(j, "userId", &account->id);
    json_str(j, "phoneNumber", person_text(account->phone));
    json_str(j, "email", person_text(account->email));
    json_str(j, "displayName", account->name);
    json_id(j, "sessionId", &caller(c)->id);
    json_close(j, '}');
    http_json_end(c->res);
    return ERR_OK;
}

enum err api_person_me(struct call *c)
{
    struct account account;
    enum err e = person_read(c->ctx, &caller(c)->account_id, &account);

    return e != ERR_OK ? person_err(e) : person_put_user(c, &account);
}

enum err api_person_complete(struct call *c)
{
    struct account account;
    enum err e = person_display(c->ctx, &caller(c)->account_id,
                                c->body.values[0].text, &account);

    if (e != ERR_OK)
        return api_person_blame(c, "displayName", e);
    return person_put_user(c, &account);
}
