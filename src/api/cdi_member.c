/* SPDX-License-Identifier: MIT */
/* Users come into a tenant and leave it; an account stays its application's. */
#include "api/cdi_member.h"

#include "api/cdi.h"
#include "base/json_read.h"
#include "domain/app_provider.h"
#include "domain/app_user.h"

/* Before CDI 4.0 the one id users had. */
static enum err user_of(struct call *c, struct str *user_id_r)
{
    const struct json_value *v = cdi_value(c, c->cdi >= 400 ? 0 : 1);

    if (!v->present)
        return cdi_field_wrong(c, c->cdi >= 400 ? "recipeUserId" : "userId");
    *user_id_r = v->text;
    return ERR_OK;
}

enum err cdi_member_add(struct call *c)
{
    struct str user_id = {NULL, 0};
    bool already = false;
    enum err e = user_of(c, &user_id);

    if (e == ERR_OK)
        e = app_user_tenant_add(c->ctx, &c->app, user_id, &already);
    switch (e) {
    case ERR_OK:
        return cdi_flag(c, "wasAlreadyAssociated", already);
    case ERR_USER_NOT_FOUND:
        return cdi_status(c, "UNKNOWN_USER_ID_ERROR");
    case ERR_EMAIL_REGISTERED:
        return cdi_status(c, "EMAIL_ALREADY_EXISTS_ERROR");
    default:
        return e;
    }
}

enum err cdi_member_drop(struct call *c)
{
    struct str user_id = {NULL, 0};
    bool was = false;
    enum err e = user_of(c, &user_id);

    if (e == ERR_OK)
        e = app_user_tenant_drop(c->ctx, &c->app, user_id, &was);
    return e == ERR_OK || e == ERR_USER_NOT_FOUND
               ? cdi_flag(c, "wasAssociated", was)
               : e;
}

enum err cdi_member_provider_put(struct call *c)
{
    struct str config = cdi_value(c, 0)->text, id;
    bool was = false;
    enum err e = json_read_text(
        c->ctx->arena, json_read_member(config, STR("thirdPartyId")), &id);

    if (e == ERR_VALIDATION || (e == ERR_OK && id.n == 0))
        return cdi_field_wrong(c, "thirdPartyId");
    if (e == ERR_OK)
        e = app_provider_put(c->ctx, &c->app, id, config, &was);
    return e == ERR_OK ? cdi_flag(c, "createdNew", !was) : e;
}

enum err cdi_member_provider_drop(struct call *c)
{
    bool was = false;
    enum err e = app_provider_put(c->ctx, &c->app, cdi_value(c, 0)->text,
                                  (struct str){NULL, 0}, &was);

    return e == ERR_OK ? cdi_flag(c, "didConfigExist", was) : e;
}
