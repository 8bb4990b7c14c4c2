/* SPDX-License-Identifier: MIT */
/* The audit trail for administrators, and its share for everybody. */
#include "api/api_audit.h"

#include "api/api_answer.h"
#include "api/api_query.h"
#include "base/clock.h"
#include "domain/audit.h"
#include "domain/session.h"

#define AUDIT_PAGE_MAX 200
#define AUDIT_PAGE 50

/* One page on its way out. */
struct audit_page {
    struct call *c;
    struct id last;
    int64_t last_us;
};

/* A cursor names the last event told, by time and id. */
static enum err audit_query_cursor(struct call *c, struct store_audit *what)
{
    struct str rest;
    uint64_t us = 0;
    enum err e = api_query_text(c, "cursor", 64, &rest);

    if (e != ERR_OK || rest.p == NULL)
        return e;
    if (!str_uint(str_cut(&rest, '.'), INT64_MAX, &us) || rest.p == NULL ||
        !id_parse(rest, &what->before))
        return api_query_wrong(c, "cursor");
    what->before_us = (int64_t)us;
    return ERR_OK;
}

static enum err audit_query_page(struct call *c, struct store_audit *what)
{
    enum err e =
        api_query_int(c, "size", AUDIT_PAGE_MAX, AUDIT_PAGE, &what->limit);

    if (e == ERR_OK && what->limit == 0)
        e = api_query_wrong(c, "size");
    if (e == ERR_OK)
        e = api_query_time(c, "from", &what->from_us);
    if (e == ERR_OK)
        e = api_query_time(c, "to", &what->to_us);
    return e != ERR_OK ? e : audit_query_cursor(c, what);
}

static enum err audit_query_ip(struct call *c, struct store_audit *what,
                               struct ip *ip)
{
    struct str text;
    enum err e = api_query_text(c, "ip", 64, &text);

    if (e != ERR_OK || text.p == NULL)
        return e;
    if (!ip_parse(text, ip))
        return api_query_wrong(c, "ip");
    what->ip = ip;
    return ERR_OK;
}

static struct str audit_text(struct str text)
{
    return text.n > 0 ? text : (struct str){NULL, 0};
}

static void audit_put_id(struct json_out *j, const char *key,
                         const struct id *id)
{
    if (id_is_nil(id))
        json_null(j, key);
    else
        json_id(j, key, id);
}

static void audit_put_ip(struct json_out *j, const struct ip *ip)
{
    char text[IP_TEXT_LEN + 1];

    ip_text(ip, text);
    json_str(j, "ipAddress", str_of(text));
}

/* What every event says. */
static void audit_put_head(struct audit_page *p, const struct store_event *e)
{
    struct json_out *j = &p->c->res->json;

    p->last = e->id;
    p->last_us = e->at_us;
    json_open(j, NULL, '{');
    json_id(j, "id", &e->id);
    json_time(j, "at", e->at_us);
    json_str(j, "kind", str_of(e->kind));
    audit_put_id(j, "sessionId", &e->session_id);
}

static enum err audit_put(void *data, const struct store_audit_event *event)
{
    struct audit_page *p = data;
    struct json_out *j = &p->c->res->json;
    const struct store_event *e = &event->event;

    audit_put_head(p, e);
    json_str(j, "subject", e->subject);
    audit_put_ip(j, &e->ip);
    json_str(j, "userAgent", audit_text(e->user_agent));
    json_str(j, "requestId", audit_text(e->request_id));
    json_raw(j, "detail", e->detail.n > 0 ? e->detail : STR("{}"));
    json_close(j, '}');
    return p->c->res->body.failed ? ERR_NO_MEMORY : ERR_OK;
}

static enum err audit_put_own(void *data, const struct store_audit_event *event)
{
    struct audit_page *p = data;
    struct json_out *j = &p->c->res->json;
    const struct store_event *e = &event->event;
    bool other = audit_by_other(e);

