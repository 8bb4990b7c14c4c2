/* SPDX-License-Identifier: MIT */
/* Who may ask the core interface, in which version, for which tenant. */
#include "api/cdi.h"

#include <string.h>

#include "api/routes.h"
#include "base/log.h"

/* Newest last; what is asked for without a version is the newest. */
static const struct {
    const char *text;
    int version;
} versions[] = {{"2.18", 218}, {"2.21", 221}, {"3.0", 300}, {"3.1", 301},
                {"4.0", 400},  {"5.0", 500},  {"5.1", 501}, {"5.2", 502},
                {"5.3", 503},  {"5.4", 504},  {"5.5", 505}, {"5.6", 506}};

enum err cdi_text(struct call *c, int status, struct str text)
{
    c->res->body = buf_new(c->ctx->arena);
    c->res->status = status;
    c->res->content_type = "text/html; charset=UTF-8";
    buf_str(&c->res->body, text);
    buf_char(&c->res->body, '\n');
    return ERR_OK;
}

static struct str refusal(struct call *c, enum err e)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str text;

    switch (e) {
    case ERR_CDI_PARAMETER:
        return str_of(c->detail);
    case ERR_MALFORMED_JSON:
        return STR("Invalid Json Input");
    case ERR_VALIDATION:
        buf_fmt(&b, "Field name '%s' is invalid in JSON input",
                c->body.invalid_count > 0 ? c->body.invalid[0].field : "");
        break;
    case ERR_APP_UNKNOWN:
        buf_text(&b, "AppId or tenantId not found => (appId: ");
        buf_str(&b, c->app.name);
        buf_text(&b, ", tenantId: ");
        buf_str(&b, c->app.tenant);
        buf_char(&b, ')');
        break;
    case ERR_CDI_VERSION:
        buf_text(&b, "cdi-version ");
        buf_str(&b, http_field(c->req, "CDI_VERSION"));
        buf_text(&b, " not supported");
        break;
    case ERR_NOT_FOUND:
        return STR("Not found");
    case ERR_METHOD_NOT_ALLOWED:
        return STR("Method not supported");
    default:
        return str_of(c->detail != NULL ? c->detail : err_title(e));
    }
    return buf_done(&b, &text) == ERR_OK ? text : str_of(err_title(e));
}

static void refuse(struct call *c, enum err e)
{
    (void)cdi_text(c, err_status(e), refusal(c, e));
}

void cdi_begin_call(struct call *c)
{
    c->refuse = refuse;
}

/* A proxy on this machine speaks for others. */
bool cdi_from_here(const struct call *c)
{
    struct ip_net four, six;

    return ip_net_parse(STR("127.0.0.0/8"), &four) &&
           ip_net_parse(STR("::1/128"), &six) &&
           (ip_in(&c->req->peer, &four) || ip_in(&c->req->peer, &six)) &&
           http_field(c->req, "X_FORWARDED_FOR").p == NULL;
}

/* The key of a header: `api-key`, or Authorization with or without a scheme. */
static struct str shown_key(const struct call *c)
{
    struct str key = http_field(c->req, "API_KEY");
    struct str field = http_field(c->req, "AUTHORIZATION");
    struct str rest = field;

    if (key.p != NULL)
        return key;
    if (str_eq_nocase(str_cut(&rest, ' '), STR("Bearer")) && rest.p != NULL)
        field = rest;
    return str_trim(field);
}

static enum err version_check(struct call *c)
{
    const size_t count = sizeof(versions) / sizeof(versions[0]);
    struct str asked = http_field(c->req, "CDI_VERSION");

    c->cdi = versions[count - 1].version;
    if (asked.p == NULL)
        return ERR_OK;
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(asked, str_of(versions[i].text)))
            continue;
        c->cdi = versions[i].version;
        return ERR_OK;
    }
    return ERR_CDI_VERSION;
}

/* A page of a browser has no business here: it would act with what its victim
 * can reach (a core that is open on this machine). */
static enum err browser_check(const struct call *c)
{
    return http_field(c->req, "ORIGIN").p != NULL ||
                   http_field(c->req, "SEC_FETCH_SITE").p != NULL
               ? ERR_CROSS_SITE
               : ERR_OK;
}

enum err cdi_admit_all(struct call *c)
{
    struct app app;
    enum err e = browser_check(c);

    if (e == ERR_OK)
        e = version_check(c);
    if (e == ERR_OK)
        e = app_find(c->ctx, c->app.name, c->app.tenant, &app);
    if (e != ERR_OK)
        return e;
    c->app = app;
    c->ctx->realm_id = app.realm_id;
    return ERR_OK;
}

enum err cdi_admit(struct call *c)
{
    struct app app = {.settings = {.own_key_count = 0}};
    enum err e;

    /* What is not there, or not to be seen now, is as closed as the rest. */
    (void)app_find(c->ctx, c->app.name, c->app.tenant, &app);
    e = app_own_key_check(c->ctx, &app, shown_key(c));
    return e != ERR_OK ? e : cdi_admit_all(c);
}

void cdi_versions(struct json_out *j, const char *key)
{
    json_open(j, key, '[');
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
        json_str(j, NULL, str_of(versions[i].text));
    json_close(j, ']');
}

enum err cdi_public_only(struct call *c)
{
    return c->app.realm_id == c->app.app_id ? ERR_OK : ERR_CDI_TENANT_ONLY;
}

void cdi_begin(struct call *c, const char *status)
{
    http_json_begin(c->res, 200);
    c->res->content_type = "application/json; charset=UTF-8";
    if (status != NULL)
        json_str(&c->res->json, "status", str_of(status));
}

void cdi_end(struct call *c)
{
    http_json_end(c->res);
    buf_char(&c->res->body, '\n');
}

enum err cdi_status(struct call *c, const char *status)
{
    cdi_begin(c, status);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_flag(struct call *c, const char *name, bool value)
{
    cdi_begin(c, "OK");
    json_bool(&c->res->json, name, value);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_token(struct call *c, struct str token)
{
    cdi_begin(c, "OK");
    json_str(&c->res->json, "token", token);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_user_email(struct call *c, struct str user_id, struct str email)
{
    cdi_begin(c, "OK");
    json_str(&c->res->json, "userId", user_id);
    json_str(&c->res->json, "email", email);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_message(struct call *c, const char *status, const char *message)
{
    cdi_begin(c, status);
    json_str(&c->res->json, "message", str_of(message));
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_bad(struct call *c, const char *text)
{
    c->detail = text;
    return ERR_CDI_PARAMETER;
}

static enum err bad_name(struct call *c, const char *name, const char *behind)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str text;

    buf_fmt(&b, "Field name '%s' %s", name, behind);
    if (buf_done(&b, &text) != ERR_OK)
        return ERR_NO_MEMORY;
    return cdi_bad(c, text.p);
}

enum err cdi_field_wrong(struct call *c, const char *name)
{
    return bad_name(c, name, "is invalid in JSON input");
}

enum err cdi_query_missing(struct call *c, const char *name)
{
    return bad_name(c, name, "is missing in GET request");
}

enum err cdi_query(struct call *c, const char *name, bool required,
                   struct str *value_r)
{
    struct str value;
    enum err e = http_query(c->ctx->arena, c->req, str_of(name), &value);

    if (e != ERR_OK)
        return e;
    if (value.p == NULL && required)
        return cdi_query_missing(c, name);
    *value_r = value;
    return ERR_OK;
}

const struct json_value *cdi_value(const struct call *c, size_t i)
{
    return &c->body.values[i];
}
