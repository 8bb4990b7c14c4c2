/* SPDX-License-Identifier: MIT */
/* Who may ask the frontend interface, and how it answers. */
#include "api/fdi.h"

#include "api/fdi_token.h"
#include "base/buf.h"

#define EXPOSED "front-token, anti-csrf, st-access-token, st-refresh-token"
#define ACCEPTED                                                               \
    "content-type, rid, fdi-version, anti-csrf, authorization, st-auth-mode"

/* The part of an origin behind "://", without its port. */
static struct str host_of(struct str origin)
{
    struct str rest = origin;

    (void)str_cut(&rest, ':');
    if (rest.n < 2)
        return (struct str){NULL, 0};
    rest = (struct str){rest.p + 2, rest.n - 2};
    return rest.n > 0 && rest.p[0] == '[' ? rest : str_cut(&rest, ':');
}

/* The last two labels: which names are open to registration is not known here.
 * Where that takes two sites for one, cookies are only sent less often. */
static struct str site_of(struct str host)
{
    size_t n = host.n, dots = 0;
    bool digits = true;

    for (size_t i = 0; i < host.n; i++)
        digits = digits && ((host.p[i] >= '0' && host.p[i] <= '9') ||
                            host.p[i] == '.' || host.p[i] == ':');
    if (digits)
        return host;
    while (n > 0 && (host.p[n - 1] != '.' || ++dots < 2))
        n--;
    return (struct str){host.p + n, host.n - n};
}

static bool one_site(struct str one, struct str other)
{
    struct str a = one, b = other;

    return str_eq(str_cut(&a, ':'), str_cut(&b, ':')) &&
           str_eq(site_of(host_of(one)), site_of(host_of(other)));
}

static const char *same_site_of(const struct config *config, struct str own,
                                struct str website)
{
    switch (config->fdi_same_site) {
    case FDI_SAME_SITE_LAX:
        return "Lax";
    case FDI_SAME_SITE_STRICT:
        return "Strict";
    case FDI_SAME_SITE_NONE:
        return "None";
    default:
        return one_site(own, website) ? "Lax" : "None";
    }
}

/* Everybody's origins, and that of the website. */
static enum err origins_of(struct arena *a, const struct origin_rules *own,
                           struct fdi_rules *r)
{
    const size_t count = own->allowed_count;
    struct str *allowed = arena_alloc(a, (count + 1) * sizeof(*allowed));

    if (allowed == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        allowed[i] = own->allowed[i];
    allowed[count] = r->website;
    r->origins = (struct origin_rules){.own = own->own,
                                       .allowed = allowed,
                                       .allowed_count = count + 1,
                                       .exposed = EXPOSED,
                                       .accepted = ACCEPTED};
    return ERR_OK;
}

enum err fdi_init(struct arena *a, const struct config *config,
                  const struct origin_rules *origins, struct fdi_rules *rules_r)
{
    struct str url = str_of(config->http_public_url);
    struct fdi_rules r = {.secure = str_starts(url, STR("https:"))};
    struct buf b = buf_new(a);
    enum err e;

    r.website = origin_of_url(a, config->fdi_website_domain[0] == '\0'
                                     ? url
                                     : str_of(config->fdi_website_domain));
    e = origins_of(a, origins, &r);
    if (e != ERR_OK)
        return e;
    r.same_site = same_site_of(config, r.origins.own, r.website);
    r.by_token = config->fdi_anti_csrf == FDI_ANTI_CSRF_TOKEN;
    r.by_header = config->fdi_anti_csrf == FDI_ANTI_CSRF_HEADER ||
                  (config->fdi_anti_csrf == FDI_ANTI_CSRF_AUTO &&
                   str_eq(str_of(r.same_site), STR("None")));
    buf_str(&b, r.origins.own);
    buf_text(&b, config->fdi_base_path);
    e = buf_done(&b, &r.issuer);
    if (e == ERR_OK)
        *rules_r = r;
    return e;
}

static const char *message_of(const struct call *c, enum err e)
{
    switch (e) {
    case ERR_AUTHENTICATION_REQUIRED:
    case ERR_SESSION_INVALID:
        return "unauthorised";
    case ERR_ACCESS_TOKEN_INVALID:
    case ERR_ACCESS_TOKEN_EXPIRED:
        return "try refresh token";
    case ERR_TOKEN_THEFT:
        return "token theft detected";
    default:
        return c->detail != NULL ? c->detail : err_title(e);
    }
}

static void retry_after(struct call *c)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str text;

