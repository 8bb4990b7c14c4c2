/* SPDX-License-Identifier: MIT */
/* Wiping, comparing and the one source of random bytes; every other file of
 * this folder comes here for them. */
#include "crypto/secret.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

#include <sodium.h>

enum err crypto_init(void)
{
    return sodium_init() < 0 ? ERR_NO_RANDOM : ERR_OK;
}

enum err secret_new(size_t n, struct secret *s_r)
{
    uint8_t *p = sodium_malloc(n);

    if (p == NULL)
        return ERR_NO_MEMORY;
    secret_wipe(p, n);
    *s_r = (struct secret){p, n};
    return ERR_OK;
}

void secret_free(struct secret *s)
{
    sodium_free(s->p);
    *s = (struct secret){NULL, 0};
}

void secret_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

bool secret_eq(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}

/* Straight from the kernel: no state in this process that a fork could copy
 * (ASVS 11.5.2), and a failure is seen instead of aborting in a library. */
enum err random_bytes(void *out, size_t n)
{
    uint8_t *p = out;

    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERR_NO_RANDOM;
        p += got;
        n -= (size_t)got;
    }
    return ERR_OK;
}
