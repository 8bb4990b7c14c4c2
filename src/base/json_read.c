/* SPDX-License-Identifier: MIT */
/* Because the scan has judged the text, finding where a value ends needs no
 * grammar: brackets are balanced and strings are closed. */
#include "base/json_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define NUMBER_MAX 128 /* bytes, as the scan allows */
#define DEPTH_MAX 64   /* deeper than any scan lets pass */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct str skip_space(struct str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    return s;
}

static struct str trim(struct str s)
{
    s = skip_space(s);
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

static struct str drop(struct str s, size_t n)
{
    return n > s.n ? (struct str){s.p + s.n, 0}
                   : (struct str){s.p + n, s.n - n};
}

/* Bytes of the string s begins with, quotes included. */
static size_t string_length(struct str s)
{
    size_t i = 1;

    while (i < s.n && s.p[i] != '"')
        i += s.p[i] == '\\' ? 2 : 1;
    return i < s.n ? i + 1 : s.n;
}

/* Bytes of the object or array s begins with. */
static size_t nested_length(struct str s)
{
    size_t depth = 0, i = 0;

    while (i < s.n) {
        char c = s.p[i];

        if (c == '"') {
            i += string_length(drop(s, i));
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        i++;
        if (depth == 0)
            break;
    }
    return i;
}

static size_t value_length(struct str s)
{
    size_t i = 0;

    if (s.n > 0 && s.p[0] == '"')
        return string_length(s);
    if (s.n > 0 && (s.p[0] == '{' || s.p[0] == '['))
        return nested_length(s);
    while (i < s.n && strchr(",]} \t\r\n", s.p[i]) == NULL)
        i++;
    return i;
}

struct json_walk json_walk(struct str text)
{
    struct str s = trim(text);

    if (s.n < 2 || (s.p[0] != '{' && s.p[0] != '['))
        return (struct json_walk){{NULL, 0}, false};
    return (struct json_walk){{s.p + 1, s.n - 2}, s.p[0] == '{'};
}

bool json_walk_next(struct json_walk *w, struct json_part *part_r)
{
    struct str s = skip_space(w->rest);
    struct json_part part = {{NULL, 0}, {NULL, 0}};

    if (s.n == 0)
        return false;
    if (w->object) {
        size_t n = string_length(s);

        if (s.p[0] != '"' || n < 2)
            return false;
        part.key = (struct str){s.p + 1, n - 2};
        s = skip_space(drop(s, n));
        s = skip_space(drop(s, 1)); /* the colon */
    }
    part.value = (struct str){s.p, value_length(s)};
    if (part.value.n == 0)
        return false;
    s = skip_space(drop(s, part.value.n));
    w->rest = drop(s, 1); /* the comma, if any */
    *part_r = part;
    return true;
}

static unsigned hex4(const char *p)
{
    unsigned v = 0;

    for (int i = 0; i < 4; i++) {
        char c = p[i];
        unsigned digit =
            c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;

        v = v << 4 | (digit & 15);
    }
    return v;
}

static void put_utf8(struct buf *b, unsigned u)
{
    if (u < 0x80) {
        buf_char(b, (char)u);
    } else if (u < 0x800) {
        buf_char(b, (char)(0xc0 | u >> 6));
        buf_char(b, (char)(0x80 | (u & 63)));
    } else if (u < 0x10000) {
        buf_char(b, (char)(0xe0 | u >> 12));
        buf_char(b, (char)(0x80 | (u >> 6 & 63)));
        buf_char(b, (char)(0x80 | (u & 63)));
    } else {
        buf_char(b, (char)(0xf0 | u >> 18));
        buf_char(b, (char)(0x80 | (u >> 12 & 63)));
        buf_char(b, (char)(0x80 | (u >> 6 & 63)));
        buf_char(b, (char)(0x80 | (u & 63)));
    }
}

/* The escape at s (past its backslash); returns the bytes it took. */
static size_t put_escape(struct buf *b, struct str s)
{
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    const char *at = s.n > 0 && s.p[0] != '\0' ? strchr(from, s.p[0]) : NULL;

    if (s.n >= 5 && s.p[0] == 'u') {
        unsigned u = hex4(s.p + 1);

        if (u >= 0xd800 && u < 0xdc00 && s.n >= 11) {
            u = 0x10000 + ((u - 0xd800) << 10) + (hex4(s.p + 7) - 0xdc00);
            put_utf8(b, u);
            return 11;
        }
        put_utf8(b, u);
        return 5;
    }
    if (at != NULL)
        buf_char(b, to[at - from]);
    else if (s.n > 0)
        buf_char(b, s.p[0]);
    return 1;
}

enum err json_read_key(struct arena *a, struct str key, struct str *text_r)
{
    struct buf b = buf_new(a);

    for (size_t i = 0; i < key.n;) {
        if (key.p[i] == '\\') {
            i += 1 + put_escape(&b, drop(key, i + 1));
        } else {
            buf_char(&b, key.p[i]);
            i++;
        }
    }
    return buf_done(&b, text_r);
}

enum err json_read_text(struct arena *a, struct str value, struct str *text_r)
{
    if (value.n < 2 || value.p[0] != '"')
        return ERR_VALIDATION;
    return json_read_key(a, (struct str){value.p + 1, value.n - 2}, text_r);
}

/* Where the first escape of a high surrogate is; text.n: there is none. */
static size_t find_pair(struct str text)
{
    size_t i = 0;

    while (i < text.n) {
        struct str s = drop(text, i);

        if (s.n >= 12 && s.p[0] == '\\' && s.p[1] == 'u' &&
            (hex4(s.p + 2) & 0xfc00) == 0xd800)
            return i;
        i += s.p[0] == '\\' ? 2 : 1;
    }
    return text.n;
}

enum err json_read_plain(struct arena *a, struct str text, struct str *plain_r)
{
    size_t n = find_pair(text);
    struct buf b = buf_new(a);

    if (n == text.n) {
        *plain_r = text;
        return ERR_OK;
    }
    while (n < text.n) {
        buf_put(&b, text.p, n);
        text = drop(text, n + 1);
        text = drop(text, put_escape(&b, text));
        n = find_pair(text);
    }
    buf_str(&b, text);
    return buf_done(&b, plain_r);
}

struct str json_read_member(struct str object, struct str name)
{
    struct json_walk w = json_walk(object);
    struct json_part part;

    while (w.object && json_walk_next(&w, &part))
        if (str_eq(part.key, name))
            return part.value;
    return (struct str){NULL, 0};
}

static bool is_number(struct str v)
{
    return v.n > 0 && v.n <= NUMBER_MAX &&
           (v.p[0] == '-' || (v.p[0] >= '0' && v.p[0] <= '9'));
}

bool json_read_number(struct str value, double *n_r)
{
    char text[NUMBER_MAX + 1];

    if (!is_number(value))
        return false;
    memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    *n_r = strtod(text, NULL);
    return true;
}

bool json_read_int(struct str value, int64_t *n_r)
{
    char text[NUMBER_MAX + 1];
    char *end;

    if (!is_number(value))
        return false;
    memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    int64_t n = strtoll(text, &end, 10);

    if (*end != '\0')
        return false;
    *n_r = n;
    return true;
}

bool json_read_bool(struct str value, bool *b_r)
{
    bool yes = str_eq(value, STR("true"));

    if (!yes && !str_eq(value, STR("false")))
        return false;
    *b_r = yes;
    return true;
}

bool json_read_null(struct str value)
{
    return str_eq(value, STR("null"));
}

static size_t count_parts(struct str value)
{
    struct json_walk w = json_walk(value);
    struct json_part part;
    size_t n = 0;

    while (json_walk_next(&w, &part))
        n++;
    return n;
}

/* Of texts without their quotes. */
static enum err same_texts(struct arena *a, struct str one, struct str other,
                           bool *same_r)
{
    struct str x, y;
    enum err e = json_read_key(a, one, &x);

    if (e == ERR_OK)
        e = json_read_key(a, other, &y);
    if (e == ERR_OK)
        *same_r = str_eq(x, y);
    return e;
}

/* Which member of `object` has that key, whichever way it is written? */
static enum err find_member(struct arena *a, struct str object, struct str key,
                            struct str *value_r)
{
    struct json_walk w = json_walk(object);
    struct json_part part;
    enum err e = ERR_OK;
    bool same = false;

    *value_r = (struct str){NULL, 0};
    while (e == ERR_OK && !same && json_walk_next(&w, &part)) {
        e = same_texts(a, key, part.key, &same);
        if (e == ERR_OK && same)
            *value_r = part.value;
    }
    return e;
}

static enum err same_values(struct arena *a, struct str one, struct str other,
                            unsigned depth, bool *same_r);

static enum err same_parts(struct arena *a, struct str one, struct str other,
                           unsigned depth, bool *same_r)
{
    struct json_walk w = json_walk(one);
    struct json_walk v = json_walk(other);
    struct json_part part, twin;
    enum err e = ERR_OK;
    bool same = count_parts(one) == count_parts(other);

    while (e == ERR_OK && same && json_walk_next(&w, &part)) {
        if (w.object)
            e = find_member(a, other, part.key, &twin.value);
        else
            same = json_walk_next(&v, &twin);
        if (e == ERR_OK && same)
            same = twin.value.p != NULL;
        if (e == ERR_OK && same)
            e = same_values(a, part.value, twin.value, depth + 1, &same);
    }
    if (e == ERR_OK)
        *same_r = same;
    return e;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the scan lets texts be */
static enum err same_values(struct arena *a, struct str one, struct str other,
                            unsigned depth, bool *same_r)
{
    double x, y;

    if (one.n == 0 || other.n == 0 || depth > DEPTH_MAX) {
        *same_r = one.n == other.n;
        return ERR_OK;
    }
    if ((one.p[0] == '{' || one.p[0] == '[') && one.p[0] == other.p[0])
        return same_parts(a, one, other, depth, same_r);
    if (one.p[0] == '"' && other.p[0] == '"')
        return same_texts(a, (struct str){one.p + 1, one.n - 2},
                          (struct str){other.p + 1, other.n - 2}, same_r);
    if (json_read_number(one, &x) && json_read_number(other, &y))
        *same_r = x >= y && x <= y;
    else
        *same_r = str_eq(one, other);
    return ERR_OK;
}

enum err json_read_same(struct arena *a, struct str one, struct str other,
                        bool *same_r)
{
    return same_values(a, trim(one), trim(other), 0, same_r);
}