    buf_int(&b, c->ctx->retry_after_s > 0 ? c->ctx->retry_after_s : 1);
    if (buf_done(&b, &text) == ERR_OK)
        http_response_field(c->res, "Retry-After", text);
}

/* A session that is over takes its tokens with it; one that cannot be judged
 * (a token that has ended, a lost database) keeps them. */
static void refuse(struct call *c, enum err e)
{
    int status = err_status(e);

    if (e == ERR_SESSION_INVALID || e == ERR_TOKEN_THEFT)
        fdi_token_clear_all(c);
    if (status == 429 || status == 503)
        retry_after(c);
    http_json_begin(c->res, status);
    json_str(&c->res->json, "message", str_of(message_of(c, e)));
    http_json_end(c->res);
}

void fdi_begin_call(struct call *c)
{
    c->refuse = refuse;
    c->origins = &c->api->fdi.origins;
    /* What was told by the service's own rules is taken back. */
    http_response_reset(c->res, 500);
    origin_cors(c->res, c->req, c->origins);
}

enum err fdi_admit(struct call *c)
{
    struct app app;
    enum err e = app_find(c->ctx, c->app.name, c->app.tenant, &app);

    if (e != ERR_OK)
        return e;
    c->app = app;
    c->ctx->realm_id = app.realm_id;
    return ERR_OK;
}

bool fdi_shows_rid(const struct call *c)
{
    return !c->api->fdi.by_header || http_field(c->req, "RID").p != NULL;
}

enum err fdi_verify(struct call *c, bool reads, bool database)
{
    const struct fdi_rules *rules = &c->api->fdi;
    struct app_session_view *view = arena_alloc(c->ctx->arena, sizeof(*view));
    struct fdi_token token;
    enum err e = fdi_token_access(c, &token);

    if (e == ERR_OK && view == NULL)
        e = ERR_NO_MEMORY;
    if (e == ERR_OK && token.by_cookie && !reads && !fdi_shows_rid(c))
        e = ERR_ACCESS_TOKEN_INVALID;
    if (e == ERR_OK)
        e = fdi_admit(c);
    if (e != ERR_OK)
        return e;
    const struct app_session_verify v = {
        .token = token.text,
        .anti_csrf = http_field(c->req, "ANTI_CSRF"),
        .check_anti_csrf = rules->by_token && token.by_cookie && !reads,
        .database = database};

    e = app_session_verify(c->ctx, &c->app, &v, view);
    if (e != ERR_OK)
        return e;
    c->session = view;
    c->session_by_header = !token.by_cookie;
    c->session_token = token.text;
    if (view->access.text.p == NULL)
        return ERR_OK;
    c->session_token = view->access.text;
    fdi_token_give(c, token.by_cookie, view);
    return ERR_OK;
}

enum err fdi_admit_session(struct call *c)
{
    return fdi_verify(c, c->req->method == METHOD_GET,
                      c->api->config->fdi_check_database);
}

void fdi_begin(struct call *c, const char *status)
{
    http_json_begin(c->res, 200);
    if (status != NULL)
        json_str(&c->res->json, "status", str_of(status));
}

void fdi_end(struct call *c)
{
    http_json_end(c->res);
}

enum err fdi_status(struct call *c, const char *status)
{
    fdi_begin(c, status);
    fdi_end(c);
    return ERR_OK;
}

enum err fdi_reason(struct call *c, const char *status, const char *reason)
{
    fdi_begin(c, status);
    json_str(&c->res->json, "reason", str_of(reason));
    fdi_end(c);
    return ERR_OK;
}

enum err fdi_bad(struct call *c, const char *text)
{
    c->detail = text;
    return ERR_CDI_PARAMETER;
}
