/* SPDX-License-Identifier: MIT */
/* The one middleware: a request passes the steps below in their order, and the
 * first that refuses it decides the answer. Nobody's body is read before it is
 * known who sends it. */
#include "api/dispatch.h"

#include <string.h>

#include "api/api_answer.h"
#include "api/api_cookie.h"
#include "api/api_credentials.h"
#include "api/api_csrf.h"
#include "api/api_sign_in.h"
#include "api/dispatch_body.h"
#include "api/cdi.h"
#include "api/dispatch_limit.h"
#include "api/face.h"
#include "api/fdi.h"
#include "api/routes.h"
#include "base/log.h"
#include "domain/api_key.h"
#include "domain/identity.h"
#include "domain/proof_token.h"
#include "domain/text.h"
#include "domain/watch.h"

#define AGENT_MAX 512

enum err api_init(struct api *api, struct arena *a, const struct config *config,
                  const struct useragent_rules *useragents)
{
    const struct config_list *list = &config->http_allowed_origins;
    struct str *allowed = arena_alloc(a, (list->count + 1) * sizeof(*allowed));

    if (allowed == NULL)
        return ERR_NO_MEMORY;
    /* In the form browsers send, so that a comparison byte for byte does. */
    for (size_t i = 0; i < list->count; i++) {
        allowed[i] = origin_of_url(a, list->items[i]);
        if (allowed[i].p == NULL)
            return ERR_NO_MEMORY;
    }
    struct str own = origin_of_url(a, str_of(config->http_public_url));
    *api = (struct api){.config = config,
                        .origins = {.own = own,
                                    .allowed = allowed,
                                    .allowed_count = list->count},
                        .useragents = useragents};
    return fdi_init(a, config, &api->origins, &api->fdi);
}

static enum err step_fault(struct call *c)
{
    return c->req->fault;
}

/* "GET, HEAD, OPTIONS" from a bit per method; NULL past the arena. */
static const char *allow_text(struct arena *a, unsigned allow)
{
    struct buf out = buf_new(a);
    struct str text;

    for (int m = 0; m < METHOD_COUNT; m++) {
        if ((allow & (1u << m)) == 0)
            continue;
        if (out.n > 0)
            buf_text(&out, ", ");
        buf_text(&out, http_method_text((enum http_method)m));
    }
    return buf_done(&out, &text) == ERR_OK ? text.p : NULL;
}

/* TRACE and every unknown method end here too: 405 with what would do (RFC 9110
 * section 15.5.6). */
static enum err route_missing(struct call *c, unsigned allow)
{
    const char *methods;

    if (allow == 0)
        return ERR_NOT_FOUND;
    methods = allow_text(c->ctx->arena, allow);
    if (methods == NULL)
        return ERR_NO_MEMORY;
    if (c->req->method != METHOD_OPTIONS) {
        http_response_field(c->res, "Allow", str_of(methods));
        return ERR_METHOD_NOT_ALLOWED;
    }
    c->answered = true;
    if (http_field(c->req, "ACCESS_CONTROL_REQUEST_METHOD").p != NULL) {
        origin_preflight(c->res, c->req, c->origins, methods);
        return ERR_OK;
    }
    http_response_reset(c->res, 204);
    origin_cors(c->res, c->req, c->origins);
    http_response_field(c->res, "Allow", str_of(methods));
    return ERR_OK;
}

/* None of the service's own addresses: perhaps one of its other faces'. */
static enum err step_face(struct call *c)
{
    const struct face face =
        face_of(c->api->config, c->ctx->arena, c->req->path);
    unsigned allow = 0;

    if (face.mark == ROUTE_CDI)
        cdi_begin_call(c);
    if (face.mark == ROUTE_FDI)
        fdi_begin_call(c);
    if (c->api->config->http_require_https && !c->req->https &&
        (face.mark != ROUTE_CDI || !cdi_from_here(c)))
        return ERR_HTTPS_REQUIRED;
    if (face.mark == 0)
        return ERR_NOT_FOUND;
    c->route =
        routes_find(face.mark, c->req->method, face.path, c->params, &allow);
    if (c->route == NULL)
        return route_missing(c, allow);
    c->tenant_given = face.tenant_given;
    /* Which tenant is asked for is looked up by who may ask (cdi.c, fdi.c). */
    c->app.name = face.app;
    c->app.tenant = face.tenant;
    return ERR_OK;
}

/* A row decides whether it may come in clear, so it is looked for before that
 * is judged; what is not there is told only after. */
