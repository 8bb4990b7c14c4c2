/* SPDX-License-Identifier: MIT */
/* Builds answers. A value that could split the answer or bend a cookie fails
 * the whole answer: half of one is worse than a 500. */
#include "http/response.h"

#include <limits.h>
#include <string.h>

#include "base/clock.h"

/* RFC 8259 knows no charset, but old sniffers do. */
#define RESPONSE_JSON "application/json; charset=utf-8"
#define RESPONSE_PROBLEM "application/problem+json; charset=utf-8"
/* RFC 6265bis section 5.6: browsers drop what is longer. */
#define RESPONSE_COOKIE_MAX 4096
#define RESPONSE_CODE_MAX 64

struct http_response http_response_new(struct arena *a)
{
    return (struct http_response){
        .arena = a, .status = 500, .body = buf_new(a)};
}

/* Also forgets a failure: what failed is dropped with the rest. */
void http_response_reset(struct http_response *r, int status)
{
    *r = http_response_new(r->arena);
    r->status = status;
}

static struct http_pair *response_find(struct http_response *r, struct str name)
{
    for (size_t i = 0; i < r->field_count; i++)
        if (str_eq_nocase(r->fields[i].name, name))
            return &r->fields[i];
    return NULL;
}

struct str http_response_told(struct http_response *r, const char *name)
{
    const struct http_pair *field = response_find(r, str_of(name));

    return field == NULL ? (struct str){NULL, 0} : field->value;
}

/* No control byte, so that no value ends its line (response splitting). */
static bool response_clean(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* What RFC 9110 section 5.6.2 keeps out of names, but for controls. */
static bool response_is_name(struct str s)
{
    static const bool delimiter[UCHAR_MAX + 1] = {
        ['\t'] = true, [' '] = true, ['"'] = true, ['('] = true, [')'] = true,
        [','] = true,  ['/'] = true, [':'] = true, [';'] = true, ['<'] = true,
        ['='] = true,  ['>'] = true, ['?'] = true, ['@'] = true, ['['] = true,
        ['\\'] = true, [']'] = true, ['{'] = true, ['}'] = true};

    for (size_t i = 0; i < s.n; i++)
        if (delimiter[(unsigned char)s.p[i]])
            return false;
    return s.n > 0 && response_clean(s);
}

/* One Vary with each name once, whoever adds to it. */
static bool response_vary(struct http_response *r, struct http_pair *vary,
                          struct str more)
{
    struct buf b = buf_new(r->arena);

    if (str_has_nocase(vary->value, more))
        return true;
    buf_str(&b, vary->value);
    buf_text(&b, ", ");
    buf_str(&b, more);
    return buf_done(&b, &vary->value) == ERR_OK;
}

static void response_append(struct http_response *r, struct http_pair field)
{
    if (r->field_count == RESPONSE_FIELDS_MAX)
        r->failed = true;
    else
        r->fields[r->field_count++] = field;
}

void http_response_field(struct http_response *r, const char *name,
                         struct str value)
{
    const struct str vary = STR("Vary");
    struct http_pair field = {str_of(name), value};
    struct http_pair *old = NULL;

    if (!response_is_name(field.name) || !response_clean(value)) {
        r->failed = true;
        return;
    }
    if (str_eq_nocase(field.name, vary))
        old = response_find(r, vary);
    if (old != NULL) {
        r->failed = !response_vary(r, old, value) || r->failed;
        return;
    }
    response_append(r, field);
}

/* Takes the nth field out; the others keep their order. */
static void response_drop(struct http_response *r, size_t n)
{
    r->field_count--;
    memmove(&r->fields[n], &r->fields[n + 1],
            (r->field_count - n) * sizeof(r->fields[0]));
}

void http_response_replace(struct http_response *r, const char *name,
                           struct str value)
{
    for (size_t i = r->field_count; i-- > 0;)
        if (str_eq_nocase(r->fields[i].name, str_of(name)))
            response_drop(r, i);
    http_response_field(r, name, value);
}

void http_response_uncookie(struct http_response *r, struct str name)
{
    for (size_t i = r->field_count; i-- > 0;) {
        struct str rest = r->fields[i].value;

        if (str_eq(r->fields[i].name, STR("Set-Cookie")) &&
            str_eq(str_cut(&rest, '='), name))
            response_drop(r, i);
    }
}

/* cookie-octet of RFC 6265 section 4.1.1. */
static bool response_cookie_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' ||
            c == '\\')
            return false;
    }
    return true;
}

/* An attribute's value ends at the next ';'. */
static bool response_cookie_attribute(const char *text)
{
    return text == NULL ||
           (strchr(text, ';') == NULL && response_clean(str_of(text)));
}

static bool response_cookie_good(const struct http_cookie_spec *c)
{
    return response_is_name(c->name) && response_cookie_value(c->value) &&
           c->name.n + c->value.n <= RESPONSE_COOKIE_MAX &&
           response_cookie_attribute(c->path) &&
           response_cookie_attribute(c->domain) &&
           response_cookie_attribute(c->same_site);
}

