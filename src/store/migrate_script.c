/* SPDX-License-Identifier: MIT */
/* Cuts an SQL file into statements, so that an error names the one it stands
 * in and the connection never needs the multi-statement mode an injected
 * semicolon would profit from. */
#include "store/migrate_script.h"

#include <stddef.h>

static char at(struct str s, size_t i)
{
    if (i >= s.n)
        return '\0';
    return s.p[i];
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_line(struct str s, size_t i)
{
    while (i < s.n && s.p[i] != '\n')
        i++;
    return i;
}

static size_t skip_comment(struct str s, size_t i)
{
    for (i += 2; i < s.n; i++) {
        if (s.p[i] == '*' && at(s, i + 1) == '/')
            return i + 2;
    }
    return s.n;
}

/* A doubled quote is two quoted texts in a row, which ends in the same place.
 */
static size_t skip_quoted(struct str s, size_t i)
{
    char quote = s.p[i];
    for (i++; i < s.n && s.p[i] != quote; i++) {
        if (s.p[i] == '\\' && quote != '`')
            i++;
    }
    return i < s.n ? i + 1 : s.n;
}

/* Behind the comment that begins at i, or i when none does. */
static size_t skip_any_comment(struct str s, size_t i)
{
    char c = s.p[i], next = at(s, i + 1);
    if (c == '#')
        return skip_line(s, i);
    if (c == '-' && next == '-' && (is_blank(at(s, i + 2)) || i + 2 >= s.n))
        return skip_line(s, i);
    return c == '/' && next == '*' ? skip_comment(s, i) : i;
}

/* Index of the semicolon that ends the statement, or the length; *any_r: there
 * was more than blanks and comments. */
static size_t find_end(struct str s, bool *any_r)
{
    size_t i = 0;
    *any_r = false;
    while (i < s.n && s.p[i] != ';') {
        size_t behind = skip_any_comment(s, i);
        if (behind > i) {
            i = behind;
            continue;
        }
        *any_r = *any_r || !is_blank(s.p[i]);
        bool quoted = s.p[i] == '\'' || s.p[i] == '"' || s.p[i] == '`';
        i = quoted ? skip_quoted(s, i) : i + 1;
    }
    return i;
}

bool migrate_script_next(struct str *rest, struct str *statement_r)
{
    while (rest->n > 0) {
        bool any;
        size_t end = find_end(*rest, &any);
        struct str statement = {rest->p, end};
        size_t behind = end < rest->n ? end + 1 : end;
        rest->p += behind;
        rest->n -= behind;
        if (any) {
            *statement_r = statement;
            return true;
        }
    }
    return false;
}
