/* SPDX-License-Identifier: MIT */
/* Bodies: the media type is exact, because a form or text/plain is what a
 * foreign page can send without asking (Fetch, "simple" requests). */
#include "api/dispatch_body.h"

#include "api/routes.h"
#include "base/json_scan.h"

/* A session's data may hold longer lists and texts than a request's fields. */
static const struct json_limits raw_limits = {16, 1024, 65536};

/* Is field the media type `wanted`, without parameter or as UTF-8? */
static bool media_is(struct str field, struct str wanted)
{
    struct str rest = field;

    if (!str_eq_nocase(str_trim(str_cut(&rest, ';')), wanted))
        return false;
    if (rest.p == NULL)
        return true;
    rest = str_trim(rest);
    return str_eq_nocase(rest, STR("charset=utf-8")) ||
           str_eq_nocase(rest, STR("charset=\"utf-8\""));
}

static bool media_json(const struct call *c)
{
    return media_is(http_field(c->req, "CONTENT_TYPE"),
                    STR("application/json"));
}

static bool media_form(const struct call *c)
{
    return media_is(http_field(c->req, "CONTENT_TYPE"),
                    STR("application/x-www-form-urlencoded"));
}

/* A body that need not be there and is not needs no type either. */
static bool media_absent(const struct call *c)
{
    for (size_t i = 0; i < c->route->field_count; i++)
        if (c->route->fields[i].required)
            return false;
    return c->req->body.n == 0 && http_field(c->req, "CONTENT_TYPE").n == 0;
}

enum err dispatch_media(struct call *c)
{
    bool fits = true;

    switch (c->route->body) {
    case BODY_NONE:
    case BODY_COUNT:
        break;
    case BODY_JSON:
        fits = media_json(c) || media_absent(c);
        break;
    case BODY_FORM:
        fits = media_form(c) || media_json(c);
        break;
    case BODY_RAW_JSON:
        fits = media_json(c);
        break;
    case BODY_CDI:
        /* Some back ends name no type; cdi.c has refused browsers. */
        break;
    }
    return fits ? ERR_OK : ERR_MEDIA_TYPE;
}

/* Is a parameter of a form wrong, and how? */
static bool form_flawed(const struct json_field *f, struct str text,
                        struct http_invalid *flaw_r)
{
    if (text.p == NULL && !f->required)
        return false;
    if (text.p == NULL)
        *flaw_r = (struct http_invalid){f->name, "MISSING",
                                        "This parameter is needed"};
    else if ((int64_t)text.n < f->min)
        *flaw_r = (struct http_invalid){f->name, "TOO_SHORT",
                                        "This parameter is too short"};
    else if ((int64_t)text.n > f->max)
        *flaw_r = (struct http_invalid){f->name, "TOO_LONG",
                                        "This parameter is too long"};
    else
        return false;
    return true;
}

/* The body of a form has the grammar of a query string. Parameters that are
 * not declared are ignored, as OAuth asks (RFC 6749 section 3.2). */
static enum err form_parse(struct call *c)
{
    const struct route *route = c->route;
    struct http_request form = *c->req;

    form.query = c->req->body;
    for (size_t i = 0; i < route->field_count; i++) {
        const struct json_field *f = &route->fields[i];
        struct str text = {NULL, 0};
        enum err e = http_query(c->ctx->arena, &form, str_of(f->name), &text);

        /* Repeated parameters end here: two readers might take two values. */
        if (e != ERR_OK)
            return e;
        if (form_flawed(f, text, &c->body.invalid[c->body.invalid_count]))
            c->body.invalid_count++;
        c->body.values[i].present = text.p != NULL;
        c->body.values[i].text = text;
    }
    return c->body.invalid_count > 0 ? ERR_VALIDATION : ERR_OK;
}

static enum err fields_parse(struct call *c)
{
    return json_parse(c->ctx->arena, c->req->body, c->route->fields,
                      c->route->field_count, &c->body);
}

static enum err raw_scan(struct call *c)
{
    return json_scan(c->ctx->arena, c->req->body, &raw_limits);
}

enum err dispatch_body(struct call *c)
{
    switch (c->route->body) {
    case BODY_NONE:
    case BODY_COUNT:
        break;
    case BODY_FORM:
        return media_form(c) ? form_parse(c) : fields_parse(c);
    case BODY_JSON:
        return fields_parse(c);
    case BODY_RAW_JSON:
        return raw_scan(c);
    case BODY_CDI:
        return json_parse_open(c->ctx->arena, c->req->body, c->route->fields,
                               c->route->field_count, &c->body);
    }
    return ERR_OK;
}
