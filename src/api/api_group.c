/* SPDX-License-Identifier: MIT */
/* Groups: their texts in several languages, and who is in them. */
#include "api/api_user.h"

#include "api/api_answer.h"
#include "api/api_query.h"
#include "domain/group.h"

#define GROUP_PAGES 10000

/* A path's key as it came: what is none is no group's. */
static struct str group_key(const struct call *c)
{
    return c->params[0];
}

static void group_put(struct call *c, const char *member,
                      const struct group *group, struct str locale)
{
    struct json_out *j = &c->res->json;
    const struct group_text *best =
        group_pick(group, locale, str_of(c->api->config->mail_default_locale));

    if (member == NULL)
        json_open(j, NULL, '{');
    json_str(j, "key", group->key);
    json_str(j, "locale", best->locale);
    json_str(j, "name", best->name);
    json_str(j, "description", best->description);
    json_open(j, "translations", '{');
    for (size_t i = 0; i < group->count; i++) {
        const struct group_text *t = &group->texts[i];

        /* The store's texts have a NUL behind them. */
        json_open(j, t->locale.p, '{');
        json_str(j, "name", t->name);
        json_str(j, "description", t->description);
        json_close(j, '}');
    }
    json_close(j, '}');
    json_time(j, "createdAt", group->created_us);
    if (member == NULL)
        json_close(j, '}');
}

static enum err group_answer(struct call *c, struct str key)
{
    struct group group;
    struct str locale;
    enum err e = api_query_text(c, "locale", 35, &locale);

    if (e == ERR_OK)
        e = group_read(c->ctx, key, &group);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    group_put(c, "", &group, locale);
    http_json_end(c->res);
    return ERR_OK;
}

enum err api_group_get(struct call *c)
{
    return group_answer(c, group_key(c));
}

/* Collects the translations of a body. */
struct group_body {
    struct arena *arena;
    struct group_change change;
};

static const struct json_field text_fields[] = {
    {"name", JSON_STRING, true, 1, 800, NULL},
    {"description", JSON_STRING, false, 0, 4000, NULL},
};

/* null takes a translation away, as in a merge patch (RFC 7396). */
static enum err group_body_text(void *data, struct str name, struct str value)
{
    struct group_body *b = data;
    struct group_change *change = &b->change;
    struct json_body body;

    if (str_eq(value, STR("null"))) {
        if (change->drop_count == GROUP_TEXTS_MAX)
            return ERR_GROUP_TRANSLATION;
        change->drop[change->drop_count++] = name;
        return ERR_OK;
    }
    if (change->count == GROUP_TEXTS_MAX)
        return ERR_GROUP_TRANSLATION;
    enum err e = json_parse(b->arena, value, text_fields, 2, &body);

    if (err_status(e) == 400)
        return ERR_GROUP_TRANSLATION;
    if (e != ERR_OK)
        return e;
    change->texts[change->count++] = (struct group_text){
        name, body.values[0].text,
        body.values[1].present ? body.values[1].text : STR("")};
    return ERR_OK;
}

/* ["de","fr"]: locales need no escapes, so one with an escape is none. */
static enum err group_body_drop(struct group_body *b, struct str list)
{
    struct group_change *change = &b->change;
    struct str rest = list;
    struct str before = str_cut(&rest, '"');

    if (str_eq(list, STR("[]")))
        return ERR_OK;
    if (!str_eq(before, STR("[")))
        return ERR_GROUP_TRANSLATION;
    while (rest.p != NULL && change->drop_count < GROUP_TEXTS_MAX) {
        change->drop[change->drop_count++] = str_cut(&rest, '"');
        before = str_cut(&rest, '"');
        if (!str_eq(before, STR(",")))
            break;
    }
    return str_eq(before, STR("]")) && rest.p == NULL ? ERR_OK
                                                      : ERR_GROUP_TRANSLATION;
}

static enum err group_body(struct call *c,
                           const struct json_value *translations,
                           const struct json_value *drop, struct group_body *b)
{
    enum err e = ERR_OK;

    b->arena = c->ctx->arena;
    if (drop != NULL && drop->present)
        e = group_body_drop(b, drop->text);
    if (e == ERR_OK && translations->present)
        e = json_members(b->arena, translations->text, group_body_text, b);
    return e == ERR_MALFORMED_JSON ? ERR_GROUP_TRANSLATION : e;
}

enum err api_group_create(struct call *c)
{
    const struct json_value *v = c->body.values;
    struct group_body b = {.change = {.count = 0}};
    enum err e = group_body(c, &v[1], NULL, &b);

    if (e == ERR_OK)
        e = group_create(c->ctx, v[0].text, &b.change, c->ctx->actor.p);
    if (e == ERR_VALIDATION)
        return api_answer_invalid(c, "key", e);
    return e != ERR_OK ? e : group_answer(c, v[0].text);
}

enum err api_group_update(struct call *c)
{
    const struct json_value *v = c->body.values;
    struct group_body b = {.change = {.count = 0}};
    enum err e = group_body(c, &v[0], &v[1], &b);

    if (e == ERR_OK)
        e = group_update(c->ctx, group_key(c), &b.change, c->ctx->actor.p);
    return e != ERR_OK ? e : group_answer(c, group_key(c));
}

enum err api_group_delete(struct call *c)
{
    enum err e = group_delete(c->ctx, group_key(c), c->ctx->actor.p);

    if (e != ERR_OK)
        return e;
    api_answer_success(c);
    return ERR_OK;
}

struct group_page {
    struct call *c;
    struct str locale;
};

static enum err group_page_row(void *data, const struct group *group)
{
    const struct group_page *p = data;

    group_put(p->c, NULL, group, p->locale);
    return p->c->res->body.failed ? ERR_NO_MEMORY : ERR_OK;
}

enum err api_group_list(struct call *c)
{
    struct group_page p = {.c = c};
    struct api_page page;
    int64_t total;
    enum err e = api_query_text(c, "locale", 35, &p.locale);

    if (e == ERR_OK)
        e = api_query_page(c, GROUP_PAGES, &page);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_open(&c->res->json, "content", '[');
    e = group_list(c->ctx, page.size, page.number * page.size, group_page_row,
                   &p, &total);
    if (e != ERR_OK)
        return e;
    json_close(&c->res->json, ']');
    api_query_put_page(&c->res->json, &page, total);
    http_json_end(c->res);
    return ERR_OK;
}

static enum err group_member(struct call *c, bool in)
{
    struct id id;
    const char *by = c->ctx->actor.p;
    enum err e = api_user_param(c, 1, &id);

    if (e == ERR_OK)
        e = in ? group_add(c->ctx, group_key(c), &id, by)
               : group_remove(c->ctx, group_key(c), &id, by);
    return e != ERR_OK ? e : api_user_answer(c, &id);
}

enum err api_group_add(struct call *c)
{
    return group_member(c, true);
}

enum err api_group_remove(struct call *c)
{
    return group_member(c, false);
}
