/* SPDX-License-Identifier: MIT */
/* The janitor's process, and its ticks for a worker that has no master. */
#ifndef GATEHOUSE_SERVER_BACKGROUND_H
#define GATEHOUSE_SERVER_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "server/desk.h"
#include "server/service.h"

/* When the background job is due, and under which name it takes the lease. */
struct background {
    struct id owner;
    int64_t due_us; /* monotonic */
    bool well;      /* the last piece was done */
};

/* A job that is due at once. ERR_NO_RANDOM. */
enum err background_new(struct background *b_r);

/* Does one piece if it is due and sets when the next one is. Logs a failure;
 * never fails. */
void background_tick(struct background *b, struct desk *d);

/* Works until TERM comes; signals must be blocked. The process's exit code. */
int background_run(const struct service *s);

#endif
