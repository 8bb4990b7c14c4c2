/* SPDX-License-Identifier: MIT */
/* The strict judge of JSON. json-c and jansson each let other mistakes pass,
 * and two readings of one text are an attack; here such text ends. */
#include "base/json_scan.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* RFC 7493 section 2.2: every integer a double holds exactly. */
#define JSON_INT_MAX ((UINT64_C(1) << 53) - 1)
#define JSON_NUMBER_MAX 128 /* bytes */

const struct json_limits json_limits_default = {
    .depth = 16, .keys = 64, .string = 8192};

/* One place of a key set. Sets are used again by the next object of the same
 * depth; what an earlier object left has another serial and counts as free. */
struct json_slot {
    uint64_t hash;
    uint64_t serial;
    struct str key;
};

struct json_frame {
    char close;   /* '}' or ']' */
    size_t count; /* members or elements so far */
    uint64_t serial;
    struct json_slot *slots;
    size_t slot_count; /* power of two, over twice the keys that may come */
};

struct json_scanner {
    struct arena *arena;
    const struct json_limits *limits;
    struct str text;
    size_t at;
    struct json_frame *frames;
    size_t depth;
    uint64_t serial;
};

/* The byte at hand; NUL, which is no token's byte, at the end. */
static char json_peek(const struct json_scanner *s)
{
    if (s->at >= s->text.n)
        return '\0';
    return s->text.p[s->at];
}

static bool json_take(struct json_scanner *s, char c)
{
    if (s->at >= s->text.n || s->text.p[s->at] != c)
        return false;
    s->at++;
    return true;
}

/* RFC 8259 section 2: four characters, and no locale's idea of a space. */
static bool json_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void json_space(struct json_scanner *s)
{
    while (json_blank(json_peek(s)))
        s->at++;
}

static struct str json_rest(const struct json_scanner *s)
{
    return (struct str){s->text.p + s->at, s->text.n - s->at};
}

