/* SPDX-License-Identifier: MIT */
/* Accounts that are one user, and people a provider vouches for. */
#include "api/cdi.h"
#include "api/cdi_people.h"
#include "api/cdi_user.h"
#include "base/json_read.h"
#include "domain/app_link.h"
#include "domain/app_thirdparty.h"

#define TAKEN_ID "This user ID is already linked to another user ID"
#define TAKEN_ADDRESS                                                          \
    "This user's email is already associated with another user ID"
#define V4 400

enum { LINK_USER, LINK_PRIMARY };
enum { ENTER_PROVIDER, ENTER_SUBJECT, ENTER_EMAIL };

/* A question or a change, and how its answers are called. */
struct linking {
    bool only_ask;
    const char *already; /* the member that says so */
    const char *linked;  /* status of an account that is linked to another */
};

static enum err in_the_way(struct call *c, const char *status, const char *text,
                           const struct app_link_outcome *out)
{
    const bool tells_user = out->user.login_count > 0;

    cdi_begin(c, status);
    json_str(&c->res->json, "primaryUserId", out->other);
    json_str(&c->res->json, "description", str_of(text));
    if (tells_user)
        cdi_user_put(&c->res->json, "user", &out->user, NULL, c->cdi);
    cdi_end(c);
    return ERR_OK;
}

static enum err link_answer(struct call *c, enum err e, const struct linking *l,
                            const struct app_link_outcome *out)
{
    switch (e) {
    case ERR_OK:
        break;
    case ERR_USER_NOT_FOUND:
        return cdi_bad(c, "Unknown user ID provided");
    case ERR_APP_NOT_PRIMARY:
        return cdi_status(c, "INPUT_USER_IS_NOT_A_PRIMARY_USER");
    case ERR_APP_LINKED:
        return in_the_way(c, l->linked, TAKEN_ID, out);
    case ERR_APP_LINK_ADDRESS:
        return in_the_way(
            c,
            "ACCOUNT_INFO_ALREADY_ASSOCIATED_WITH_ANOTHER_PRIMARY_USER_ID_"
            "ERROR",
            TAKEN_ADDRESS, out);
    default:
        return e;
    }
    cdi_begin(c, "OK");
    json_bool(&c->res->json, l->already, out->already);
    if (!l->only_ask)
        cdi_user_put(&c->res->json, "user", &out->user, NULL, c->cdi);
    cdi_end(c);
    return ERR_OK;
}

static enum err make_primary(struct call *c, struct str user_id, bool only_ask)
{
    const struct linking l = {
        only_ask, "wasAlreadyAPrimaryUser",
        "RECIPE_USER_ID_ALREADY_LINKED_WITH_PRIMARY_USER_ID_ERROR"};
    struct app_link_outcome out = {.already = false};
    enum err e = app_link_primary(c->ctx, &c->app, user_id, only_ask, &out);

    return link_answer(c, e, &l, &out);
}

static enum err make_link(struct call *c, struct str user_id,
                          struct str primary, bool only_ask)
{
    const struct linking l = {
        only_ask, "accountsAlreadyLinked",
        "RECIPE_USER_ID_ALREADY_LINKED_WITH_ANOTHER_PRIMARY_USER_ID_ERROR"};
    struct app_link_outcome out = {.already = false};
    enum err e =
        app_link_join(c->ctx, &c->app, user_id, primary, only_ask, &out);

    return link_answer(c, e, &l, &out);
}

enum err cdi_link_primary_ask(struct call *c)
{
    struct str user_id;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = cdi_query(c, "recipeUserId", true, &user_id);
    return e != ERR_OK ? e : make_primary(c, user_id, true);
}

enum err cdi_link_primary(struct call *c)
{
    enum err e = cdi_public_only(c);

    return e != ERR_OK ? e
                       : make_primary(c, cdi_value(c, LINK_USER)->text, false);
}

enum err cdi_link_ask(struct call *c)
{
    struct str user_id = {NULL, 0}, primary = {NULL, 0};
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = cdi_query(c, "recipeUserId", true, &user_id);
    if (e == ERR_OK)
        e = cdi_query(c, "primaryUserId", true, &primary);
    return e != ERR_OK ? e : make_link(c, user_id, primary, true);
}