static enum err step_route(struct call *c)
{
    unsigned allow;
    const struct route *route =
        routes_find(0, c->req->method, c->req->path, c->params, &allow);

    if (route == NULL && allow == 0)
        return step_face(c);
    if (c->api->config->http_require_https && !c->req->https &&
        (route == NULL || (route->marks & ROUTE_PLAIN) == 0))
        return ERR_HTTPS_REQUIRED;
    /* As if it were not there, whoever asks. */
    if (route != NULL && (route->marks & ROUTE_PROVIDERS) != 0 &&
        !c->api->config->oauth2_enabled)
        return ERR_OAUTH2_OFF;
    if (route == NULL)
        return route_missing(c, allow);
    c->route = route;
    return ERR_OK;
}

/* Before anything that may refuse: a page of an allowed origin must be able to
 * read why. */
static enum err step_cors(struct call *c)
{
    origin_cors(c->res, c->req, c->origins);
    return ERR_OK;
}

static enum err need_access(struct call *c)
{
    enum err e = session_check(c->ctx, c->cred.access, &c->view);

    if (e == ERR_OK)
        e = watch_look(c->ctx, &c->view.state, c->view.used_us, false);
    /* Who may be somebody else must first prove not to be. */
    if (e == ERR_OK && c->view.state.row.step_up_required_us != 0 &&
        (c->route->marks & ROUTE_PENDING) == 0)
        e = ERR_STEP_UP_REQUIRED;
    if (e != ERR_OK)
        return e;
    c->has_session = true;
    c->touch = true;
    return ERR_OK;
}

/* Who signs out may hold a token that is over; that is no reason to refuse. But
 * a session that cannot be looked at is one that may still live. */
static enum err need_any(struct call *c)
{
    enum err e;

    if (c->cred.access.p == NULL)
        return ERR_OK;
    e = need_access(c);
    return err_status(e) == 401 ? ERR_OK : e;
}

static enum err need_refresh(const struct call *c)
{
    if (c->cred.refresh.p != NULL)
        return ERR_OK;
    /* One kind of token is never taken for another. */
    if (c->cred.access.p != NULL && !c->cred.access_by_cookie)
        return ERR_REFRESH_TOKEN_INVALID;
    return ERR_AUTHENTICATION_REQUIRED;
}

/* What the token names is looked at by the handler, which counts the try. */
static enum err need_two_factor(struct call *c)
{
    if (c->cred.two_factor.p == NULL)
        return ERR_TWO_FACTOR_TOKEN_MISSING;
    return proof_token_open(c->ctx, PROOF_TWO_FACTOR, c->cred.two_factor,
                            &c->attempt);
}

static enum err need_two_factor_and_access(struct call *c)
{
    enum err e = need_two_factor(c);

    if (e != ERR_OK)
        return e;
    return c->cred.access.p == NULL ? ERR_AUTHENTICATION_REQUIRED
                                    : need_access(c);
}

static enum err need_access_or_two_factor(struct call *c)
{
    return c->cred.access.p == NULL ? need_two_factor(c) : need_access(c);
}

static enum err need_api_key(struct call *c)
{
    struct store_api_key key;

    if (c->cred.api_key.n == 0)
        return ERR_AUTHENTICATION_REQUIRED;
    return api_key_check(c->ctx, c->cred.api_key, &key);
}

static enum err step_need(struct call *c)
{
    switch (c->route->need) {
    case NEED_NONE:
        return ERR_OK;
    case NEED_ACCESS:
        if (c->cred.access.p == NULL)
            return ERR_AUTHENTICATION_REQUIRED;
        return need_access(c);
    case NEED_ACCESS_OPTIONAL:
        return c->cred.access.p == NULL ? ERR_OK : need_access(c);
    case NEED_ANY_OPTIONAL:
        return need_any(c);
    case NEED_REFRESH:
        return need_refresh(c);
    case NEED_TWO_FACTOR:
        return need_two_factor(c);
    case NEED_TWO_FACTOR_AND_ACCESS:
        return need_two_factor_and_access(c);
    case NEED_ACCESS_OR_TWO_FACTOR:
        return need_access_or_two_factor(c);
    case NEED_API_KEY:
        return need_api_key(c);
    case NEED_CORE_KEY:
        return cdi_admit(c);
    case NEED_FRONTEND:
        return fdi_admit_session(c);
    case NEED_COUNT:
        break;
    }
    /* A need nobody wrote a check for opens nothing. */
    return ERR_FORBIDDEN;
}

