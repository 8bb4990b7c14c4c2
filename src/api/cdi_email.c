/* SPDX-License-Identifier: MIT */
/* Verification of addresses and mapped ids, as back ends ask for it. */
#include "api/cdi.h"
#include "api/cdi_password.h"
#include "base/json_read.h"
#include "domain/app_email.h"
#include "domain/app_user_map.h"

enum { USER_ID, EMAIL };

/* An address or id that cannot be one. */
static enum err wrong(struct call *c, enum err e)
{
    if (e == ERR_EMAIL_INVALID)
        return cdi_field_wrong(c, "email");
    return e == ERR_VALIDATION ? cdi_field_wrong(c, "userId") : e;
}

enum err cdi_email_token(struct call *c)
{
    struct str token;
    bool already = false;
    enum err e =
        app_email_token_make(c->ctx, &c->app, cdi_value(c, USER_ID)->text,
                             cdi_value(c, EMAIL)->text, &token, &already);

    if (e != ERR_OK)
        return wrong(c, e);
    if (already)
        return cdi_status(c, "EMAIL_ALREADY_VERIFIED_ERROR");
    return cdi_token(c, token);
}

enum err cdi_email_verify(struct call *c)
{
    enum { METHOD, TOKEN };
    struct str user_id, email;

    if (!str_eq(cdi_value(c, METHOD)->text, STR("token")))
        return cdi_bad(c, "Unsupported method for email verification");
    enum err e = app_email_token_consume(
        c->ctx, &c->app, cdi_value(c, TOKEN)->text, &user_id, &email);

    if (e == ERR_VERIFICATION_INVALID)
        return cdi_status(c, "EMAIL_VERIFICATION_INVALID_TOKEN_ERROR");
    if (e != ERR_OK)
        return e;
    return cdi_user_email(c, user_id, email);
}

enum err cdi_email_verified(struct call *c)
{
    struct str user_id, email;
    bool verified = false;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = cdi_query(c, "userId", true, &user_id);
    if (e == ERR_OK)
        e = cdi_query(c, "email", true, &email);
    if (e == ERR_OK)
        e = app_email_verified(c->ctx, &c->app, user_id, email, &verified);
    if (e != ERR_OK)
        return wrong(c, e);
    return cdi_flag(c, "isVerified", verified);
}

enum err cdi_email_unverify(struct call *c)
{
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = app_email_set(c->ctx, &c->app, cdi_value(c, USER_ID)->text,
                          cdi_value(c, EMAIL)->text, false);
    return e != ERR_OK ? wrong(c, e) : cdi_status(c, "OK");
}

enum err cdi_email_token_drop(struct call *c)
{
    enum err e =
        app_email_token_drop(c->ctx, &c->app, cdi_value(c, USER_ID)->text,
                             cdi_value(c, EMAIL)->text);

    return e != ERR_OK ? wrong(c, e) : cdi_status(c, "OK");
}

/* Which of the two ids an id is: ANY where nothing is said. */
static bool map_kind(struct str text, enum app_user_map_id *kind_r)
{
    *kind_r = str_eq(text, STR("SUPERTOKENS")) ? APP_USER_MAP_OWN
              : str_eq(text, STR("EXTERNAL"))  ? APP_USER_MAP_EXTERNAL
                                               : APP_USER_MAP_ANY;
    return *kind_r != APP_USER_MAP_ANY || text.p == NULL ||
           str_eq(text, STR("ANY"));
}

static enum err map_taken(struct call *c,
                          const struct app_user_map_taken *taken)
{
    cdi_begin(c, "USER_ID_MAPPING_ALREADY_EXISTS_ERROR");
    json_bool(&c->res->json, "doesSuperTokensUserIdExist", taken->user_id);
    json_bool(&c->res->json, "doesExternalUserIdExist", taken->external_id);
    cdi_end(c);
    return ERR_OK;
}

/* What stands under the id keeps it as it is, unless it is forced. */
static enum err map_used(struct call *c, enum app_user_use use)
{
    static const char *const texts[] = {
        [APP_USER_USE_NONE] = "UserId is already in use",
        [APP_USER_USE_SESSION] = "UserId is already in use in Session recipe",
        [APP_USER_USE_METADATA] =
            "UserId is already in use in UserMetadata recipe",
        [APP_USER_USE_ROLE] = "UserId is already in use in UserRoles recipe",
        [APP_USER_USE_EMAIL] =
            "UserId is already in use in EmailVerification recipe",
        [APP_USER_USE_TOTP] = "UserId is already in use in TOTP recipe"};

