/* SPDX-License-Identifier: MIT */
/* Users as back ends see them. */
#include "api/cdi_user.h"

#include "api/cdi.h"
#include "base/enc.h"

#define V4 400
#define V5_3 503
#define PAGE_MAX 1000
#define PAGE_DEFAULT 100
#define PAGE_TOKEN_MAX 128

/* Did an earlier login method have the same text? */
static bool seen(const struct app_user *user, size_t i,
                 struct str (*of)(const struct app_login *l))
{
    for (size_t k = 0; k < i; k++) {
        if (str_eq(of(&user->logins[k]), of(&user->logins[i])))
            return true;
    }
    return false;
}

static struct str email_of(const struct app_login *l)
{
    return l->email;
}

static void put_emails(struct json_out *j, const struct app_user *user)
{
    json_open(j, "emails", '[');
    for (size_t i = 0; i < user->login_count; i++) {
        if (user->logins[i].email.p != NULL && !seen(user, i, email_of))
            json_str(j, NULL, user->logins[i].email);
    }
    json_close(j, ']');
}

/* Those of every login method, each once. */
static void put_tenants(struct json_out *j, const struct app_user *user)
{
    json_open(j, "tenantIds", '[');
    for (size_t i = 0; i < user->login_count; i++) {
        struct str rest = user->logins[i].tenants;

        while (rest.n > 0) {
            struct str word = str_cut(&rest, ' ');
            bool before = false;

            for (size_t k = 0; k < i; k++)
                before |= str_has_word(user->logins[k].tenants, word);
            if (!before)
                json_str(j, NULL, word);
        }
    }
    json_close(j, ']');
}

static void put_person(struct json_out *j, const char *key,
                       const struct app_login *l)
{
    json_open(j, key, '{');
    json_str(j, "id", l->provider);
    json_str(j, "userId", l->provider_user);
    json_close(j, '}');
}

static void put_persons(struct json_out *j, const struct app_user *user)
{
    json_open(j, "thirdParty", '[');
    for (size_t i = 0; i < user->login_count; i++) {
        if (user->logins[i].provider.p != NULL)
            put_person(j, NULL, &user->logins[i]);
    }
    json_close(j, ']');
}

static void put_login(struct json_out *j, const struct app_login *l)
{
    json_open(j, NULL, '{');
    json_words(j, "tenantIds", l->tenants);
    json_str(j, "recipeUserId", l->user_id);
    json_bool(j, "verified", l->verified);
    json_int(j, "timeJoined", l->joined_ms);
    json_str(j, "recipeId",
             l->provider.p != NULL ? STR("thirdparty") : STR("emailpassword"));
    if (l->email.p != NULL)
        json_str(j, "email", l->email);
    if (l->provider.p != NULL)
        put_person(j, "thirdParty", l);
    json_close(j, '}');
}

static void put_flat(struct json_out *j, const char *key,
                     const struct app_login *l)
{
    json_open(j, key, '{');
    json_str(j, "id", l->user_id);
    json_str(j, "email", l->email);
    json_int(j, "timeJoined", l->joined_ms);
    json_words(j, "tenantIds", l->tenants);
    if (l->provider.p != NULL)
        put_person(j, "thirdParty", l);
    json_close(j, '}');
}

void cdi_user_put(struct json_out *j, const char *key,
                  const struct app_user *user, const struct id *account,
                  int version)
{
    const struct app_login *one =
        account == NULL ? NULL : app_user_login(user, account);

    if (version < V4) {
        put_flat(j, key, one != NULL ? one : &user->logins[0]);
        return;
    }
    json_open(j, key, '{');
    json_str(j, "id", user->id);
    json_bool(j, "isPrimaryUser", user->primary);
    put_tenants(j, user);
    json_int(j, "timeJoined", user->joined_ms);
    put_emails(j, user);
    json_words(j, "phoneNumbers", STR(""));
    put_persons(j, user);
    if (version >= V5_3) {
        json_open(j, "webauthn", '{');
        json_words(j, "credentialIds", STR(""));
        json_close(j, '}');
    }
    json_open(j, "loginMethods", '[');
    for (size_t i = 0; i < user->login_count; i++)
        put_login(j, &user->logins[i]);
    json_close(j, ']');
    json_close(j, '}');
}

enum err cdi_user_answer(struct call *c, const struct app_user *user,
                         const struct id *account)
{
    const struct app_login *login = app_user_login(user, account);

    cdi_begin(c, "OK");
    cdi_user_put(&c->res->json, "user", user, account, c->cdi);
    if (c->cdi >= V4)
        json_str(&c->res->json, "recipeUserId",
                 login != NULL ? login->user_id : user->id);
    cdi_end(c);
    return ERR_OK;
}