static void response_attribute(struct buf *b, const char *name,
                               const char *value)
{
    if (value == NULL)
        return;
    buf_text(b, name);
    buf_text(b, value);
}

/* Max-Age and, to clear, Expires too: some clients know only the older one. */
static void response_cookie_end(struct buf *b, const struct http_cookie_spec *c)
{
    char date[CLOCK_HTTP_LEN + 1];

    if (!c->dated) {
        buf_text(b, "; Max-Age=");
        buf_int(b, c->max_age > 0 ? c->max_age : 0);
    }
    if (!c->dated && c->max_age > 0)
        return;
    clock_http(c->dated ? c->expires_s : 0, date);
    response_attribute(b, "; Expires=", date);
}

/* Setting and clearing write the same attributes, or clearing would miss. */
void http_response_cookie(struct http_response *r,
                          const struct http_cookie_spec *c)
{
    struct buf b = buf_new(r->arena);
    struct str text;

    buf_str(&b, c->name);
    buf_char(&b, '=');
    buf_str(&b, c->value);
    response_attribute(&b, "; Path=", c->path);
    response_attribute(&b, "; Domain=", c->domain);
    response_cookie_end(&b, c);
    if (c->secure)
        buf_text(&b, "; Secure");
    buf_text(&b, "; HttpOnly");
    response_attribute(&b, "; SameSite=", c->same_site);
    if (!response_cookie_good(c) || buf_done(&b, &text) != ERR_OK)
        r->failed = true;
    else
        http_response_field(r, "Set-Cookie", text);
}

static void response_json(struct http_response *r, int status, const char *type)
{
    r->status = status;
    r->content_type = type;
    r->body = buf_new(r->arena);
    r->json = json_out(&r->body);
    json_open(&r->json, NULL, '{');
}

void http_json_begin(struct http_response *r, int status)
{
    response_json(r, status, RESPONSE_JSON);
}

void http_json_end(struct http_response *r)
{
    json_close(&r->json, '}');
}

/* RFC 6750 section 3.1: who presented nothing is told no error code. The
 * codes for credentials that are no bearer token count as nothing. */
static const char *response_challenge(enum err e)
{
    switch (e) {
    case ERR_AUTHENTICATION_REQUIRED:
    case ERR_INVALID_CREDENTIALS:
    case ERR_API_KEY_INVALID:
        return NULL;
    case ERR_STEP_UP_REQUIRED:
        return "insufficient_user_authentication"; /* RFC 9470 section 3 */
    default:
        return "invalid_token";
    }
}

/* RFC 9110 section 15.5.2: a 401 always names a challenge. Titles are ours and
 * hold no quote. */
static void response_authenticate(struct http_response *r, enum err e)
{
    const struct str name = STR("WWW-Authenticate");
    const char *error = response_challenge(e);
    struct buf b = buf_new(r->arena);
    struct str text;

    if (response_find(r, name) != NULL)
        return;
    buf_text(&b, "Bearer realm=\"gatehouse\"");
    if (error != NULL)
        buf_fmt(&b, ", error=\"%s\", error_description=\"%s\"", error,
                err_title(e));
    if (buf_done(&b, &text) == ERR_OK)
        http_response_field(r, name.p, text);
    else
        r->failed = true;
}

/* RFC 9110 section 10.2.3; 0 would be an invitation to hammer. */
static void response_retry(struct http_response *r, int64_t retry_s)
{
    const struct str name = STR("Retry-After");
    struct buf b = buf_new(r->arena);
    struct str text;

    if (response_find(r, name) != NULL)
        return;
    buf_int(&b, retry_s > 0 ? retry_s : 1);
    if (buf_done(&b, &text) == ERR_OK)
        http_response_field(r, name.p, text);
    else
        r->failed = true;
}

/* urn:gatehouse:problem:session-invalid for SESSION_INVALID. */
static void response_type(struct json_out *j, const char *code)
{
    static const char prefix[] = "urn:gatehouse:problem:";
    char text[sizeof(prefix) + RESPONSE_CODE_MAX];
    size_t n = sizeof(prefix) - 1;

    memcpy(text, prefix, n);
    for (; *code != '\0' && n < sizeof(text); code++, n++) {
        char c = *code;

        text[n] = c;
        if (c == '_')
            text[n] = '-';
        else if (c >= 'A' && c <= 'Z')
            text[n] = (char)(c - 'A' + 'a');
    }
    json_str(j, "type", (struct str){text, n});
}

static void response_instance(struct json_out *j, struct str request_id)
{
    static const char prefix[] = "urn:uuid:";
    char text[sizeof(prefix) + RESPONSE_CODE_MAX];
    size_t n = sizeof(prefix) - 1;

    if (request_id.n == 0 || request_id.n > RESPONSE_CODE_MAX)
        return;
    memcpy(text, prefix, n);
    memcpy(text + n, request_id.p, request_id.n);
    json_str(j, "instance", (struct str){text, n + request_id.n});
}

