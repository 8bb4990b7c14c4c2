/* SPDX-License-Identifier: MIT */
/* One worker: takes connections one after another and answers each. */
#ifndef GATEHOUSE_SERVER_WORKER_H
#define GATEHOUSE_SERVER_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/listen.h"
#include "server/relay.h"
#include "server/scoreboard.h"
#include "server/service.h"

enum worker_end {
    WORKER_STOPPED, /* asked to */
    WORKER_SPENT,   /* enough requests, or idle long enough */
    WORKER_RELOAD,  /* alone and asked to read the configuration again */
    WORKER_FAILED   /* could not begin; logged */
};

/* Where a worker works. Borrowed. */
struct worker_seat {
    const struct listen *listen;
    struct scoreboard_slot *slot;
    pid_t master;               /* whose death ends it */
    const struct relay *relays; /* RELAY_LANES of them; NULL: none */
    enum relay_lane takes;      /* from this one; others put in */
    bool deaf;  /* takes from the relay alone, no connections of its own */
    bool alone; /* no master: its own watchdog and background job */
};

/* Serves until one of the ends; signals must be blocked (signals_block). */
enum worker_end worker_run(const struct service *s,
                           const struct worker_seat *seat);

/* After how many requests to be replaced: max and up to a tenth more by chance
 * (random), so that workers do not all go at once; 0 when max is 0. */
uint64_t worker_quota(uint64_t max, uint64_t random);

#endif