static bool json_hex4(struct json_scanner *s, uint32_t *unit_r)
{
    uint32_t unit = 0;

    for (unsigned i = 0; i < 4; i++, s->at++) {
        char c = json_peek(s);

        if (c >= '0' && c <= '9')
            unit = unit << 4 | (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            unit = unit << 4 | (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            unit = unit << 4 | (uint32_t)(c - 'A' + 10);
        else
            return false;
    }
    *unit_r = unit;
    return true;
}

/* Behind "\u". A surrogate counts only as half of a whole pair. */
static bool json_escape_u(struct json_scanner *s, uint32_t *cp_r)
{
    uint32_t high;
    uint32_t low;

    if (!json_hex4(s, &high) || (high >= 0xdc00 && high <= 0xdfff))
        return false;
    if (high < 0xd800 || high > 0xdbff) {
        *cp_r = high;
        return true;
    }
    if (!json_take(s, '\\') || !json_take(s, 'u') || !json_hex4(s, &low))
        return false;
    if (low < 0xdc00 || low > 0xdfff)
        return false;
    *cp_r = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

static bool json_escape(struct json_scanner *s, uint32_t *cp_r)
{
    static const char names[] = "\"\\/bfnrt";
    static const char means[] = "\"\\/\b\f\n\r\t";
    char c = json_peek(s);
    const char *name = c == '\0' ? NULL : strchr(names, c);

    s->at++;
    if (name != NULL)
        *cp_r = (unsigned char)means[name - names];
    return name != NULL || (c == 'u' && json_escape_u(s, cp_r));
}

/* RFC 7493 section 2.1 also bars noncharacters. */
static bool json_barred(uint32_t cp)
{
    return cp == 0 || (cp >= 0xfdd0 && cp <= 0xfdef) || (cp & 0xfffe) == 0xfffe;
}

/* One character of a string, escaped or not, and past it. */
static bool json_char(struct json_scanner *s, uint32_t *cp_r)
{
    if (json_take(s, '\\'))
        return json_escape(s, cp_r) && !json_barred(*cp_r);
    size_t n = str_utf8_next(json_rest(s), cp_r);

    s->at += n;
    return n > 0 && *cp_r >= 0x20 && !json_barred(*cp_r);
}

/* Past a whole string; raw_r is what stands between its quotes. */
static bool json_string(struct json_scanner *s, struct str *raw_r,
                        bool *escaped_r)
{
    uint32_t cp;

    if (!json_take(s, '"'))
        return false;
    size_t start = s->at;

    *escaped_r = false;
    while (json_peek(s) != '"') {
        *escaped_r = *escaped_r || json_peek(s) == '\\';
        if (!json_char(s, &cp) || s->at - start > s->limits->string)
            return false;
    }
    *raw_r = (struct str){s->text.p + start, s->at - start};
    s->at++;
    return true;
}

static size_t json_utf8(uint32_t cp, char *out)
{
    size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3f));
    out[0] = (char)(n == 1 ? cp : (0xf00u >> n & 0xff) | cp);
    return n;
}

/* The key as every parser will compare it: "\u0061" is "a". */
static enum err json_key(const struct json_scanner *s, struct str raw,
                         struct str *key_r)
{
    struct json_scanner in = {.text = raw};
    char *out = arena_alloc(s->arena, raw.n);
    size_t n = 0;
    uint32_t cp;

    if (out == NULL)
        return ERR_NO_MEMORY;
    while (in.at < raw.n && json_char(&in, &cp))
        n += json_utf8(cp, out + n);
    *key_r = (struct str){out, n};
    return ERR_OK;
}

/* FNV-1a. Chosen collisions are no attack: json_limits.keys bounds them. */
static uint64_t json_hash(struct str key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < key.n; i++)
        hash = (hash ^ (unsigned char)key.p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static enum err json_key_once(struct json_frame *f, struct str key)
{
    uint64_t hash = json_hash(key);
    size_t i = hash & (f->slot_count - 1);

    while (f->slots[i].serial == f->serial) {
        if (f->slots[i].hash == hash && str_eq(f->slots[i].key, key))
            return ERR_MALFORMED_JSON;
        i = (i + 1) & (f->slot_count - 1);
    }
    f->slots[i] = (struct json_slot){hash, f->serial, key};
    return ERR_OK;
}

/* Room for all keys the limit and the rest of the text allow ("":0 and a comma
 * are five bytes), so that a small body costs a small set. */
static enum err json_key_room(struct json_scanner *s, struct json_frame *f)
{
    size_t most = json_rest(s).n / 5 + 1;
    size_t count = 4;

    if (most > s->limits->keys)
        most = s->limits->keys;
    while (count / 2 <= most)
        count *= 2;
    if (count <= f->slot_count)
        return ERR_OK;
    if (count > SIZE_MAX / sizeof(*f->slots))
        return ERR_NO_MEMORY;
    f->slots = arena_alloc(s->arena, count * sizeof(*f->slots));
    f->slot_count = f->slots == NULL ? 0 : count;
    return f->slots == NULL ? ERR_NO_MEMORY : ERR_OK;
}

static enum err json_enter(struct json_scanner *s)
{
    bool object = json_peek(s) == '{';

    if (s->depth == s->limits->depth)
        return ERR_MALFORMED_JSON;
    struct json_frame *f = &s->frames[s->depth++];

    s->at++;
    f->close = object ? '}' : ']';
    f->count = 0;
    f->serial = ++s->serial;
    return object ? json_key_room(s, f) : ERR_OK;
}

static size_t json_digits(struct json_scanner *s)
{
    size_t start = s->at;

    while (json_peek(s) >= '0' && json_peek(s) <= '9')
        s->at++;
    return s->at - start;
}

/* Does the number fit a double: an integer exactly, another one in size? */
static bool json_number_fits(struct str number, bool integer)
{
    char text[JSON_NUMBER_MAX + 1] = "";
    uint64_t value;

    if (number.n > JSON_NUMBER_MAX)
        return false;
    if (integer) {
        size_t sign = number.p[0] == '-';

        return str_uint((struct str){number.p + sign, number.n - sign},
                        JSON_INT_MAX, &value);
    }
    memcpy(text, number.p, number.n);
    return isfinite(strtod(text, NULL));
}

static bool json_number(struct json_scanner *s)
{
    size_t start = s->at;
    bool integer = true;

    (void)json_take(s, '-');
    if (!json_take(s, '0') && json_digits(s) == 0)
        return false;
    if (json_take(s, '.')) {
        integer = false;
        if (json_digits(s) == 0)
            return false;
    }
    if (json_take(s, 'e') || json_take(s, 'E')) {
        integer = false;
        (void)(json_take(s, '+') || json_take(s, '-'));
        if (json_digits(s) == 0)
            return false;
    }
    return json_number_fits((struct str){s->text.p + start, s->at - start},
                            integer);
}

static bool json_word(struct json_scanner *s, struct str word)
{
    bool there = str_starts(json_rest(s), word);

    s->at += there ? word.n : 0;
    return there;
}

static enum err json_value(struct json_scanner *s)
{
    struct str raw;
    bool escaped;
    bool good;

    switch (json_peek(s)) {
    case '{':
    case '[':
        return json_enter(s);
    case '"':
        good = json_string(s, &raw, &escaped);
        break;
    case 't':
        good = json_word(s, STR("true"));
        break;
    case 'f':
        good = json_word(s, STR("false"));
        break;
    case 'n':
        good = json_word(s, STR("null"));
        break;
    default:
        good = json_number(s);
        break;
    }
    return good ? ERR_OK : ERR_MALFORMED_JSON;
}

static enum err json_member(struct json_scanner *s, struct json_frame *f)
{
    struct str key;
    bool escaped;
    enum err e = ERR_OK;

    if (!json_string(s, &key, &escaped))
        return ERR_MALFORMED_JSON;
    if (escaped)
        e = json_key(s, key, &key);
    if (e == ERR_OK)
        e = json_key_once(f, key);
    if (e != ERR_OK)
        return e;
    json_space(s);
    if (!json_take(s, ':'))
        return ERR_MALFORMED_JSON;
    json_space(s);
    return json_value(s);
}

/* One step inside the innermost bracket: its end, or its next item. Not
 * recursive, so that no depth limit can be set that the stack does not hold. */
static enum err json_item(struct json_scanner *s)
{
    struct json_frame *f = &s->frames[s->depth - 1];

    json_space(s);
    if (json_take(s, f->close)) {
        s->depth--;
        return ERR_OK;
    }
    if (f->count == s->limits->keys)
        return ERR_MALFORMED_JSON;
    if (f->count++ > 0) {
        if (!json_take(s, ','))
            return ERR_MALFORMED_JSON;
        json_space(s);
    }
    return f->close == '}' ? json_member(s, f) : json_value(s);
}

enum err json_scan(struct arena *a, struct str text,
                   const struct json_limits *limits)
{
    struct json_scanner s = {.arena = a, .limits = limits, .text = text};

    json_space(&s);
    if (json_peek(&s) != '{')
        return ERR_MALFORMED_JSON;
    if (limits->depth > SIZE_MAX / sizeof(*s.frames))
        return ERR_NO_MEMORY;
    s.frames = arena_alloc(a, limits->depth * sizeof(*s.frames));
    if (s.frames == NULL)
        return ERR_NO_MEMORY;
    enum err e = json_enter(&s);

    while (e == ERR_OK && s.depth > 0)
        e = json_item(&s);
    if (e != ERR_OK)
        return e;
    json_space(&s);
    return s.at == text.n ? ERR_OK : ERR_MALFORMED_JSON;
}