/* Everything of a problem but its end. */
static void response_problem(struct http_response *r, enum err e,
                             const char *detail, struct str request_id)
{
    struct str title = str_of(err_title(e));

    response_json(r, err_status(e), RESPONSE_PROBLEM);
    response_type(&r->json, err_code(e));
    json_str(&r->json, "title", title);
    json_int(&r->json, "status", err_status(e));
    json_str(&r->json, "detail", detail == NULL ? title : str_of(detail));
    json_str(&r->json, "code", str_of(err_code(e)));
    json_str(&r->json, "error", title);
    response_instance(&r->json, request_id);
}

void http_problem(struct http_response *r, enum err e, const char *detail,
                  struct str request_id, int64_t retry_s)
{
    /* "No error" as a problem is a mistake of ours, and must not be a 200. */
    if (e == ERR_OK)
        e = ERR_INTERNAL;
    response_problem(r, e, detail, request_id);
    http_json_end(r);
    if (r->status == 401)
        response_authenticate(r, e);
    if (r->status == 429 || r->status == 503)
        response_retry(r, retry_s);
}

void http_problem_fields(struct http_response *r,
                         const struct http_invalid *fields, size_t count,
                         struct str request_id)
{
    response_problem(r, ERR_VALIDATION, NULL, request_id);
    json_open(&r->json, "errors", '[');
    for (size_t i = 0; i < count; i++) {
        json_open(&r->json, NULL, '{');
        json_str(&r->json, "field", str_of(fields[i].field));
        json_str(&r->json, "code", str_of(fields[i].code));
        json_str(&r->json, "detail", str_of(fields[i].detail));
        json_close(&r->json, '}');
    }
    json_close(&r->json, ']');
    http_json_end(r);
}

/* Adds a field that nobody has set: name and value of our own, which need no
 * judging. */
static void response_default(struct http_response *r, struct str name,
                             struct str value)
{
    if (response_find(r, name) == NULL)
        response_append(r, (struct http_pair){name, value});
}

/* For the case that a browser is made to open an answer as a document: it
 * loads nothing, is framed nowhere and tells nobody where it came from. */
void http_response_harden(struct http_response *r, int64_t hsts)
{
    struct buf b = buf_new(r->arena);
    struct str text;

    response_default(r, STR("X-Content-Type-Options"), STR("nosniff"));
    response_default(r, STR("Content-Security-Policy"),
                     STR("default-src 'none'; frame-ancestors 'none'"));
    response_default(r, STR("Referrer-Policy"), STR("no-referrer"));
    response_default(r, STR("X-Frame-Options"), STR("DENY"));
    response_default(r, STR("Cross-Origin-Resource-Policy"),
                     STR("same-origin"));
    response_default(r, STR("Cache-Control"), STR("no-store"));
    if (hsts <= 0)
        return;
    buf_text(&b, "max-age=");
    buf_int(&b, hsts);
    buf_text(&b, "; includeSubDomains");
    if (buf_done(&b, &text) == ERR_OK)
        response_default(r, STR("Strict-Transport-Security"), text);
    else
        r->failed = true;
}

struct response_reason {
    int status;
    const char *text;
};

static const struct response_reason response_reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
};

static const char *response_reason(int status)
{
    const size_t count = sizeof(response_reasons) / sizeof(response_reasons[0]);

    for (size_t i = 0; i < count; i++)
        if (response_reasons[i].status == status)
            return response_reasons[i].text;
    return "Status";
}

static void response_line(struct buf *b, struct str name, struct str value)
{
    buf_str(b, name);
    buf_text(b, ": ");
    buf_str(b, value);
    buf_text(b, "\r\n");
}

/* No Content-Length: the web server counts, and behind an authorizer's 200 the
 * field would leak into the answer of what is guarded. */
enum err http_response_text(struct http_response *r, bool head,
                            struct str *text_r)
{
    struct str body = {NULL, 0};

    if (r->failed || r->body.failed) {
        http_response_reset(r, 500);
        http_problem(r, ERR_INTERNAL, NULL, (struct str){NULL, 0}, 0);
        http_response_harden(r, 0);
    }
    if (r->content_type != NULL && buf_done(&r->body, &body) != ERR_OK)
        return ERR_NO_MEMORY;
    struct buf b = buf_new(r->arena);

    buf_fmt(&b, "Status: %d %s\r\n", r->status, response_reason(r->status));
    if (r->content_type != NULL)
        response_line(&b, STR("Content-Type"), str_of(r->content_type));
    for (size_t i = 0; i < r->field_count; i++)
        response_line(&b, r->fields[i].name, r->fields[i].value);
    buf_text(&b, "\r\n");
    if (!head)
        buf_str(&b, body);
    return buf_done(&b, text_r);
}
