/* SPDX-License-Identifier: MIT */
/* FastCGI records before libfcgi sees them. A number at the end says where the
 * connection is cut once: a verdict that was final stays. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/guard.h"

#define MAX 4096

/* The guard moves the bytes about, so it gets a copy of its own. */
static enum guard_verdict judge(const char *p, size_t n, size_t max)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);

    FUZZ_CHECK(copy != NULL);
    if (n > 0)
        memcpy(copy, p, n);
    enum guard_verdict v = guard_judge(copy, n, max);

    free(copy);
    return v;
}

/* Only STDIN may come behind the parameters, so more bytes can make a sound
 * beginning foreign, but never the other way round. */
static bool may_become(enum guard_verdict before, enum guard_verdict after)
{
    return before == GUARD_MORE || before == after ||
           ((before == GUARD_SOUND || before == GUARD_UNCLEAN) &&
            after == GUARD_REFUSE);
}

/* A length as FastCGI writes it, taken from *p. */
static size_t length(const unsigned char **p)
{
    size_t n = *(*p)++;

    if (n < 0x80)
        return n;
    n &= 0x7f;
    for (int i = 0; i < 3; i++)
        n = n << 8 | *(*p)++;
    return n;
}

/* Pairs as libfcgi reads them, which trusts every length: with a sanitizer a
 * wrong one ends here. Are all names and values without NUL, names without '='?
 */
static bool pairs_are_clean(const unsigned char *p, size_t n)
{
    const unsigned char *end = p + n;
    bool clean = true;

    while (p < end) {
        size_t name = length(&p);
        size_t value = length(&p);

        FUZZ_CHECK(p <= end && name <= (size_t)(end - p));
        FUZZ_CHECK(value <= (size_t)(end - p) - name);
        clean = clean && memchr(p, '\0', name + value) == NULL &&
                memchr(p, '=', name) == NULL;
        p += name + value;
    }
    return clean;
}

/* The same judgement in another way, of what was found readable. */
static void check_readable(struct str text, enum guard_verdict v)
{
    const unsigned char *p = (const unsigned char *)text.p;
    unsigned char *params = malloc(text.n);
    size_t n = 0;
    size_t content;

    FUZZ_CHECK(params != NULL);
    FUZZ_CHECK(text.n >= 24 && p[0] == 1 && p[1] == 1);
    do {
        p += 8 + ((size_t)p[4] << 8 | p[5]) + p[6];
        FUZZ_CHECK(p + 8 <= (const unsigned char *)text.p + text.n);
        FUZZ_CHECK(p[0] == 1 && p[1] == 4);
        content = (size_t)p[4] << 8 | p[5];
        memcpy(params + n, p + 8, content);
        n += content;
    } while (content > 0);
    FUZZ_CHECK(n <= MAX);
    FUZZ_CHECK(pairs_are_clean(params, n) == (v == GUARD_SOUND));
    free(params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);
    size_t cut = fuzz_number(&text);

    if (text.n >= GUARD_WINDOW)
        return 0;
    enum guard_verdict whole = judge(text.p, text.n, MAX);
    enum guard_verdict part =
        judge(text.p, text.n == 0 ? 0 : cut % text.n, MAX);
    enum guard_verdict narrow = judge(text.p, text.n, 16);

    FUZZ_CHECK(may_become(part, whole));
    if (whole == GUARD_SOUND || whole == GUARD_UNCLEAN)
        check_readable(text, whole);
    FUZZ_CHECK(narrow == whole || narrow == GUARD_LARGE);
    return 0;
}
