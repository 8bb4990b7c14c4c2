/* SPDX-License-Identifier: MIT */
/* Reads what web servers hand over. They join, alias and decode in different
 * ways, so whatever has two readings is refused here, never guessed. */
#include "http/request.h"

#include <assert.h>
#include <string.h>

#include "base/enc.h"

static const char *const http_methods[] = {
    [METHOD_GET] = "GET",        [METHOD_HEAD] = "HEAD",
    [METHOD_POST] = "POST",      [METHOD_PUT] = "PUT",
    [METHOD_PATCH] = "PATCH",    [METHOD_DELETE] = "DELETE",
    [METHOD_OPTIONS] = "OPTIONS"};
static_assert(sizeof(http_methods) / sizeof(http_methods[0]) == METHOD_COUNT,
              "every method has a text");

/* Methods are case-sensitive (RFC 9110 section 9.1): "get" is none. */
enum http_method http_method_of(struct str text)
{
    unsigned m = 0;

    while (m < METHOD_COUNT && !str_eq(text, str_of(http_methods[m])))
        m++;
    return (enum http_method)m;
}

const char *http_method_text(enum http_method m)
{
    return m < METHOD_COUNT ? http_methods[m] : "";
}

/* How often a field came; its first value goes to value_r. */
static size_t http_field_count(const struct http_request *r, struct str name,
                               struct str *value_r)
{
    size_t count = 0;

    *value_r = (struct str){NULL, 0};
    for (size_t i = 0; i < r->field_count; i++) {
        if (!str_eq(r->fields[i].name, name))
            continue;
        if (count++ == 0)
            *value_r = r->fields[i].value;
    }
    return count;
}

struct str http_field(const struct http_request *r, const char *name)
{
    struct str value;

    (void)http_field_count(r, str_of(name), &value);
    return value;
}

/* RFC 3986 section 2.1, once and strictly. plus: '+' is a blank (forms). */
static enum err http_decode(struct arena *a, struct str in, bool plus,
                            struct str *text_r)
{
    char *out = arena_alloc(a, in.n + 1);
    size_t n = 0;

    if (out == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < in.n; i++, n++) {
        uint8_t byte;

        out[n] = in.p[i];
        if (plus && in.p[i] == '+')
            out[n] = ' ';
        if (in.p[i] != '%')
            continue;
        if (in.n - i < 3 || !enc_unhex((struct str){in.p + i + 1, 2}, &byte, 1))
            return ERR_BAD_REQUEST;
        out[n] = (char)byte;
        i += 2;
    }
    if (memchr(out, '\0', n) != NULL || !str_utf8((struct str){out, n}))
        return ERR_BAD_REQUEST;
    *text_r = (struct str){out, n};
    return ERR_OK;
}

/* An encoded slash would be one segment here and two in another server. */
static bool http_hides_slash(struct str path)
{
    return str_has_nocase(path, STR("%2f")) || str_has_nocase(path, STR("%5c"));
}

/* Dot and empty segments are dropped by some servers and kept by others, and
 * the access rules in front of us may have seen the other reading. */
static bool http_segments_good(struct str path)
{
    struct str rest = {path.p + 1, path.n - 1};

    do {
        struct str segment = str_cut(&rest, '/');

        if (str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
            return false;
        if (segment.n == 0 && rest.p != NULL)
            return false;
    } while (rest.p != NULL);
    return true;
}

/* A fragment is never sent by a client that keeps RFC 9112 section 3.2. */
static bool http_target_clean(struct str target)
{
    for (size_t i = 0; i < target.n; i++) {
        unsigned char c = (unsigned char)target.p[i];

        if (c <= 0x20 || c == 0x7f || c == '#' || c == '\\')
            return false;
    }
    return target.n > 0 && target.p[0] == '/';
}

enum err http_target_parse(struct arena *a, struct http_request *r,
                           const struct http_limits *limits)
{
    struct str query = r->target;
    struct str path;

    if (r->target.n > limits->url)
        return ERR_URL_TOO_LONG;
    if (!http_target_clean(r->target))
        return ERR_BAD_REQUEST;
    struct str raw = str_cut(&query, '?');

    if (http_hides_slash(raw))
        return ERR_BAD_REQUEST;
    enum err e = http_decode(a, raw, false, &path);

    if (e != ERR_OK)
        return e;
    if (str_has_control(path) || !http_segments_good(path))
        return ERR_BAD_REQUEST;
    r->path = path;
    r->query = query;
    return ERR_OK;
}

/* A token of RFC 9110 section 5.6.2: what a cookie's name is made of. */
static bool http_is_token(struct str s)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9';

        if (!letter && !digit && memchr(others, c, sizeof(others) - 1) == NULL)
            return false;
    }
    return s.n > 0;
}

static bool http_pair_of(struct str text, struct http_pair *pair_r)
{
    struct str value = text;
    struct str name = str_trim(str_cut(&value, '='));

    if (value.p == NULL || !http_is_token(name))
        return false;
    *pair_r = (struct http_pair){name, str_trim(value)};
    return true;
}

/* Room for every pair the separators allow, up to the limit. */
static struct http_pair *
http_cookie_room(struct arena *a, const struct http_request *r, size_t limit)
{
    size_t count = 0;

    for (size_t i = 0; i < r->field_count; i++) {
        struct str v = r->fields[i].value;

        if (!str_eq(r->fields[i].name, STR("COOKIE")))
            continue;
        count++;
        for (size_t k = 0; k < v.n; k++)
            count += v.p[k] == ';' || v.p[k] == ',';
    }
    if (count > limit)
        count = limit;
    return arena_alloc(a, count * sizeof(struct http_pair));
}

