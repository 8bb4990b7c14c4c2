/* SPDX-License-Identifier: MIT */
/* The process that delivers messages, so that no request waits for anybody's
 * server: a child of the master, or short-lived ones of a worker that has
 * none. */
#ifndef GATEHOUSE_SERVER_COURIER_H
#define GATEHOUSE_SERVER_COURIER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/id.h"
#include "server/desk.h"
#include "server/service.h"

/* Is there anything a courier could deliver by? */
bool courier_wanted(const struct config *config);

/* Works until TERM comes, which a hanging server delays by less than two
 * seconds; signals must be blocked. owner: the name under which the lease is
 * taken, the same for every courier of a master, so that one that was killed
 * holds up none. The process's exit code. */
int courier_run(const struct service *s, const struct id *owner);

/* Couriers of a worker without a master. */
struct courier_watch {
    struct id owner;
    int64_t due_us; /* monotonic: when to look next */
    pid_t child;    /* 0: none now */
};

/* A watch that is due at once. ERR_NO_RANDOM. */
enum err courier_watch_new(struct courier_watch *w_r);

/* If it is due: looks for messages and lets a child deliver them. The child
 * never returns from here. Logs a failure; never fails. */
void courier_watch_tick(struct courier_watch *w, const struct service *s,
                        struct desk *d);

#endif
