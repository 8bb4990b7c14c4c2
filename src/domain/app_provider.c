/* SPDX-License-Identifier: MIT */
/* One list per tenant, read and written as a whole under the tenant's row. */
#include "domain/app_provider.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "store/store_app.h"

#define PROVIDERS_MAX 65536 /* bytes of a tenant's list */

/* As reseal_place has it. */
static enum err place_of(struct ctx *c, int64_t realm_id, struct str *place_r)
{
    struct buf b = buf_new(c->arena);

    buf_char(&b, 'r');
    buf_int(&b, realm_id);
    buf_text(&b, "providers");
    return buf_done(&b, place_r);
}

enum err app_provider_open(struct ctx *c, int64_t realm_id, struct str sealed,
                           struct str *array_r)
{
    struct str place;
    enum err e;

    if (sealed.p == NULL) {
        *array_r = STR("[]");
        return ERR_OK;
    }
    e = place_of(c, realm_id, &place);
    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, SEAL_PROVIDER_TOKENS, place, sealed,
                      array_r);
    return e == ERR_VALIDATION ? ERR_INTERNAL : e;
}

/* One change, as its transaction needs it. */
struct provider_change {
    struct ctx *c;
    const struct app *app;
    struct str id, config;
    bool *was_r;
};

static enum err is_of(struct ctx *c, struct str provider, struct str id,
                      bool *is_r)
{
    struct str text;
    enum err e = json_read_text(
        c->arena, json_read_member(provider, STR("thirdPartyId")), &text);

    *is_r = e == ERR_OK && str_eq(text, id);
    return e == ERR_NO_MEMORY ? e : ERR_OK;
}

/* Everything but that one, and config behind it. */
static enum err rewrite(struct provider_change *p, struct str array,
                        struct str *fresh_r)
{
    struct json_walk w = json_walk(array);
    struct json_part part;
    struct buf b = buf_new(p->c->arena);
    struct json_out j = json_out(&b);
    enum err e = ERR_OK;
    bool same = false;

    *p->was_r = false;
    json_open(&j, NULL, '[');
    while (e == ERR_OK && json_walk_next(&w, &part)) {
        e = is_of(p->c, part.value, p->id, &same);
        *p->was_r |= same;
        if (!same)
            json_raw(&j, NULL, part.value);
    }
    if (p->config.p != NULL)
        json_raw(&j, NULL, p->config);
    json_close(&j, ']');
    if (e == ERR_OK)
        e = buf_done(&b, fresh_r);
    return e == ERR_OK && fresh_r->n > PROVIDERS_MAX ? ERR_BODY_TOO_LARGE : e;
}

static enum err change_work(void *data)
{
    struct provider_change *p = data;
    struct ctx *c = p->c;
    struct str array, place, fresh, sealed;
    struct store_app row;
    enum err e =
        store_app_lock(c->db, c->arena, p->app->name, p->app->tenant, &row);

    if (e == ERR_OK)
        e = app_provider_open(c, row.realm_id, row.providers_sealed, &array);
    if (e == ERR_OK)
        e = rewrite(p, array, &fresh);
    if (e == ERR_OK)
        e = place_of(c, row.realm_id, &place);
    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, SEAL_PROVIDER_TOKENS, place, fresh,
                 &sealed);
    return e == ERR_OK ? store_app_providers(c->db, row.realm_id, sealed) : e;
}

enum err app_provider_put(struct ctx *c, const struct app *app, struct str id,
                          struct str config, bool *was_r)
{
    struct provider_change p = {c, app, id, config, was_r};
    enum err e = db_transact(c->db, change_work, &p);

    return e == ERR_NO_ROW ? ERR_APP_UNKNOWN : e;
}
