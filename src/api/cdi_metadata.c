/* SPDX-License-Identifier: MIT */
/* What a back end notes about a user, kept as it was sent. */
#include "api/cdi.h"
#include "api/cdi_people.h"
#include "domain/app_metadata.h"

enum { META_USER, META_UPDATE };

static enum err metadata_answer(struct call *c, struct str json)
{
    cdi_begin(c, "OK");
    json_raw(&c->res->json, "metadata", json);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_metadata_get(struct call *c)
{
    struct str user_id, json;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = cdi_query(c, "userId", true, &user_id);
    if (e == ERR_OK)
        e = app_metadata_get(c->ctx, &c->app, user_id, &json);
    return e != ERR_OK ? e : metadata_answer(c, json);
}

enum err cdi_metadata_put(struct call *c)
{
    struct str json;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = app_metadata_update(c->ctx, &c->app, cdi_value(c, META_USER)->text,
                                cdi_value(c, META_UPDATE)->text, &json);
    if (e == ERR_VALIDATION)
        return cdi_field_wrong(c, "metadataUpdate");
    return e != ERR_OK ? e : metadata_answer(c, json);
}

enum err cdi_metadata_remove(struct call *c)
{
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = app_metadata_remove(c->ctx, &c->app, cdi_value(c, META_USER)->text);
    return e != ERR_OK ? e : cdi_status(c, "OK");
}
