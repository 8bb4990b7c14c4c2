/* SPDX-License-Identifier: MIT */
/* Web servers put client header fields and their own facts into one list;
 * only the HTTP_ prefix tells them apart, and libfcgi lets the first of two
 * equal names win. So a repeated name is refused, never chosen from. */
#include "fcgi/params.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"

#define PARAMS_MOST 512

/* Names that web servers say and no client can. */
enum param {
    PARAM_METHOD,
    PARAM_URI,
    PARAM_LENGTH,
    PARAM_TYPE,
    PARAM_PEER,
    PARAM_HTTPS,
    PARAM_REFUSED,
    PARAM_APACHE,
    PARAM_ONCE,
    PARAM_COUNT
};

static const struct str params_names[] = {
    [PARAM_METHOD] = STR_INIT("REQUEST_METHOD"),
    [PARAM_URI] = STR_INIT("REQUEST_URI"),
    [PARAM_LENGTH] = STR_INIT("CONTENT_LENGTH"),
    [PARAM_TYPE] = STR_INIT("CONTENT_TYPE"),
    [PARAM_PEER] = STR_INIT("REMOTE_ADDR"),
    [PARAM_HTTPS] = STR_INIT("HTTPS"),
    [PARAM_REFUSED] = STR_INIT("GATEHOUSE_REFUSED"),
    [PARAM_APACHE] = STR_INIT("FCGI_APACHE_ROLE"),
    [PARAM_ONCE] = STR_INIT("REDIRECT_REQUEST_METHOD")};
static_assert(sizeof(params_names) / sizeof(params_names[0]) == PARAM_COUNT,
              "every parameter has a name");

/* Header fields that may repeat (nginx before 1.23 passes each line on): they
 * decide nothing here. */
static const struct str params_repeatable[] = {STR_INIT("HTTP_ACCEPT"),
                                               STR_INIT("HTTP_ACCEPT_ENCODING"),
                                               STR_INIT("HTTP_ACCEPT_LANGUAGE"),
                                               STR_INIT("HTTP_CACHE_CONTROL"),
                                               STR_INIT("HTTP_CONNECTION"),
                                               STR_INIT("HTTP_PRAGMA"),
                                               STR_INIT("HTTP_TE"),
                                               STR_INIT("HTTP_VIA"),
                                               STR_INIT("HTTP_WARNING")};

/* HTTP_ names that are not taken as header fields: a client's way to HTTP_PROXY
 * (httpoxy), and doubles of what the server says itself. */
static const struct str params_ignored[] = {STR_INIT("HTTP_PROXY"),
                                            STR_INIT("HTTP_CONTENT_TYPE"),
                                            STR_INIT("HTTP_CONTENT_LENGTH")};

struct params {
    struct http_pair *all;
    size_t count;
    struct str own[PARAM_COUNT];
};

static void params_fault(struct http_request *r, enum err e)
{
    if (r->fault == ERR_OK)
        r->fault = e;
}

static bool params_among(struct str name, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(name, list[i]))
            return true;
    return false;
}

#define PARAMS_AMONG(name, list)                                               \
    params_among((name), (list), sizeof(list) / sizeof((list)[0]))

/* Copies the list: libfcgi's memory ends with the connection, the request
 * does not. */
static enum err params_copy(struct arena *a, char *const *envp,
                            struct params *p)
{
    size_t count = 0;

    while (count < PARAMS_MOST + 1 && envp[count] != NULL)
        count++;
    if (count > PARAMS_MOST)
        return ERR_HEADER_TOO_LARGE;
    p->all = arena_alloc(a, (count + 1) * sizeof(p->all[0]));
    if (p->all == NULL)
        return ERR_NO_MEMORY;
    for (; p->count < count; p->count++) {
        struct str rest = arena_str(a, str_of(envp[p->count]));
        if (rest.p == NULL)
            return ERR_NO_MEMORY;
        p->all[p->count].name = str_cut(&rest, '=');
        p->all[p->count].value = rest;
    }
    return ERR_OK;
}

