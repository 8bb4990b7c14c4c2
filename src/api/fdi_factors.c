/* SPDX-License-Identifier: MIT */
/* A tenant's list may name factors of the back end's own, which stay in it: the
 * page knows what to do with them. */
#include "api/fdi_factors.h"

#include <string.h>

#include "base/buf.h"
#include "base/json_read.h"
#include "domain/app_metadata.h"
#include "domain/app_tenants.h"
#include "domain/app_totp.h"

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
        buf_word(&b, word);
    }
    return buf_done(&b, factors_r);
}

enum err fdi_factors(struct call *c, struct str *factors_r)
{
    struct app_tenant tenant;
    enum err e = app_tenant_read(c->ctx, &c->app, &tenant);

    return e != ERR_OK ? e : first_of(c, tenant.first_factors, factors_r);
}

bool fdi_factors_served(const struct call *c, const struct fdi_second *second)
{
    return second->wanted.n == 0 ||
           str_has_word(second->wanted, STR(FDI_PASSWORD)) ||
           (c->api->config->fdi_totp &&
            str_has_word(second->wanted, STR(FDI_TOTP)));
}

enum err fdi_factors_password(struct call *c, bool *whole_r)
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
    *whole_r = fdi_factors_served(
        c, &(struct fdi_second){.wanted = tenant.second_factors});
    return ERR_OK;
}

/* What is no name is wanted all the same, and nobody can show it. */
static enum err add_noted(struct call *c, struct str user_id, struct buf *b)
{
    struct str json, name;
    struct json_part part;
    enum err e = app_metadata_get(c->ctx, &c->app, user_id, &json);

    if (e != ERR_OK)
        return e;
    struct json_walk w =
        json_walk(json_read_member(json_read_member(json, STR("_supertokens")),
                                   STR("requiredSecondaryFactors")));

    while (json_walk_next(&w, &part)) {
        e = json_read_text(c->ctx->arena, part.value, &name);
        if (e != ERR_OK && e != ERR_VALIDATION)
            return e;
        if (e != ERR_OK || name.n == 0 || memchr(name.p, ' ', name.n) != NULL)
            name = STR("?");
        buf_word(b, name);
    }
    return ERR_OK;
}

static enum err see_device(void *data, const struct app_totp_device *device)
{
    bool *proved = data;

    *proved = *proved || device->verified;
    return ERR_OK;
}

enum err fdi_factors_second(struct call *c, const struct app *tenant,
                            struct str user_id, struct fdi_second *second_r)
{
    struct fdi_second second = {.device = false};
    struct buf b = buf_new(c->ctx->arena);
    struct app_tenant row;
    enum err e = app_tenant_read(c->ctx, tenant, &row);

    if (e == ERR_OK) {
        buf_str(&b, row.second_factors);
        e = add_noted(c, user_id, &b);
    }
    if (e == ERR_OK)
        e = buf_done(&b, &second.wanted);
    if (e == ERR_OK && c->api->config->fdi_totp)
        e = app_totp_list(c->ctx, &c->app, user_id, see_device, &second.device);
    if (e != ERR_OK)
        return e;
    if (second.wanted.n == 0 && second.device)
        second.wanted = STR(FDI_TOTP);
    *second_r = second;
    return ERR_OK;
}
