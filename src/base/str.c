/* SPDX-License-Identifier: MIT */
/* Borrowed text: compared, cut and judged without copying or locales. */
#include "base/str.h"

#include <string.h>

bool str_same(struct str a, struct str b)
{
    return a.n == 0 || memcmp(a.p, b.p, a.n) == 0;
}

/* Not tolower(): a locale must never decide what a header name is. */
static unsigned str_lower(char c)
{
    unsigned u = (unsigned char)c;

    return u >= 'A' && u <= 'Z' ? u + ('a' - 'A') : u;
}

static bool str_same_nocase(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_lower(a[i]) != str_lower(b[i]))
            return false;
    return true;
}

bool str_eq_nocase(struct str a, struct str b)
{
    return a.n == b.n && str_same_nocase(a.p, b.p, a.n);
}

bool str_has_nocase(struct str hay, struct str needle)
{
    if (needle.n == 0)
        return true;
    for (size_t i = 0; needle.n <= hay.n && i <= hay.n - needle.n; i++)
        if (str_same_nocase(hay.p + i, needle.p, needle.n))
            return true;
    return false;
}

static bool str_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && str_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && str_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str str_cut(struct str *rest, char sep)
{
    struct str all = *rest;
    const char *at = all.n == 0 ? NULL : memchr(all.p, sep, all.n);

    if (at == NULL) {
        *rest = (struct str){NULL, 0};
        return all;
    }
    size_t n = (size_t)(at - all.p);

    *rest = (struct str){at + 1, all.n - n - 1};
    return (struct str){all.p, n};
}

bool str_has_word(struct str words, struct str word)
{
    while (words.n > 0)
        if (str_eq(str_cut(&words, ' '), word))
            return true;
    return false;
}

bool str_uint(struct str s, uint64_t max, uint64_t *value_r)
{
    uint64_t v = 0;

    if (s.n == 0 || (s.n > 1 && s.p[0] == '0'))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

        if (digit > 9 || digit > max || v > (max - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *value_r = v;
    return true;
}

/* One lead-byte class of RFC 3629 section 4: the first continuation byte has
 * a narrower range where overlong forms and surrogates would start. */
struct str_lead {
    unsigned char from, to;
    unsigned char low, high;
    unsigned char len;
};

static const struct str_lead str_leads[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct str_lead *str_lead(unsigned char c)
{
    for (size_t i = 0; i < sizeof(str_leads) / sizeof(str_leads[0]); i++)
        if (c >= str_leads[i].from && c <= str_leads[i].to)
            return &str_leads[i];
    return NULL;
}

size_t str_utf8_next(struct str s, uint32_t *cp_r)
{
    const unsigned char *p = (const unsigned char *)s.p;

    if (s.n == 0)
        return 0;
    if (p[0] < 0x80) {
        *cp_r = p[0];
        return 1;
    }
    const struct str_lead *lead = str_lead(p[0]);

    if (lead == NULL || s.n < lead->len)
        return 0;
    if (p[1] < lead->low || p[1] > lead->high)
        return 0;
    uint32_t cp = p[0] & (0x7fu >> lead->len);

    for (size_t i = 1; i < lead->len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        cp = cp << 6 | (p[i] & 0x3fu);
    }
    *cp_r = cp;
    return lead->len;
}

bool str_utf8(struct str s)
{
    uint32_t cp;

    for (size_t n; s.n > 0; s.p += n, s.n -= n) {
        n = str_utf8_next(s, &cp);
        if (n == 0)
            return false;
    }
    return true;
}

static bool str_is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x2028 ||
           cp == 0x2029;
}

bool str_has_control(struct str s)
{
    uint32_t cp;

    for (size_t n; s.n > 0; s.p += n, s.n -= n) {
        n = str_utf8_next(s, &cp);
        if (n == 0)
            n = 1;
        else if (str_is_control(cp))
            return true;
    }
    return false;
}