static enum err step_role(struct call *c)
{
    if ((c->route->marks & ROUTE_ADMIN) == 0)
        return ERR_OK;
    if (!api_answer_is_admin(c))
        return ERR_ROLE_REQUIRED;
    c->ctx->actor = c->view.state.row.subject;
    return ERR_OK;
}

static bool wants_step_up(const struct call *c)
{
    const struct config *config = c->api->config;
    unsigned marks = c->route->marks;

    return (marks & ROUTE_STEP_UP) != 0 ||
           ((marks & ROUTE_STEP_UP_OTHERS) != 0 &&
            config->step_up_revoke_others) ||
           ((marks & ROUTE_ADMIN) != 0 && c->route->method != METHOD_GET &&
            config->step_up_admin);
}

/* RFC 9470 section 3: the client is told how fresh the proof must be. */
static void step_up_challenge(struct call *c)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str text;

    buf_text(&b, "Bearer realm=\"gatehouse\", "
                 "error=\"insufficient_user_authentication\", "
                 "error_description=\"A fresh proof is needed\", max_age=\"");
    buf_int(&b, proof_token_lifetime(c->api->config, PROOF_STEP_UP));
    buf_char(&b, '"');
    if (buf_done(&b, &text) == ERR_OK)
        http_response_field(c->res, "WWW-Authenticate", text);
}

/* A step-up token counts for the session it was given to, and no other. */
static enum err step_step_up(struct call *c)
{
    struct id session;
    enum err e;

    if (!wants_step_up(c))
        return ERR_OK;
    if (c->cred.step_up.p == NULL)
        return ERR_STEP_UP_REQUIRED;
    e = proof_token_open(c->ctx, PROOF_STEP_UP, c->cred.step_up, &session);
    if (e == ERR_OK && !id_eq(&session, &c->view.state.row.id))
        e = ERR_STEP_UP_TOKEN_INVALID;
    return e;
}

static enum err step_handle(struct call *c)
{
    enum err e = c->route->handle(c);

    if (e == ERR_OK && c->res->body.failed)
        return ERR_NO_MEMORY;
    return e == ERR_OK && c->res->failed ? ERR_INTERNAL : e;
}

/* The cookies of a session that is over would be sent for nothing. Only then:
 * a fault of ours must not sign anybody out. */
static void refuse_cookies(struct call *c, enum err e)
{
    if (e != ERR_SESSION_INVALID && e != ERR_SESSION_EXPIRED &&
        e != ERR_TOKEN_THEFT)
        return;
    if (api_credentials_by_cookie(c))
        api_cookie_clear_tokens(c);
}

/* The only line about a refusal; no token, address or body is in it. */
static void refuse_log(const struct call *c, enum err e)
{
    char ip[IP_TEXT_LEN + 1];

    ip_text(&c->req->client, ip);
    const struct log_field fields[] = {
        LOG_TEXT("code", str_of(err_code(e))),
        LOG_TEXT("cause", str_of(err_name(e))),
        LOG_TEXT("route", str_of(c->route == NULL ? "-" : c->route->name)),
        LOG_INT("status", err_status(e)),
        LOG_TEXT("ip", str_of(ip)),
        LOG_END,
    };
    log_event((enum log_level)err_level(e),
              err_status(e) < 500 ? "request.refused" : "request.failed",
              fields);
}

static void refuse(struct call *c, enum err e)
{
    struct http_response *res = c->res;

    /* What a handler had begun is not half an answer. */
    if (res->failed || res->body.failed)
        http_response_reset(res, err_status(e));
    if (e == ERR_STEP_UP_REQUIRED)
        step_up_challenge(c);
    if (c->refuse != NULL)
        c->refuse(c, e);
    else if (e == ERR_VALIDATION && c->body.invalid_count > 0)
        http_problem_fields(res, c->body.invalid, c->body.invalid_count,
                            c->req->request_id);
    else
        http_problem(res, e, c->detail, c->req->request_id,
                     c->ctx->retry_after_s);
    /* What a handler refuses itself is not about the session of the request. */
    if (c->route != NULL && c->refuse == NULL)
        refuse_cookies(c, e);
    /* What a foreign page sends is not its victim's activity. */
    if (e == ERR_CROSS_SITE)
        c->touch = false;
    refuse_log(c, e);
}

/* The user agent for events; one that is no clean text is left out. */
static struct str client_agent(const struct http_request *r)
{
    struct str raw = http_field(r, "USER_AGENT");

    if (raw.n > AGENT_MAX || !str_utf8(raw) || str_has_control(raw))
        return (struct str){NULL, 0};
    return raw;
}

