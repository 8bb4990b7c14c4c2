/* SPDX-License-Identifier: MIT */
/* The caller's sessions: seen, named, cut off, and the data kept with one. */
#include "api/api.h"

#include "api/api_answer.h"
#include "api/api_cookie.h"
#include "api/api_sign_in.h"

#define DATA_MAX 65536

/* The caller, by the session that was checked. */
static const struct store_session *caller(const struct call *c)
{
    return &c->view.state.row;
}

/* The id in the path. What cannot be one is unknown like any other. */
static enum err session_param(const struct call *c, struct id *id_r)
{
    return id_parse(c->params[0], id_r) ? ERR_OK : ERR_NOT_FOUND;
}

static bool session_known(struct str name)
{
    return name.n > 0 && !str_eq(name, STR("Unknown"));
}

/* "Chrome on Windows 10"; of a tool that names no system, its own name. */
static struct str session_device(struct arena *a, const struct store_session *s)
{
    struct buf out = buf_new(a);
    struct str text = {NULL, 0};

    buf_str(&out,
            session_known(s->browser) ? s->browser : STR("Unknown browser"));
    if (session_known(s->os)) {
        buf_text(&out, " on ");
        buf_str(&out, s->os);
    }
    if (buf_done(&out, &text) != ERR_OK)
        return (struct str){NULL, 0};
    return text;
}

/* Nothing known is null, not "". */
static struct str session_text(struct str text)
{
    return text.n > 0 ? text : (struct str){NULL, 0};
}

static enum err session_put(void *data, const struct store_session *s)
{
    struct call *c = data;
    struct json_out *j = &c->res->json;
    char ip[IP_TEXT_LEN + 1];

    ip_text(&s->ip, ip);
    json_open(j, NULL, '{');
    json_id(j, "id", &s->id);
    json_bool(j, "current", id_eq(&s->id, &caller(c)->id));
    json_str(j, "label", session_text(s->label));
    json_str(j, "device", session_device(c->ctx->arena, s));
    json_str(j, "browser", s->browser);
    json_str(j, "os", s->os);
    json_str(j, "deviceType",
             str_of(useragent_type_text((enum useragent_type)s->device_type)));
    json_str(j, "userAgent", session_text(s->user_agent));
    json_str(j, "ipAddress", session_text(str_of(ip)));
    api_sign_in_location(c, &s->place);
    json_time(j, "createdAt", s->created_us);
    json_time(j, "lastActiveAt", s->active_us);
    json_time(j, "expiresAt", session_ends_us(c->api->config, s));
    json_raw(j, "authMethods", s->amr.n > 0 ? s->amr : STR("[]"));
    json_close(j, '}');
    return c->res->body.failed ? ERR_NO_MEMORY : ERR_OK;
}

/* Begins an answer that is not one object with members of ours. */
static struct json_out *session_body(struct call *c)
{
    c->res->status = 200;
    c->res->content_type = API_JSON_TYPE;
    c->res->json = json_out(&c->res->body);
    return &c->res->json;
}

/* A bare array, as clients of this family of services expect it. */
enum err api_session_list_of(struct call *c, struct str subject)
{
    struct json_out *j = session_body(c);
    enum err e;

    json_open(j, NULL, '[');
    e = session_list(c->ctx, subject, session_put, c);
    if (e != ERR_OK)
        return e;
    json_close(j, ']');
    return ERR_OK;
}

enum err api_session_list(struct call *c)
{
    return api_session_list_of(c, caller(c)->subject);
}

/* 404 is the one answer for unknown, foreign and ended ids: no oracle. */
enum err api_session_revoke(struct call *c)
{
    struct id id;
    enum err e = session_param(c, &id);

    if (e != ERR_OK)
        return e;
    e = session_revoke(c->ctx, caller(c)->subject, &id, "user");
    if (e != ERR_OK)
        return e;
    api_answer_success(c);
    if (id_eq(&id, &caller(c)->id)) {
        /* An ended session has no activity to stamp. */
        c->touch = false;
        api_cookie_clear_all(c);
    }
    return ERR_OK;
}

enum err api_session_revoke_others(struct call *c)
{
    uint64_t count = 0;
    enum err e = session_revoke_all(c->ctx, caller(c)->subject, &caller(c)->id,
                                    "others", &count);

    if (e != ERR_OK)
        return e;
    api_answer_count(c, count);
    return ERR_OK;
}

enum err api_session_revoke_all(struct call *c)
{
    const struct id nil = {{0}};
    uint64_t count = 0;
    enum err e =
        session_revoke_all(c->ctx, caller(c)->subject, &nil, "all", &count);

    if (e != ERR_OK)
        return e;
    c->touch = false;
    api_answer_count(c, count);
    api_cookie_clear_all(c);
    return ERR_OK;
}

enum err api_session_label(struct call *c)
{
    struct id id;
    enum err e = session_param(c, &id);

    if (e != ERR_OK)
        return e;
    e = session_label(c->ctx, caller(c)->subject, &id, c->body.values[0].text);
    if (e == ERR_VALIDATION)
        return api_answer_invalid(c, "label", e);
    if (e != ERR_OK)
        return e;
    api_answer_success(c);
    return ERR_OK;
}

enum err api_session_data_get(struct call *c)
{
    struct str data;
    enum err e = session_data_get(c->ctx, &caller(c)->id, &data);

    if (e != ERR_OK)
        return e;
    json_raw(session_body(c), NULL, data);
    return ERR_OK;
}

enum err api_session_data_put(struct call *c)
{
    enum err e;

    /* The configured limit of bodies may be higher than that of this column. */
    if (c->req->body.n > DATA_MAX)
        return ERR_BODY_TOO_LARGE;
    e = session_data_put(c->ctx, &caller(c)->id, c->req->body);
    if (e != ERR_OK)
        return e;
    api_answer_success(c);
    return ERR_OK;
}
