/* SPDX-License-Identifier: MIT */
/* What every fuzz target shares. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_LIMIT ((size_t)8 << 20)

void fuzz_broken(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

struct arena *fuzz_arena(void)
{
    static struct arena *a;

    if (a == NULL)
        a = arena_new(ARENA_LIMIT);
    FUZZ_CHECK(a != NULL);
    arena_reset(a);
    return a;
}

struct str fuzz_text(const uint8_t *data, size_t size)
{
    return (struct str){(const char *)data, size};
}

struct str fuzz_line(struct str *rest)
{
    struct str line = str_cut(rest, '\n');

    return str_eq(line, STR("-")) ? (struct str){NULL, 0} : line;
}

bool fuzz_is_slice(struct str part, struct str whole)
{
    return part.p == NULL ? part.n == 0
                          : part.p >= whole.p && part.n <= whole.n &&
                                (size_t)(part.p - whole.p) <= whole.n - part.n;
}

bool fuzz_among(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

bool fuzz_free_of(struct str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\0' || fuzz_among(s.p[i], set))
            return false;
    return true;
}

size_t fuzz_number(struct str *s)
{
    if (s->n < 2)
        return 0;
    s->n -= 2;
    return (size_t)(unsigned char)s->p[s->n] << 8 |
           (unsigned char)s->p[s->n + 1];
}
