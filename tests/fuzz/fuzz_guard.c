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
        FUZZ_CHECK(text.n >= 24 && text.p[0] == 1 && text.p[1] == 1);
    FUZZ_CHECK(narrow == whole || narrow == GUARD_LARGE);
    return 0;
}
