/* SPDX-License-Identifier: MIT */
/* Borrowed text: a pointer and a length, never owned, not NUL-terminated. */
#ifndef GATEHOUSE_BASE_STR_H
#define GATEHOUSE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n; /* bytes */
};

/* A literal as text: STR("abc"). */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

/* The same as an initializer in a static table, where ISO C allows no compound
 * literal: {STR_INIT("abc"), 1}. */
#define STR_INIT(literal)                                                      \
    {                                                                          \
        (literal), sizeof(literal) - 1                                         \
    }

/* printf pair for "%.*s"; only for short, trusted text. */
#define STR_FMT(s) (int)(s).n, (s).p

/* Those that every request asks hundreds of times are inline: a literal's
 * length is known then, and most texts differ by theirs. */

/* The text of a C string; empty for NULL. */
static inline struct str str_of(const char *c)
{
    return (struct str){c, c == NULL ? 0 : strlen(c)};
}

/* Same bytes, of texts of the same length? */
bool str_same(struct str a, struct str b);

/* Same bytes? Not constant-time: never for secrets (crypto/secret.h). */
static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && str_same(a, b);
}

/* Same bytes but for ASCII case? */
bool str_eq_nocase(struct str a, struct str b);

/* Does s begin with prefix? */
static inline bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq((struct str){s.p, prefix.n}, prefix);
}

/* Does hay hold needle but for ASCII case? True for an empty needle. */
bool str_has_nocase(struct str hay, struct str needle);

/* s without leading and trailing spaces and tabs. */
struct str str_trim(struct str s);

/* The part of *rest before the next sep, and *rest moved behind it; with no
 * sep left the whole rest, and *rest becomes {NULL, 0}. */
struct str str_cut(struct str *rest, char sep);

/* Is word one of the blank-separated words? */
bool str_has_word(struct str words, struct str word);

/* A whole decimal number without sign, blank or leading zero (but "0"), at
 * most max. false, value_r untouched, on anything else. */
bool str_uint(struct str s, uint64_t max, uint64_t *value_r);

/* Valid UTF-8 (RFC 3629: no overlong form, surrogate or > U+10FFFF)? */
bool str_utf8(struct str s);

/* Bytes of the valid UTF-8 code point s begins with, which goes to *cp_r; 0,
 * and *cp_r untouched, when s is empty or begins with none. */
size_t str_utf8_next(struct str s, uint32_t *cp_r);

/* Has a C0/C1 control, DEL, U+2028 or U+2029 in it? Assumes UTF-8. */
bool str_has_control(struct str s);

#endif