enum err cdi_link(struct call *c)
{
    enum err e = cdi_public_only(c);

    return e != ERR_OK ? e
                       : make_link(c, cdi_value(c, LINK_USER)->text,
                                   cdi_value(c, LINK_PRIMARY)->text, false);
}

enum err cdi_link_part(struct call *c)
{
    bool was = false, deleted = false;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = app_link_part(c->ctx, &c->app, cdi_value(c, LINK_USER)->text, &was,
                          &deleted);
    if (e == ERR_USER_NOT_FOUND)
        return cdi_bad(c, "Unknown user ID provided");
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_bool(&c->res->json, "wasRecipeUserDeleted", deleted);
    json_bool(&c->res->json, "wasLinked", was);
    cdi_end(c);
    return ERR_OK;
}

/* The address and whether the provider has verified it, which was not told
 * before 4.0. */
static enum err enter_email(struct call *c, struct app_thirdparty_person *p)
{
    struct str object = cdi_value(c, ENTER_EMAIL)->text;
    struct str id = json_read_member(object, STR("id"));
    struct str verified = json_read_member(object, STR("isVerified"));
    enum err e = json_read_text(c->ctx->arena, id, &p->email);

    if (e == ERR_VALIDATION)
        return cdi_field_wrong(c, "id");
    if (e == ERR_OK && !json_read_bool(verified, &p->verified) &&
        (verified.p != NULL || c->cdi >= V4))
        e = cdi_field_wrong(c, "isVerified");
    return e;
}

static enum err enter_answer(struct call *c,
                             const struct app_thirdparty_entry *entry)
{
    const struct app_login *login =
        app_user_login(&entry->user, &entry->account);

    cdi_begin(c, "OK");
    json_bool(&c->res->json, "createdNewUser", entry->made);
    cdi_user_put(&c->res->json, "user", &entry->user, &entry->account, c->cdi);
    if (c->cdi >= V4)
        json_str(&c->res->json, "recipeUserId",
                 login != NULL ? login->user_id : entry->user.id);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_thirdparty_enter(struct call *c)
{
    struct app_thirdparty_person p = {
        .provider = cdi_value(c, ENTER_PROVIDER)->text,
        .subject = cdi_value(c, ENTER_SUBJECT)->text};
    struct app_thirdparty_entry entry;
    enum err e = enter_email(c, &p);

    if (e == ERR_OK)
        e = app_thirdparty_enter(c->ctx, &c->app, &p, &entry);
    switch (e) {
    case ERR_OK:
        return enter_answer(c, &entry);
    case ERR_CONFLICT:
        cdi_begin(c, "EMAIL_CHANGE_NOT_ALLOWED_ERROR");
        json_str(&c->res->json, "reason",
                 STR("Email already associated with another primary user."));
        cdi_end(c);
        return ERR_OK;
    case ERR_SUB_CLAIM_MISSING:
        return cdi_field_wrong(c, "thirdPartyId");
    case ERR_EMAIL_INVALID:
        return cdi_field_wrong(c, "email");
    default:
        return e;
    }
}

/* Only people of providers, as they were told before 4.0. */
static enum err put_entered(void *data, const struct app_user *user)
{
    struct call *c = data;

    for (size_t i = 0; i < user->login_count; i++) {
        const struct app_login *l = &user->logins[i];

        if (l->provider.p != NULL)
            cdi_user_put(&c->res->json, NULL, user, &l->account_id, c->cdi);
    }
    return c->res->body.failed ? ERR_NO_MEMORY : ERR_OK;
}

enum err cdi_thirdparty_by_email(struct call *c)
{
    struct app_user_query query = {.any = true};
    enum err e = cdi_query(c, "email", true, &query.email);

    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_open(&c->res->json, "users", '[');
    e = app_user_find(c->ctx, &c->app, &query, put_entered, c);
    json_close(&c->res->json, ']');
    cdi_end(c);
    return e;
}
