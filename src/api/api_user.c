/* SPDX-License-Identifier: MIT */
/* People as administrators see them: searched, disabled, deleted, signed out.
 */
#include "api/api_user.h"

#include "api/api.h"
#include "api/api_answer.h"
#include "api/api_query.h"
#include "domain/account_delete.h"
#include "domain/account_search.h"
#include "domain/rights.h"

enum err api_user_param(const struct call *c, unsigned at, struct id *id_r)
{
    return id_parse(c->params[at], id_r) ? ERR_OK : ERR_USER_NOT_FOUND;
}

static struct str user_text(struct str text)
{
    return text.n > 0 ? text : (struct str){NULL, 0};
}

static void user_put_overview(struct json_out *j, const struct account *account)
{
    json_id(j, "id", &account->id);
    json_str(j, "name", user_text(account->name));
    json_words(j, "roles", account->roles);
}

static void user_put_all(struct json_out *j, const struct account *account)
{
    user_put_overview(j, account);
    json_words(j, "groups", account->groups);
    json_str(j, "email", user_text(account->email));
    json_bool(j, "emailVerified", account->email_verified);
    json_str(j, "status", account->active ? STR("active") : STR("disabled"));
    json_str(j, "locale", user_text(account->locale));
    json_bool(j, "twoFactor", account->totp || account->email_factor);
    json_time(j, "createdAt", account->created_us);
}

void api_user_put(struct json_out *j, const char *key,
                  const struct account *account)
{
    json_open(j, key, '{');
    user_put_all(j, account);
    json_close(j, '}');
}

enum err api_user_answer(struct call *c, const struct id *id)
{
    struct account account;
    enum err e = account_find(c->ctx, id, &account);

    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    user_put_all(&c->res->json, &account);
    http_json_end(c->res);
    return ERR_OK;
}

static enum err user_found(void *data, const struct account *account,
                           int64_t active_us)
{
    struct call *c = data;
    struct json_out *j = &c->res->json;

    json_open(j, NULL, '{');
    user_put_all(j, account);
    json_time(j, "lastActiveAt", active_us);
    json_close(j, '}');
    return c->res->body.failed ? ERR_NO_MEMORY : ERR_OK;
}

static enum err user_search_answer(struct call *c, struct str email,
                                   struct store_search *search)
{
    struct api_page page;
    int64_t total;
    enum err e = api_query_page(c, STORE_SEARCH_MAX, &page);

    if (e != ERR_OK)
        return e;
    search->limit = page.size;
    search->offset = page.number * page.size;
    http_json_begin(c->res, 200);
    json_open(&c->res->json, "content", '[');
    e = account_search(c->ctx, email, search, user_found, c, &total);
    if (e != ERR_OK)
        return e;
    json_close(&c->res->json, ']');
    api_query_put_page(&c->res->json, &page, total);
    http_json_end(c->res);
    return ERR_OK;
}

/* Newest first, unless asked otherwise. */
static enum err user_query_sort(struct call *c, struct store_search *search)
{
    struct str sort;
    enum err e = api_query_text(c, "sort", 32, &sort);

    if (e != ERR_OK)
        return e;
    search->newest_first =
        sort.p == NULL || str_eq(sort, STR("createdAt,desc"));
    if (search->newest_first || str_eq(sort, STR("createdAt,asc")) ||
        str_eq(sort, STR("createdAt")))
        return ERR_OK;
    return api_query_wrong(c, "sort");
}

static enum err user_query_status(struct call *c, struct store_search *search)
{
    struct str status;
    enum err e = api_query_text(c, "status", 16, &status);

    if (e != ERR_OK || status.p == NULL)
        return e;
    if (str_eq(status, STR("active")))
        search->status = 1;
    else if (str_eq(status, STR("disabled")))
        search->status = 2;
    else
        return api_query_wrong(c, "status");
    return ERR_OK;
}

static enum err user_query_times(struct call *c, struct store_search *s)
{
    const struct {
        const char *name;
        int64_t *us_r;
    } times[] = {{"createdAtAfter", &s->created_after_us},
                 {"createdAtBefore", &s->created_before_us},
                 {"lastActiveAfter", &s->active_after_us},
                 {"lastActiveBefore", &s->active_before_us}};
    enum err e = ERR_OK;

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]) && e == ERR_OK; i++)
        e = api_query_time(c, times[i].name, times[i].us_r);
    return e;
}

enum err api_user_search(struct call *c)
{
    struct store_search search = {.realm_id = 0};
    struct str email;
    enum err e = api_query_text(c, "email", 320, &email);

