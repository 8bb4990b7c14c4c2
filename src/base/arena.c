/* SPDX-License-Identifier: MIT */
/* One reservation of address space per arena, so that a request can neither
 * fragment the heap nor leave a secret behind in it. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Pages kept between requests; more than that is given back. A multiple of
 * every page size in use. */
#define ARENA_KEEP ((size_t)256 * 1024)
#define ARENA_ALIGN alignof(max_align_t)

struct arena_defer {
    struct arena_defer *next;
    void (*destroy)(void *);
    void *object;
};

struct arena {
    size_t mapped; /* bytes of the reservation, this struct included */
    size_t limit;
    size_t used;
    size_t latest; /* offset of the latest allocation */
    struct arena_defer *defers;
    alignas(max_align_t) unsigned char bytes[];
};

/* What was not handed out is poisoned, or an overrun inside the reservation
 * would be invisible to AddressSanitizer. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ARENA_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_HIDE(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define ARENA_SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define ARENA_HIDE(p, n) ((void)0)
#define ARENA_SHOW(p, n) ((void)0)
#endif

struct arena *arena_new(size_t limit)
{
    if (limit > SIZE_MAX - sizeof(struct arena))
        return NULL;
    size_t mapped = sizeof(struct arena) + limit;
    struct arena *a = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (a == MAP_FAILED)
        return NULL;
    /* Requests hold passwords and tokens: not for core files. It is a wish
     * only; an old kernel that lacks it must not stop the service. */
    (void)madvise(a, mapped, MADV_DONTDUMP);
    a->mapped = mapped;
    a->limit = limit;
    ARENA_HIDE(a->bytes, limit);
    return a;
}

/* The bytes are zero already: fresh from the kernel or wiped by a reset. */
void *arena_alloc(struct arena *a, size_t n)
{
    size_t over = a->used % ARENA_ALIGN;
    size_t pad = over == 0 ? 0 : ARENA_ALIGN - over;
    size_t left = a->limit - a->used;

    if (pad > left || n > left - pad)
        return NULL;
    a->latest = a->used + pad;
    a->used = a->latest + n;
    ARENA_SHOW(a->bytes + a->latest, n);
    return a->bytes + a->latest;
}

bool arena_extend(struct arena *a, const void *p, size_t old_n, size_t new_n)
{
    if (p != a->bytes + a->latest || old_n != a->used - a->latest)
        return false;
    if (new_n < old_n || new_n > a->limit - a->latest)
        return false;
    a->used = a->latest + new_n;
    ARENA_SHOW(a->bytes + a->latest, new_n);
    return true;
}

char *arena_strdup(struct arena *a, struct str s)
{
    char *copy = s.n == SIZE_MAX ? NULL : arena_alloc(a, s.n + 1);

    if (copy != NULL && s.n > 0)
        memcpy(copy, s.p, s.n);
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    const char *copy = arena_strdup(a, s);

    return (struct str){copy, copy == NULL ? 0 : s.n};
}

int arena_defer(struct arena *a, void (*destroy)(void *), void *object)
{
    struct arena_defer *d = arena_alloc(a, sizeof(*d));

    if (d == NULL) {
        destroy(object);
        return -1;
    }
    *d = (struct arena_defer){a->defers, destroy, object};
    a->defers = d;
    return 0;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}

void arena_reset(struct arena *a)
{
    while (a->defers != NULL) {
        const struct arena_defer *d = a->defers;

        a->defers = d->next;
        d->destroy(d->object);
    }
    size_t end = sizeof(*a) + a->used;

    ARENA_SHOW(a->bytes, a->used);
    explicit_bzero(a->bytes, a->used);
    ARENA_HIDE(a->bytes, a->used);
    /* A failure costs memory only: the bytes are wiped already. */
    if (end > ARENA_KEEP)
        (void)madvise((unsigned char *)a + ARENA_KEEP, end - ARENA_KEEP,
                      MADV_DONTNEED);
    a->used = 0;
    a->latest = 0;
}

void arena_free(struct arena **a)
{
    if (*a == NULL)
        return;
    arena_reset(*a);
    ARENA_SHOW((*a)->bytes, (*a)->limit);
    (void)munmap(*a, (*a)->mapped);
    *a = NULL;
}