static enum err answer_user(struct call *c, const struct app_user *user)
{
    cdi_begin(c, "OK");
    cdi_user_put(&c->res->json, "user", user, NULL, c->cdi);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_user_by_id(struct call *c)
{
    struct app_user user;
    struct str id;
    enum err e = cdi_query(c, "userId", true, &id);

    if (e == ERR_OK)
        e = app_user_get(c->ctx, &c->app, id, &user);
    if (e == ERR_USER_NOT_FOUND)
        return cdi_status(c, "UNKNOWN_USER_ID_ERROR");
    return e != ERR_OK ? e : answer_user(c, &user);
}

/* The first user that is found. */
struct first {
    struct app_user user;
    bool found;
};

static enum err first_user(void *data, const struct app_user *user)
{
    struct first *f = data;

    if (!f->found)
        f->user = *user;
    f->found = true;
    return ERR_OK;
}

enum err cdi_user_old(struct call *c)
{
    struct app_user_query query = {.any = true};
    struct first f = {.found = false};
    struct str id;
    enum err e = cdi_query(c, "userId", false, &id);

    if (e == ERR_OK && id.p != NULL)
        return cdi_user_by_id(c);
    if (e == ERR_OK)
        e = cdi_query(c, "email", false, &query.email);
    if (e == ERR_OK)
        e = cdi_query(c, "thirdPartyId", false, &query.provider);
    if (e == ERR_OK)
        e = cdi_query(c, "thirdPartyUserId", query.provider.p != NULL,
                      &query.provider_user);
    if (e == ERR_OK && query.email.p == NULL && query.provider.p == NULL)
        return cdi_bad(c, "Please provide one of userId or email");
    if (e == ERR_OK)
        e = app_user_find(c->ctx, &c->app, &query, first_user, &f);
    if (e != ERR_OK)
        return e;
    return f.found ? answer_user(c, &f.user)
                   : cdi_status(c, query.provider.p != NULL
                                       ? "UNKNOWN_THIRD_PARTY_USER_ERROR"
                                       : "UNKNOWN_EMAIL_ERROR");
}

static enum err put_user(void *data, const struct app_user *user)
{
    struct call *c = data;

    cdi_user_put(&c->res->json, NULL, user, NULL, c->cdi);
    return c->res->body.failed ? ERR_NO_MEMORY : ERR_OK;
}

/* true and false as texts of a query. */
static enum err query_flag(struct call *c, const char *name, bool *flag_r)
{
    struct str text;
    enum err e = cdi_query(c, name, false, &text);

    if (e == ERR_OK)
        *flag_r = str_eq_nocase(text, STR("true"));
    return e;
}

static enum err info_query(struct call *c, struct app_user_query *query)
{
    enum err e = cdi_query(c, "email", false, &query->email);

    if (e == ERR_OK)
        e = cdi_query(c, "phoneNumber", false, &query->phone);
    if (e == ERR_OK)
        e = cdi_query(c, "thirdPartyId", false, &query->provider);
    if (e == ERR_OK)
        e = cdi_query(c, "thirdPartyUserId", false, &query->provider_user);
    if (e == ERR_OK)
        e = query_flag(c, "doUnionOfAccountInfo", &query->any);
    if (e == ERR_OK &&
        (query->provider.p == NULL) != (query->provider_user.p == NULL))
        return cdi_bad(c, "thirdPartyId and thirdPartyUserId belong together");
    return e;
}

enum err cdi_user_by_info(struct call *c)
{
    struct app_user_query query = {.any = false};
    struct str any;
    enum err e = cdi_query(c, "doUnionOfAccountInfo", true, &any);

    if (e == ERR_OK)
        e = info_query(c, &query);
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_open(&c->res->json, "users", '[');
    e = app_user_find(c->ctx, &c->app, &query, put_user, c);
    if (e != ERR_OK)
        return e;
    json_close(&c->res->json, ']');
    cdi_end(c);
    return ERR_OK;
}

/* includeRecipeIds: all, unless it is given. */
static enum err page_recipes(struct call *c, struct app_user_page *page)
{
    struct str rest;
    enum err e = cdi_query(c, "includeRecipeIds", false, &rest);

    if (e != ERR_OK)
        return e;
    page->passwords = page->providers = rest.n == 0;
    while (rest.n > 0) {
        struct str word = str_trim(str_cut(&rest, ','));

        page->passwords |= str_eq(word, STR("emailpassword"));
        page->providers |= str_eq(word, STR("thirdparty"));
        if (!str_eq(word, STR("emailpassword")) &&
            !str_eq(word, STR("thirdparty")) &&
            !str_eq(word, STR("passwordless")) &&
            !str_eq(word, STR("webauthn")))
            return cdi_bad(c, "Unknown recipe in includeRecipeIds");
    }
    return ERR_OK;
}

/* The texts are those that callers of old know. */
static enum err page_limit(struct call *c, struct str limit,
                           struct app_user_page *page)
{
    const bool below = str_starts(limit, STR("-"));
    const struct str digits =
        below ? (struct str){limit.p + 1, limit.n - 1} : limit;
    uint64_t n = 0;