static bool params_repeat(const struct params *p)
{
    for (size_t i = 1; i < p->count; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(p->all[i].name, p->all[j].name) &&
                !PARAMS_AMONG(p->all[i].name, params_repeatable))
                return true;
    return false;
}

static void params_own(struct params *p)
{
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k < PARAM_COUNT; k++)
            if (p->own[k].p == NULL && str_eq(p->all[i].name, params_names[k]))
                p->own[k] = p->all[i].value;
}

/* Header fields without their prefix, and the type of the body, which is one
 * although CGI names it otherwise. */
static enum err params_fields(struct arena *a, const struct params *p,
                              struct http_request *r)
{
    const struct str prefix = STR("HTTP_");

    r->fields = arena_alloc(a, (p->count + 1) * sizeof(r->fields[0]));
    if (r->fields == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < p->count; i++) {
        struct http_pair f = p->all[i];
        if (!str_starts(f.name, prefix) || PARAMS_AMONG(f.name, params_ignored))
            continue;
        f.name.p += prefix.n;
        f.name.n -= prefix.n;
        r->fields[r->field_count++] = f;
    }
    if (p->own[PARAM_TYPE].n > 0)
        r->fields[r->field_count++] =
            (struct http_pair){STR("CONTENT_TYPE"), p->own[PARAM_TYPE]};
    return ERR_OK;
}

static enum err params_length(struct str text, size_t max, size_t *body_r)
{
    uint64_t n = 0;

    if (text.n > 0 && !str_uint(text, UINT64_MAX, &n))
        return ERR_BAD_REQUEST;
    if (n > max)
        return ERR_BODY_TOO_LARGE;
    *body_r = (size_t)n;
    return ERR_OK;
}

static enum err params_request_id(struct arena *a, struct http_request *r)
{
    struct clock clock = clock_system();
    struct id id;
    char text[ID_TEXT_LEN + 1];
    enum err e = id_new(clock_us(&clock), &id);

    if (e != ERR_OK)
        return e;
    id_text(&id, text);
    r->request_id = arena_str(a, str_of(text));
    return r->request_id.p == NULL ? ERR_NO_MEMORY : ERR_OK;
}

/* Told apart, for behind a gate addresses are somebody else's. */
static void params_target(struct arena *a, const struct fcgi_rules *rules,
                          struct http_request *r)
{
    enum err e = http_target_parse(a, r, &rules->limits);

    r->target_fault = r->fault == ERR_OK && e != ERR_OK && e != ERR_NO_MEMORY;
    params_fault(r, e);
}

void params_read(struct arena *a, char *const *envp,
                 const struct fcgi_rules *rules, struct http_request *r_r,
                 size_t *body_r)
{
    struct params p = {.count = 0};
    struct http_request *r = r_r;

    *r = (struct http_request){.method = METHOD_COUNT};
    *body_r = 0;
    params_fault(r, params_request_id(a, r));
    params_fault(r, params_copy(a, envp, &p));
    if (params_repeat(&p))
        params_fault(r, ERR_BAD_REQUEST);
    params_own(&p);
    params_fault(r, params_fields(a, &p, r));
    r->method_text = p.own[PARAM_METHOD];
    r->method = http_method_of(r->method_text);
    r->target = p.own[PARAM_URI];
    r->refused = p.own[PARAM_REFUSED].n > 0;
    r->mute = p.own[PARAM_APACHE].p != NULL;
    r->method_once = p.own[PARAM_ONCE];
    r->host = http_field(r, "HOST");
    if (!ip_parse(p.own[PARAM_PEER], &r->peer))
        r->peer = (struct ip){{0}};
    http_origin_of(r, rules->trusted, rules->trusted_count,
                   str_eq_nocase(p.own[PARAM_HTTPS], STR("on")) ||
                       str_eq(p.own[PARAM_HTTPS], STR("1")));
    params_fault(r, http_cookies_parse(a, r, &rules->limits));
    params_target(a, rules, r);
    params_fault(
        r, params_length(p.own[PARAM_LENGTH], rules->limits.body, body_r));
}
