/* SPDX-License-Identifier: MIT */
/* What the workers are doing, in memory they share with the master. */
#ifndef GATEHOUSE_SERVER_SCOREBOARD_H
#define GATEHOUSE_SERVER_SCOREBOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A worker's line, alone in its cache line. Written by the worker, read by the
 * master; reset by the master before a fork. */
struct scoreboard_slot {
    _Alignas(64) _Atomic int64_t busy_since_us; /* monotonic; 0: idle */
    _Atomic uint64_t served;                    /* requests finished */
};

/* Shared memory of count slots, all zero; NULL with errno set. Release with
 * scoreboard_free. */
struct scoreboard_slot *scoreboard_new(size_t count);

/* Unmaps and NULLs *slots; safe on NULL. */
void scoreboard_free(struct scoreboard_slot **slots, size_t count);

/* Forgets the worker that had the slot. */
void scoreboard_reset(struct scoreboard_slot *slot);

/* A request begins at now_us. */
void scoreboard_begin(struct scoreboard_slot *slot, int64_t now_us);

/* It ended. */
void scoreboard_end(struct scoreboard_slot *slot);

/* Has the worker been busy with one request longer than timeout_us? */
bool scoreboard_stuck(const struct scoreboard_slot *slot, int64_t now_us,
                      int64_t timeout_us);

#endif