    return cdi_bad(c, texts[use]);
}

enum err cdi_user_map_add(struct call *c)
{
    enum { OWN, EXTERNAL, INFO, FORCE };
    const struct app_user_map map = {
        .user_id = str_trim(cdi_value(c, OWN)->text),
        .external_id = str_trim(cdi_value(c, EXTERNAL)->text),
        .info = cdi_value(c, INFO)->text};
    struct app_user_map_taken taken = {.user_id = false};
    enum err e = cdi_public_only(c);

    if (e != ERR_OK)
        return e;
    if (map.external_id.n == 0)
        return cdi_field_wrong(c, "externalUserId");
    e = app_user_map_add(c->ctx, &c->app, &map, cdi_value(c, FORCE)->boolean,
                         &taken);
    switch (e) {
    case ERR_OK:
        return cdi_status(c, "OK");
    case ERR_USER_NOT_FOUND:
        return cdi_status(c, "UNKNOWN_SUPERTOKENS_USER_ID_ERROR");
    case ERR_CONFLICT:
        return map_taken(c, &taken);
    case ERR_FORBIDDEN:
        return map_used(c, taken.use);
    default:
        return e;
    }
}

enum err cdi_user_map_get(struct call *c)
{
    struct app_user_map map;
    enum app_user_map_id kind;
    struct str id, type;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = cdi_query(c, "userId", true, &id);
    if (e == ERR_OK)
        e = cdi_query(c, "userIdType", false, &type);
    if (e != ERR_OK)
        return e;
    if (!map_kind(type, &kind))
        return cdi_bad(c, "userIdType is SUPERTOKENS, EXTERNAL or ANY");
    e = app_user_map_get(c->ctx, &c->app, id, kind, &map);
    if (e == ERR_USER_NOT_FOUND)
        return cdi_status(c, "UNKNOWN_MAPPING_ERROR");
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_str(&c->res->json, "superTokensUserId", map.user_id);
    json_str(&c->res->json, "externalUserId", map.external_id);
    if (map.info.p != NULL)
        json_str(&c->res->json, "externalUserIdInfo", map.info);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_user_map_drop(struct call *c)
{
    enum { ID, TYPE, FORCE };
    enum app_user_map_id kind;
    struct app_user_map_gone gone = {.existed = false};
    enum err e = cdi_public_only(c);

    if (e == ERR_OK && !map_kind(cdi_value(c, TYPE)->text, &kind))
        return cdi_field_wrong(c, "userIdType");
    if (e == ERR_OK)
        e = app_user_map_drop(c->ctx, &c->app, cdi_value(c, ID)->text, kind,
                              cdi_value(c, FORCE)->boolean, &gone);
    if (e == ERR_FORBIDDEN)
        return map_used(c, gone.use);
    if (e != ERR_OK)
        return e;
    return cdi_flag(c, "didMappingExist", gone.existed);
}

/* null forgets what was noted. */
enum err cdi_user_map_note(struct call *c)
{
    enum { ID, TYPE, INFO };
    struct str info = cdi_value(c, INFO)->text;
    enum app_user_map_id kind;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK && !map_kind(cdi_value(c, TYPE)->text, &kind))
        return cdi_field_wrong(c, "userIdType");
    if (e == ERR_OK && json_read_null(info))
        info = (struct str){NULL, 0};
    else if (e == ERR_OK)
        e = json_read_text(c->ctx->arena, info, &info);
    if (e == ERR_VALIDATION)
        return cdi_field_wrong(c, "externalUserIdInfo");
    if (e == ERR_OK)
        e = app_user_map_note(c->ctx, &c->app, cdi_value(c, ID)->text, kind,
                              info);
    if (e == ERR_USER_NOT_FOUND)
        return cdi_status(c, "UNKNOWN_MAPPING_ERROR");
    return e != ERR_OK ? e : cdi_status(c, "OK");
}
