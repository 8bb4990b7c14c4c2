/* SPDX-License-Identifier: MIT */
/* Plain atomic words: a worker that is killed at any point leaves nothing
 * locked behind. */
#include "server/scoreboard.h"

#include <sys/mman.h>

struct scoreboard_slot *scoreboard_new(size_t count)
{
    void *p = mmap(NULL, count * sizeof(struct scoreboard_slot),
                   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

void scoreboard_free(struct scoreboard_slot **slots, size_t count)
{
    if (*slots != NULL)
        (void)munmap(*slots, count * sizeof(struct scoreboard_slot));
    *slots = NULL;
}

void scoreboard_reset(struct scoreboard_slot *slot)
{
    atomic_store(&slot->busy_since_us, 0);
    atomic_store(&slot->served, 0);
}

void scoreboard_begin(struct scoreboard_slot *slot, int64_t now_us)
{
    atomic_store_explicit(&slot->busy_since_us, now_us, memory_order_relaxed);
}

void scoreboard_end(struct scoreboard_slot *slot)
{
    atomic_fetch_add_explicit(&slot->served, 1, memory_order_relaxed);
    atomic_store_explicit(&slot->busy_since_us, 0, memory_order_relaxed);
}

bool scoreboard_stuck(const struct scoreboard_slot *slot, int64_t now_us,
                      int64_t timeout_us)
{
    int64_t since = atomic_load(&slot->busy_since_us);

    return since != 0 && now_us - since > timeout_us;
}
