/* SPDX-License-Identifier: MIT */
/* The heap: calls that fail, and a count of blocks that tells a leak from a
 * cache, since a leak grows each time the same call fails. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "torture.h"

/* glibc's own, under the names it keeps for interposers. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);
void __libc_free(void *p);

#define TABLE 16384u /* blocks of one watched request */
#define CALLERS 1024

struct block {
    const void *p;
    char callers[CALLERS];
};

static uint64_t live;
static struct block *table;
static size_t table_n;

uint64_t torture_live(void)
{
    return live;
}

void torture_forget(void)
{
    table_n = 0;
    if (table == NULL && torture_page()->watch != 0)
        table = __libc_calloc(TABLE, sizeof(*table));
}

void torture_tell_held(char *text)
{
    size_t n = 0;

    for (size_t i = 0; i < table_n; i++) {
        size_t more = strlen(table[i].callers);
        if (table[i].p == NULL || n + more + 2 > TORTURE_TEXT)
            continue;
        memcpy(text + n, table[i].callers, more);
        n += more;
        text[n++] = '\n';
        text[n] = '\0';
    }
}

static void *block_made(void *p)
{
    static char callers[TORTURE_TEXT];

    if (p == NULL)
        return NULL;
    live++;
    if (table == NULL || !torture_running() || table_n == TABLE ||
        torture_page()->watch != 1)
        return p;
    callers[0] = '\0';
    torture_tell(callers, 2);
    table[table_n].p = p;
    callers[CALLERS - 1] = '\0';
    memcpy(table[table_n].callers, callers, CALLERS);
    table_n++;
    return p;
}

static void block_gone(const void *p)
{
    live--;
    for (size_t i = table_n; i-- > 0;) {
        if (table[i].p == p) {
            table[i].p = NULL;
            return;
        }
    }
}

static bool memory_fails(void)
{
    if (torture_call(TORTURE_MEMORY) != TORTURE_FAIL)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n)
{
    return memory_fails() ? NULL : block_made(__libc_malloc(n));
}

void *calloc(size_t count, size_t n)
{
    return memory_fails() ? NULL : block_made(__libc_calloc(count, n));
}

void *realloc(void *p, size_t n)
{
    if (memory_fails())
        return NULL;
    void *moved = __libc_realloc(p, n);

    if (p != NULL && (moved != NULL || n == 0))
        block_gone(p);
    return block_made(moved);
}

void *memalign(size_t align, size_t n)
{
    return memory_fails() ? NULL : block_made(__libc_memalign(align, n));
}

void *aligned_alloc(size_t align, size_t n)
{
    return memory_fails() ? NULL : block_made(__libc_memalign(align, n));
}

int posix_memalign(void **p_r, size_t align, size_t n)
{
    void *p = memory_fails() ? NULL : block_made(__libc_memalign(align, n));

    if (p == NULL)
        return ENOMEM;
    *p_r = p;
    return 0;
}

void free(void *p)
{
    int kept = errno;

    if (p == NULL)
        return;
    if (torture_call(TORTURE_FREE) == TORTURE_SWALLOW)
        return;
    block_gone(p);
    __libc_free(p);
    errno = kept;
}