/* A language nobody can read off the request is no reason to refuse it. */
static void client_locale(const struct http_request *r, struct ctx *ctx)
{
    struct str rest = http_field(r, "ACCEPT_LANGUAGE");
    struct str first = str_cut(&rest, ',');
    struct str asked;

    first = str_trim(str_cut(&first, ';'));
    if (http_query(ctx->arena, r, STR("locale"), &asked) == ERR_OK &&
        text_locale(asked)) {
        ctx->client.locale = asked;
        ctx->client.locale_asked = true;
    } else if (text_locale(first)) {
        ctx->client.locale = first;
    }
}

/* What a gate lets through is answered by somebody else, whose fields these
 * would be; and where its refusal is only known by its number, Apache would put
 * what it said beside what is said in its place. */
static void gate_bare(struct http_response *res)
{
    if (res->status != 200)
        http_response_reset(res, res->status);
}

void dispatch(const struct api *api, struct ctx *ctx,
              const struct http_request *req, struct http_response *res,
              struct call *call_r)
{
    static enum err (*const steps[])(struct call *) = {
        step_cors,
        step_fault,
        step_route,
        dispatch_limit_network,
        api_credentials_find,
        step_need,
        dispatch_limit_account,
        step_role,
        api_csrf_check,
        step_step_up,
        dispatch_media,
        dispatch_body,
        step_handle,
    };
    struct call *c = call_r;
    enum err e = ERR_OK;

    *c = (struct call){.api = api,
                       .ctx = ctx,
                       .req = req,
                       .res = res,
                       .origins = &api->origins};
    ctx->client = (struct client){.ip = req->client,
                                  .user_agent = client_agent(req),
                                  .device_type = STORE_OTHER,
                                  .request_id = req->request_id,
                                  .identify = api_sign_in_identify,
                                  .identify_data = c,
                                  .places = api->geoip != NULL};
    client_locale(req, ctx);
    ctx->actor = (struct str){NULL, 0};
    ctx->realm_id = STORE_REALM_DEFAULT;
    ctx->retry_after_s = 0;
    ctx->tell_account = (struct id){{0}};
    log_request(req->request_id);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        e = steps[i](c);
        if (e != ERR_OK || c->answered)
            break;
    }
    if (e != ERR_OK)
        refuse(c, e);
    dispatch_limit_tell(c);
    if (req->gate && (req->mute || res->status == 200))
        gate_bare(res);
    else
        /* Not over plain HTTP (RFC 6797 section 7.2). */
        http_response_harden(res, req->https ? api->config->http_hsts : 0);
}

struct http_request dispatch_gate(const struct config *config, struct arena *a,
                                  const struct http_request *req)
{
    struct http_request r = *req;
    struct buf path = buf_new(a);
    struct http_pair *fields =
        arena_alloc(a, (req->field_count + 1) * sizeof(*fields));
    /* Apache makes a GET of what it has refused. */
    struct str method = req->refused && req->method_once.p != NULL
                            ? req->method_once
                            : req->method_text;

    r.gate = !req->refused;
    r.method = METHOD_GET;
    r.method_text = STR("GET");
    r.query = (struct str){NULL, 0};
    r.body = (struct str){NULL, 0};
    r.fields = fields;
    r.field_count = 0;
    /* Neither address nor body is for us. */
    if (r.fault == ERR_BODY_TOO_LARGE || r.target_fault)
        r.fault = ERR_OK;
    buf_text(&path, config->fdi_base_path);
    buf_text(&path, FDI_VERIFY);
    if (fields == NULL || buf_done(&path, &r.path) != ERR_OK) {
        r.fields = req->fields;
        r.fault = ERR_NO_MEMORY;
        return r;
    }
    fields[r.field_count++] =
        (struct http_pair){STR("X_ORIGINAL_METHOD"), method};
    /* A client's own would speak for the web server. */
    for (size_t i = 0; i < req->field_count; i++)
        if (!str_eq(req->fields[i].name, STR("X_ORIGINAL_METHOD")))
            fields[r.field_count++] = req->fields[i];
    return r;
}

void dispatch_after(struct call *call)
{
    enum err e;

    if (!id_is_nil(&call->ctx->tell_account))
        identity_tell(call->ctx, &call->ctx->tell_account);
    if (!call->touch)
        return;
    e = session_touch(call->ctx, &call->view);
    if (e != ERR_OK)
        log_msg(LOG_LEVEL_WARNING, "session.touch_failed", "%s", err_name(e));
}
