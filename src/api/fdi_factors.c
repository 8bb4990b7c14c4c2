/* SPDX-License-Identifier: MIT */
/* A tenant's list may name factors of the back end's own, which stay in it: the
 * page knows what to do with them. */
#include "api/fdi_factors.h"

#include "base/buf.h"
#include "base/json_read.h"
#include "domain/app_metadata.h"
#include "domain/app_tenants.h"

/* What an SDK knows and is not served here. */
#define FACTORS_ABSENT                                                         \
    "thirdparty otp-email otp-phone link-email link-phone webauthn totp"

static enum err first_of(struct call *c, struct str named,
                         struct str *factors_r)
{
    struct buf b = buf_new(c->ctx->arena);

    if (named.p == NULL)
        named = STR(FDI_PASSWORD);
    while (named.n > 0) {
        struct str word = str_cut(&named, ' ');

        if (word.n == 0 || str_has_word(STR(FACTORS_ABSENT), word))
            continue;
        buf_text(&b, b.n > 0 ? " " : "");
        buf_str(&b, word);
    }
    return buf_done(&b, factors_r);
}

enum err fdi_factors(struct call *c, struct str *factors_r)
{
    struct app_tenant tenant;
    enum err e = app_tenant_read(c->ctx, &c->app, &tenant);

    return e != ERR_OK ? e : first_of(c, tenant.first_factors, factors_r);
}

enum err fdi_factors_password(struct call *c, bool *suffices_r)
{
    struct app_tenant tenant;
    struct str factors;
    enum err e = app_tenant_read(c->ctx, &c->app, &tenant);

    if (e == ERR_OK)
        e = first_of(c, tenant.first_factors, &factors);
    if (e != ERR_OK)
        return e;
    if (!str_has_word(factors, STR(FDI_PASSWORD)))
        return ERR_SESSION_INVALID;
    *suffices_r = tenant.second_factors.n == 0;
    return ERR_OK;
}

enum err fdi_factors_user(struct call *c, struct str user_id, bool *suffices_r)
{
    struct str json;
    struct json_part part;
    enum err e = app_metadata_get(c->ctx, &c->app, user_id, &json);

    if (e != ERR_OK)
        return e;
    struct json_walk w =
        json_walk(json_read_member(json_read_member(json, STR("_supertokens")),
                                   STR("requiredSecondaryFactors")));

    *suffices_r = !json_walk_next(&w, &part);
    return ERR_OK;
}