    if (e == ERR_OK)
        e = api_query_words(c, "roles", search.roles, STORE_SEARCH_WORDS,
                            &search.role_count);
    if (e == ERR_OK)
        e = api_query_words(c, "groups", search.groups, STORE_SEARCH_WORDS,
                            &search.group_count);
    if (e == ERR_OK)
        e = user_query_times(c, &search);
    if (e == ERR_OK)
        e = user_query_status(c, &search);
    if (e == ERR_OK)
        e = user_query_sort(c, &search);
    return e != ERR_OK ? e : user_search_answer(c, email, &search);
}

enum err api_admin_list(struct call *c)
{
    struct store_search search = {.role_count = 1};

    search.roles[0] = STR(RIGHTS_ADMIN);
    return user_search_answer(c, (struct str){NULL, 0}, &search);
}

/* Who is signed in may learn whom an id stands for, and no more. */
enum err api_user_get(struct call *c)
{
    struct account account;
    struct id id;
    enum err e = api_user_param(c, 0, &id);

    if (e == ERR_OK)
        e = account_find(c->ctx, &id, &account);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    if (api_answer_is_admin(c))
        user_put_all(&c->res->json, &account);
    else
        user_put_overview(&c->res->json, &account);
    http_json_end(c->res);
    return ERR_OK;
}

enum err api_user_delete(struct call *c)
{
    struct id id;
    enum err e = api_user_param(c, 0, &id);

    if (e == ERR_OK)
        e = account_delete(c->ctx, &id, c->ctx->actor.p);
    if (e != ERR_OK)
        return e;
    api_answer_success(c);
    return ERR_OK;
}

static enum err user_switch(struct call *c, bool active)
{
    struct id id;
    bool changed;
    enum err e = api_user_param(c, 0, &id);

    if (e == ERR_OK)
        e = account_set_active(c->ctx, &id, active, &changed);
    return e != ERR_OK ? e : api_user_answer(c, &id);
}

enum err api_user_disable(struct call *c)
{
    return user_switch(c, false);
}

enum err api_user_enable(struct call *c)
{
    return user_switch(c, true);
}

/* The subject of an account that is there. */
static enum err user_subject(struct call *c, struct str *subject_r)
{
    struct account account;
    struct id id;
    char text[ID_TEXT_LEN + 1];
    enum err e = api_user_param(c, 0, &id);

    if (e == ERR_OK)
        e = account_find(c->ctx, &id, &account);
    if (e != ERR_OK)
        return e;
    id_text(&id, text);
    *subject_r = arena_str(c->ctx->arena, str_of(text));
    return subject_r->p == NULL ? ERR_NO_MEMORY : ERR_OK;
}

enum err api_user_sessions(struct call *c)
{
    struct str subject;
    enum err e = user_subject(c, &subject);

    return e != ERR_OK ? e : api_session_list_of(c, subject);
}

enum err api_user_session_revoke(struct call *c)
{
    struct str subject;
    struct id id;
    enum err e = user_subject(c, &subject);

    if (e == ERR_OK && !id_parse(c->params[1], &id))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = session_revoke(c->ctx, subject, &id, "admin");
    if (e != ERR_OK)
        return e;
    api_answer_success(c);
    return ERR_OK;
}

enum err api_user_sessions_revoke(struct call *c)
{
    struct str subject;
    uint64_t count = 0;
    enum err e = user_subject(c, &subject);

    if (e == ERR_OK)
        e = session_revoke_all(c->ctx, subject, NULL, "admin", &count);
    if (e != ERR_OK)
        return e;
    api_answer_count(c, count);
    return ERR_OK;
}

/* One write, however many there are: the caller's session ends too. */
enum err api_user_everybody_out(struct call *c)
{
    enum err e = session_revoke_before(c->ctx, INT64_MAX);

    if (e != ERR_OK)
        return e;
    c->touch = false;
    api_answer_success(c);
    return ERR_OK;
}

static enum err role_change(struct call *c, struct str role, bool grant)
{
    struct id id;
    const char *by = c->ctx->actor.p;
    enum err e = api_user_param(c, 0, &id);

    if (e == ERR_OK)
        e = grant ? rights_grant(c->ctx, &id, role, by)
                  : rights_revoke(c->ctx, &id, role, by);
    return e != ERR_OK ? e : api_user_answer(c, &id);
}

enum err api_admin_grant(struct call *c)
{
    return role_change(c, STR(RIGHTS_ADMIN), true);
}

enum err api_admin_revoke(struct call *c)
{
    return role_change(c, STR(RIGHTS_ADMIN), false);
}

enum err api_role_grant(struct call *c)
{
    return role_change(c, c->params[1], true);
}

enum err api_role_revoke(struct call *c)
{
    return role_change(c, c->params[1], false);
}
