/* SPDX-License-Identifier: MIT */
/* Secrets in memory: wiped when dropped, compared in constant time. */
#ifndef GATEHOUSE_CRYPTO_SECRET_H
#define GATEHOUSE_CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Key material kept in guarded, locked memory (sodium_malloc). */
struct secret {
    uint8_t *p;
    size_t n; /* bytes */
};

/* Must run once before anything else in crypto/. ERR_NO_RANDOM. */
enum err crypto_init(void);

/* A zeroed secret of n bytes; ERR_NO_MEMORY. Release with secret_free. */
enum err secret_new(size_t n, struct secret *s_r);

/* Wipes and releases; safe on an empty one. */
void secret_free(struct secret *s);

/* Wipes n bytes so that the compiler keeps it. */
void secret_wipe(void *p, size_t n);

/* Same n bytes? In constant time. */
bool secret_eq(const void *a, const void *b, size_t n);

/* n bytes from the system's CSPRNG, fresh in every process after fork.
 * ERR_NO_RANDOM when it fails: the request must be refused. */
enum err random_bytes(void *out, size_t n);

#endif