/* The pairs of one field, up to the limit. Behind a ',' stands either a joined
 * field or the tail of another cookie's value, which a sub-domain or a search
 * form may have written: such a pair is kept as a rival of one with the same
 * name, but without a value, so that it is never believed. */
static enum err http_cookies_add(struct http_request *r, struct str field,
                                 size_t limit)
{
    struct http_pair pair;

    while (field.p != NULL) {
        struct str part = str_cut(&field, ';');

        for (bool joined = false; part.p != NULL; joined = true) {
            if (!http_pair_of(str_cut(&part, ','), &pair))
                continue;
            if (r->cookie_count == limit)
                return ERR_HEADER_TOO_LARGE;
            if (joined)
                pair.value = (struct str){NULL, 0};
            r->cookies[r->cookie_count++] = pair;
        }
    }
    return ERR_OK;
}

enum err http_cookies_parse(struct arena *a, struct http_request *r,
                            const struct http_limits *limits)
{
    enum err e = ERR_OK;

    r->cookie_count = 0;
    r->cookies = http_cookie_room(a, r, limits->cookies);
    if (r->cookies == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < r->field_count && e == ERR_OK; i++)
        if (str_eq(r->fields[i].name, STR("COOKIE")))
            e = http_cookies_add(r, r->fields[i].value, limits->cookies);
    return e;
}

/* Neither the first nor the last of two wins: a sub-domain or a path may have
 * set the other one, and browsers send them in an order it can choose. */
enum err http_cookie(const struct http_request *r, struct str name,
                     struct str *value_r)
{
    struct str value = {NULL, 0};
    size_t count = 0;

    for (size_t i = 0; i < r->cookie_count; i++) {
        if (!str_eq(r->cookies[i].name, name))
            continue;
        value = r->cookies[i].value;
        count++;
    }
    if (count > 1)
        return ERR_DUPLICATE_CREDENTIALS;
    *value_r = value;
    return ERR_OK;
}

/* "Bearer" and a blank or nothing behind it, in any case (RFC 9110, 11.1). */
static bool http_bearer_of(struct str text, struct str *token_r)
{
    const struct str scheme = STR("Bearer");

    if (text.n < scheme.n ||
        !str_eq_nocase((struct str){text.p, scheme.n}, scheme))
        return false;
    struct str token = {text.p + scheme.n, text.n - scheme.n};

    if (token.n > 0 && token.p[0] != ' ' && token.p[0] != '\t')
        return false;
    *token_r = str_trim(token);
    return true;
}

/* RFC 6750 section 2: one method per request. A second field arrives joined by
 * a comma, which no token has in it. */
enum err http_bearer(const struct http_request *r, struct str *token_r)
{
    struct str token = {NULL, 0};
    struct str rest;
    size_t parts = 0;

    if (http_field_count(r, STR("AUTHORIZATION"), &rest) > 1)
        return ERR_DUPLICATE_CREDENTIALS;
    while (rest.p != NULL) {
        (void)http_bearer_of(str_trim(str_cut(&rest, ',')), &token);
        parts++;
    }
    if (token.p != NULL && parts > 1)
        return ERR_DUPLICATE_CREDENTIALS;
    *token_r = token;
    return ERR_OK;
}

/* Names are decoded before they are compared, or a=1&%61=2 would be two. */
enum err http_query(struct arena *a, const struct http_request *r,
                    struct str name, struct str *value_r)
{
    struct str rest = r->query;
    struct str found = {NULL, 0};
    struct str key;

    while (rest.p != NULL) {
        struct str value = str_cut(&rest, '&');
        enum err e = http_decode(a, str_cut(&value, '='), true, &key);

        if (e == ERR_OK && !str_eq(key, name))
            continue;
        if (e == ERR_OK && found.p != NULL)
            e = ERR_BAD_REQUEST;
        if (e == ERR_OK)
            e = http_decode(a, value, true, &found);
        if (e != ERR_OK)
            return e;
    }
    *value_r = found;
    return ERR_OK;
}

static bool http_trusted(const struct ip *ip, const struct ip_net *trusted,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ip_in(ip, &trusted[i]))
            return true;
    return false;
}

/* The element behind the last ',', and *list cut before it. */
static struct str http_last(struct str *list)
{
    size_t n = list->n;

    while (n > 0 && list->p[n - 1] != ',')
        n--;
    struct str last = {list->p + n, list->n - n};

    *list = n == 0 ? (struct str){NULL, 0} : (struct str){list->p, n - 1};
    return str_trim(last);
}

/* Fields that came twice are not believed at all: lighttpd gives
 * X_Forwarded_For and X-Forwarded-For one name, so the second may be the
 * client's own. */
void http_origin_of(struct http_request *r, const struct ip_net *trusted,
                    size_t trusted_count, bool https_param)
{
    struct str chain;
    struct str proto;
    struct ip hop;

    r->client = r->peer;
    r->https = https_param;
    if (!http_trusted(&r->peer, trusted, trusted_count))
        return;
    if (http_field_count(r, STR("X_FORWARDED_PROTO"), &proto) == 1 &&
        proto.n > 0) {
        proto = http_last(&proto);
        if (proto.n > 0)
            r->https = str_eq_nocase(proto, STR("https"));
    }
    if (http_field_count(r, STR("X_FORWARDED_FOR"), &chain) > 1)
        return;
    /* From the right: only what a trusted hop wrote is believed, so the first
     * address that is not ours ends the walk, and so does a broken one. */
    while (chain.p != NULL &&
           http_trusted(&r->client, trusted, trusted_count)) {
        if (!ip_parse(http_last(&chain), &hop))
            return;
        r->client = hop;
    }
}
