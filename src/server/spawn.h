/* SPDX-License-Identifier: MIT */
/* One child of the master: begun, told to go, reaped, begun again. */
#ifndef GATEHOUSE_SERVER_SPAWN_H
#define GATEHOUSE_SERVER_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/scoreboard.h"

#define SPAWN_DELAY_FIRST (CLOCK_SECOND / 10)
#define SPAWN_DELAY_MOST (10 * CLOCK_SECOND)
#define SPAWN_LIVED_WELL CLOCK_SECOND

struct spawn_child {
    const char *role;             /* for the log */
    struct scoreboard_slot *slot; /* borrowed */
    pid_t pid;                    /* 0: none now */
    unsigned generation;          /* of the configuration it was begun with */
    int64_t begun_us, told_us;    /* monotonic; told_us 0: not told to go */
    int64_t due_us, delay_us;     /* when to begin again, and the last delay */
    bool killed;
};

/* How long to wait before beginning again after a child ended: nothing when it
 * served or was told to go; else SPAWN_DELAY_FIRST, doubled each time up to
 * SPAWN_DELAY_MOST, begun anew after a long life. */
int64_t spawn_delay_us(int64_t last_us, bool served, int64_t lived_us);

/* Forks. In the child 0 is returned; in the master its pid, or -1 when the fork
 * failed (logged, and due again after a delay). */
pid_t spawn_begin(struct spawn_child *c, unsigned generation, int64_t now_us);

/* Tells the child to finish what it does and go; once. */
void spawn_tell(struct spawn_child *c, int64_t now_us);

/* Kills the child; once. why goes to the log. */
void spawn_kill(struct spawn_child *c, const char *why);

/* Notes that the child ended with status (of waitpid), logs an unusual end. */
void spawn_reaped(struct spawn_child *c, int status, int64_t now_us);

#endif