    audit_put_head(p, e);
    json_str(j, "result", str_of(audit_result(e)));
    if (other)
        json_null(j, "ipAddress");
    else
        audit_put_ip(j, &e->ip);
    json_str(j, "userAgent",
             other ? (struct str){NULL, 0} : audit_text(e->user_agent));
    json_str(j, "browser", audit_text(event->browser));
    json_str(j, "os", audit_text(event->os));
    json_bool(j, "current", id_eq(&e->session_id, &p->c->view.state.row.id));
    json_close(j, '}');
    return p->c->res->body.failed ? ERR_NO_MEMORY : ERR_OK;
}

/* The cursor of the next page, or null. */
static enum err audit_end(struct audit_page *p, bool more)
{
    struct json_out *j = &p->c->res->json;
    struct buf b = buf_new(p->c->ctx->arena);
    char id[ID_TEXT_LEN + 1];
    struct str cursor = {NULL, 0};

    json_close(j, ']');
    if (more) {
        id_text(&p->last, id);
        buf_int(&b, p->last_us);
        buf_char(&b, '.');
        buf_text(&b, id);
        if (buf_done(&b, &cursor) != ERR_OK)
            return ERR_NO_MEMORY;
    }
    json_str(j, "nextCursor", cursor);
    http_json_end(p->c->res);
    return ERR_OK;
}

enum err api_audit_list(struct call *c)
{
    struct audit_page p = {.c = c};
    struct store_audit what = {.limit = 0};
    struct ip ip;
    bool more = false;
    enum err e = audit_query_page(c, &what);

    if (e == ERR_OK)
        e = api_query_text(c, "kind", 48, &what.kind);
    if (e == ERR_OK)
        e = api_query_text(c, "subject", 512, &what.subject);
    if (e == ERR_OK)
        e = api_query_id(c, "session", &what.session_id);
    if (e == ERR_OK)
        e = audit_query_ip(c, &what, &ip);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_open(&c->res->json, "content", '[');
    e = audit_list(c->ctx, &what, audit_put, &p, &more);
    return e != ERR_OK ? e : audit_end(&p, more);
}

enum err api_audit_activity(struct call *c)
{
    struct audit_page p = {.c = c};
    struct store_audit what = {.limit = 0};
    bool more = false;
    enum err e = audit_query_page(c, &what);

    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_open(&c->res->json, "content", '[');
    e = audit_activity(c->ctx, c->view.state.row.subject, &what, audit_put_own,
                       &p, &more);
    return e != ERR_OK ? e : audit_end(&p, more);
}

static enum err audit_put_session(void *data, const struct store_past *past)
{
    struct call *c = data;
    struct json_out *j = &c->res->json;
    const struct store_session *s = &past->row;
    const char *status = audit_status(c->api->config, past);

    json_open(j, NULL, '{');
    json_id(j, "id", &s->id);
    json_str(j, "status", str_of(status));
    json_bool(j, "current", id_eq(&s->id, &c->view.state.row.id));
    json_str(j, "label", audit_text(s->label));
    json_str(j, "browser", s->browser);
    json_str(j, "os", s->os);
    json_str(j, "deviceType",
             str_of(useragent_type_text((enum useragent_type)s->device_type)));
    audit_put_ip(j, &s->ip);
    json_time(j, "createdAt", s->created_us);
    json_time(j, "lastActiveAt", s->active_us);
    json_time(j, "expiresAt", session_ends_us(c->api->config, s));
    json_time(j, "revokedAt", s->revoked_us);
    json_str(j, "reason", audit_text(past->reason));
    json_close(j, '}');
    return c->res->body.failed ? ERR_NO_MEMORY : ERR_OK;
}

enum err api_audit_sessions(struct call *c)
{
    http_json_begin(c->res, 200);
    json_open(&c->res->json, "content", '[');
    enum err e =
        audit_sessions(c->ctx, c->view.state.row.subject, audit_put_session, c);

    if (e != ERR_OK)
        return e;
    json_close(&c->res->json, ']');
    http_json_end(c->res);
    return ERR_OK;
}