    if (!str_uint(digits, INT32_MAX, &n))
        return cdi_bad(c, "Field name 'limit' must be an int in the GET "
                          "request");
    if (below || n == 0)
        return cdi_bad(c, "limit must a positive integer with min value 1");
    if (n > PAGE_MAX)
        return cdi_bad(c, "max limit allowed is 1000");
    page->limit = (int64_t)n;
    return ERR_OK;
}

static enum err page_order(struct call *c, struct app_user_page *page)
{
    struct str order, limit;
    enum err e = cdi_query(c, "timeJoinedOrder", false, &order);

    if (e == ERR_OK)
        e = cdi_query(c, "limit", false, &limit);
    if (e != ERR_OK)
        return e;
    page->newest_first = str_eq_nocase(order, STR("DESC"));
    if (order.p != NULL && !page->newest_first &&
        !str_eq_nocase(order, STR("ASC")))
        return cdi_bad(c, "timeJoinedOrder is ASC or DESC");
    return limit.p != NULL ? page_limit(c, limit, page) : ERR_OK;
}

static enum err page_search(struct call *c, struct app_user_page *page)
{
    enum err e = cdi_query(c, "email", false, &page->email);

    if (e == ERR_OK)
        e = cdi_query(c, "provider", false, &page->provider);
    return e == ERR_OK ? cdi_query(c, "phone", false, &page->phone) : e;
}

/* A token is the id and the time the next page begins with. */
static bool page_from(struct str token, struct app_user_page *page)
{
    uint8_t bytes[PAGE_TOKEN_MAX];
    size_t n = 0;
    uint64_t us = 0;

    if (!enc_unb64(token, bytes, sizeof(bytes), &n))
        return false;
    struct str rest = {(const char *)(void *)bytes, n};

    if (!id_parse(str_cut(&rest, ';'), &page->from.id) ||
        !str_uint(rest, INT64_MAX, &us))
        return false;
    page->from.us = (int64_t)us;
    return true;
}

static void put_next(struct json_out *j, const struct app_user_mark *next)
{
    char id_chars[ID_TEXT_LEN + 1];
    char text[PAGE_TOKEN_MAX];
    char out[ENC_B64_PADDED_LEN(PAGE_TOKEN_MAX) + 1];
    struct arena *a = j->buf->arena;
    struct buf b = buf_new(a);
    struct str plain;

    id_text(&next->id, id_chars);
    buf_text(&b, id_chars);
    buf_char(&b, ';');
    buf_int(&b, next->us);
    if (buf_done(&b, &plain) != ERR_OK || plain.n > sizeof(text)) {
        j->buf->failed = true;
        return;
    }
    enc_b64((const uint8_t *)(const void *)plain.p, plain.n, out);
    json_str(j, "nextPaginationToken", str_of(out));
}

enum err cdi_user_list(struct call *c)
{
    struct app_user_page page = {
        .tenant_only = true, .limit = PAGE_DEFAULT, .from = {.us = -1}};
    struct str token = {NULL, 0};
    struct app_user_mark next;
    enum err e = page_recipes(c, &page);

    if (e == ERR_OK)
        e = page_order(c, &page);
    if (e == ERR_OK)
        e = page_search(c, &page);
    if (e == ERR_OK)
        e = cdi_query(c, "paginationToken", false, &token);
    if (e == ERR_OK && token.p != NULL && !page_from(token, &page))
        return cdi_bad(c, "invalid pagination token");
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_open(&c->res->json, "users", '[');
    e = app_user_list(c->ctx, &c->app, &page, put_user, c, &next);
    if (e != ERR_OK)
        return e;
    json_close(&c->res->json, ']');
    if (next.us >= 0)
        put_next(&c->res->json, &next);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_user_count(struct call *c)
{
    struct app_user_page page = {.from = {.us = -1}};
    int64_t count = 0;
    bool all = false;
    enum err e = page_recipes(c, &page);

    if (e == ERR_OK)
        e = query_flag(c, "includeAllTenants", &all);
    if (e == ERR_OK && all)
        e = cdi_public_only(c);
    page.tenant_only = !all;
    if (e == ERR_OK)
        e = app_user_count(c->ctx, &c->app, &page, &count);
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_int(&c->res->json, "count", count);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_user_remove(struct call *c)
{
    enum { USER_ID, LINKED };
    const struct json_value *linked = cdi_value(c, LINKED);
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = app_user_remove(c->ctx, &c->app, cdi_value(c, USER_ID)->text,
                            !linked->present || linked->boolean);
    return e != ERR_OK ? e : cdi_status(c, "OK");
}

enum err cdi_user_search_tags(struct call *c)
{
    cdi_begin(c, "OK");
    json_words(&c->res->json, "tags", STR("email provider"));
    cdi_end(c);
    return ERR_OK;
}
