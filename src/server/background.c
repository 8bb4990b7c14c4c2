/* SPDX-License-Identifier: MIT */
/* Once over all hosts by the lease, so every server may run one. */
#include "server/background.h"

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "domain/janitor.h"
#include "server/signals.h"

enum err background_new(struct background *b_r)
{
    struct clock clock = clock_system();
    struct id owner;
    enum err e = id_new(clock_us(&clock), &owner);

    if (e != ERR_OK)
        return e;
    *b_r = (struct background){.owner = owner, .due_us = clock_monotonic_us()};
    return ERR_OK;
}

void background_tick(struct background *b, struct desk *d)
{
    bool more = false;

    if (clock_monotonic_us() < b->due_us)
        return;
    enum err e = janitor_tick(&d->ctx, &b->owner, &more);
    desk_clear(d);
    if (e != ERR_OK)
        log_msg(LOG_LEVEL_WARNING, "janitor.failed", "%s", err_name(e));
    b->well = e == ERR_OK;
    b->due_us = clock_monotonic_us();
    if (e != ERR_OK || !more)
        b->due_us += d->ctx.config->janitor_interval * CLOCK_SECOND;
}

static void background_wait(int signal_fd, const struct background *b)
{
    struct pollfd p = {.fd = signal_fd, .events = POLLIN};
    int64_t left = b->due_us - clock_monotonic_us();

    (void)poll(&p, 1, left > 0 ? (int)(left / 1000) + 1 : 0);
}

int background_run(const struct service *s)
{
    struct background b;
    struct desk d;
    struct signals seen = {.stop = false};
    int signal_fd = signals_open();

    if (signal_fd < 0 || background_new(&b) != ERR_OK ||
        desk_open(s, &d) != ERR_OK) {
        log_msg(LOG_LEVEL_ERROR, "janitor.failed", "cannot begin");
        return 1;
    }
    while (!seen.stop) {
        background_wait(signal_fd, &b);
        signals_take(signal_fd, &seen);
        if (seen.reopen)
            (void)log_reopen();
        seen.reopen = false;
        if (!seen.stop)
            background_tick(&b, &d);
    }
    /* A database that is away must not hold up the end. */
    if (b.well)
        janitor_leave(&d.ctx, &b.owner);
    desk_close(&d);
    (void)close(signal_fd);
    return 0;
}
