/* SPDX-License-Identifier: MIT */
/* It touches neither requests nor the database, so that nothing a client sends
 * can bring down what restarts the workers. */
#include "server/master.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/background.h"
#include "server/courier.h"
#include "server/notify.h"
#include "server/process.h"
#include "server/relay.h"
#include "server/scoreboard.h"
#include "server/signals.h"
#include "server/spawn.h"
#include "server/worker.h"

#define MASTER_WORKERS_MOST 512
#define MASTER_OUTBOUND_MOST 64
/* The first two are no workers; the last ones ask providers and nothing else.
 */
enum {
    MASTER_JANITOR,
    MASTER_COURIER,
    MASTER_WORKERS,
    MASTER_OUTBOUND = MASTER_WORKERS + MASTER_WORKERS_MOST,
    MASTER_CHILDREN = MASTER_OUTBOUND + MASTER_OUTBOUND_MOST
};
/* Each waits for a provider seconds at worst: a longer queue is given up by the
 * browsers in it. */
#define MASTER_OUTBOUND_QUEUE 8
#define MASTER_TICK CLOCK_SECOND
#define MASTER_TICK_BUSY (CLOCK_SECOND / 20) /* while something is due */
/* Web servers kill what is not gone 3 s after TERM. */
#define MASTER_DRAIN (5 * CLOCK_SECOND / 2)

struct master {
    struct service *service;
    const struct listen *listen;
    struct scoreboard_slot *slots;
    struct spawn_child *children;
    struct relay relays[RELAY_LANES];
    unsigned generation;
    pid_t pid;
    struct id courier; /* its name for the lease, whatever becomes of it */
    struct signals seen;
};

/* Where no message leaves there is no courier. */
static bool master_wants(const struct master *m, size_t i)
{
    const struct config *c = m->service->config;

    if (i == MASTER_COURIER)
        return courier_wanted(c);
    if (i >= MASTER_OUTBOUND)
        return i - MASTER_OUTBOUND < relay_outbound(c);
    return i < MASTER_WORKERS + (size_t)c->server_workers;
}

static enum relay_lane master_lane(const struct master *m, size_t i)
{
    if (i >= MASTER_OUTBOUND)
        return RELAY_OUTBOUND;
    return i < MASTER_WORKERS + relay_takers(m->service->config) ? RELAY_HASHES
                                                                 : RELAY_NONE;
}

static const char *master_role(size_t i)
{
    return i == MASTER_JANITOR    ? "janitor"
           : i == MASTER_COURIER  ? "courier"
           : i >= MASTER_OUTBOUND ? "provider"
                                  : "worker";
}

/* The life of a child, in the child. Its exit code. */
static int master_child(const struct master *m, size_t i)
{
    const struct worker_seat seat = {.listen = m->listen,
                                     .slot = m->children[i].slot,
                                     .master = m->pid,
                                     .relays = m->relays,
                                     .takes = master_lane(m, i),
                                     .deaf = i >= MASTER_OUTBOUND};

    if (!process_follow(m->pid))
        return 0;
    if (i == MASTER_JANITOR)
        return background_run(m->service);
    if (i == MASTER_COURIER)
        return courier_run(m->service, &m->courier);
    return worker_run(m->service, &seat) == WORKER_FAILED ? 1 : 0;
}

static void master_begin_due(struct master *m, int64_t now)
{
    for (size_t i = 0; i < MASTER_CHILDREN; i++) {
        struct spawn_child *c = &m->children[i];
        if (c->pid == 0 && now >= c->due_us && master_wants(m, i) &&
            spawn_begin(c, m->generation, now) == 0)
            exit(master_child(m, i));
    }
}

static void master_reap(struct master *m)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < MASTER_CHILDREN; i++)
            if (m->children[i].pid == pid)
                spawn_reaped(&m->children[i], status, clock_monotonic_us());
}

/* Ends workers that hang, and what does not go although told to. */
static void master_watch(struct master *m, int64_t now)
{
    int64_t limit = m->service->config->server_request_timeout * CLOCK_SECOND;

    for (size_t i = 0; i < MASTER_CHILDREN; i++) {
        struct spawn_child *c = &m->children[i];
        if (scoreboard_stuck(c->slot, now, limit))
            spawn_kill(c, "busy too long with one request");
        else if (c->told_us != 0 && now - c->told_us > limit)
            spawn_kill(c, "did not stop");
    }
}

/* Replaces children of an older configuration, half of them at a time, and
 * sends those off that are not wanted any more. */
static void master_roll_some(struct master *m, size_t first, size_t end,
                             int64_t now)
{
    size_t leaving = 0;
    size_t wanted = 0;

    for (size_t i = first; i < end; i++) {
        leaving += m->children[i].pid != 0 && m->children[i].told_us != 0;
        wanted += master_wants(m, i);
    }
    for (size_t i = first; i < end; i++) {
        struct spawn_child *c = &m->children[i];
        bool old = c->generation != m->generation || !master_wants(m, i);
        if (c->pid == 0 || !old || c->told_us != 0 ||
            leaving >= (wanted < 2 ? 1 : wanted / 2))
            continue;
        spawn_tell(c, now);
        leaving++;
    }
}

/* Those that ask providers do not count as workers that are left. */
static void master_roll(struct master *m, int64_t now)
{
    master_roll_some(m, 0, MASTER_OUTBOUND, now);
    master_roll_some(m, MASTER_OUTBOUND, MASTER_CHILDREN, now);
}

static void master_bound(const struct master *m)
{
    relay_bound(&m->relays[RELAY_OUTBOUND],
                MASTER_OUTBOUND_QUEUE *
                    (size_t)m->service->config->oauth2_parallel);
}

static void master_reload(struct master *m)
{
    char state[64];

    (void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                   clock_monotonic_us());
    notify_send(state);
    if (service_reload(m->service) == ERR_OK) {
        m->generation++;
        master_bound(m);
        log_msg(LOG_LEVEL_NOTICE, "server.reloaded", "configuration in force");
    } else {
        log_msg(LOG_LEVEL_ERROR, "server.reload_failed",
                "the old configuration stays");
    }
    notify_send("READY=1");
}

static void master_reopen(struct master *m)
{
    if (log_reopen() != 0)
        log_msg(LOG_LEVEL_WARNING, "log.open_failed", "%s", strerror(errno));
    for (size_t i = 0; i < MASTER_CHILDREN; i++)
        if (m->children[i].pid != 0)
            (void)kill(m->children[i].pid, SIGUSR1);
}

/* Is a child missing or on its way out, so that the next look must be soon? */
static bool master_is_busy(const struct master *m)
{
    for (size_t i = 0; i < MASTER_CHILDREN; i++) {
        const struct spawn_child *c = &m->children[i];
        if (c->pid == 0 ? master_wants(m, i) : c->told_us != 0)
            return true;
    }
    return false;
}

static void master_turn(struct master *m)
{
    int64_t now = clock_monotonic_us();

    master_begin_due(m, now);
    master_watch(m, now);
    master_roll(m, now);
    signals_wait(master_is_busy(m) ? MASTER_TICK_BUSY : MASTER_TICK, &m->seen);
    master_reap(m);
    if (m->seen.reload)
        master_reload(m);
    if (m->seen.reopen)
        master_reopen(m);
    m->seen.reload = false;
    m->seen.reopen = false;
}

static size_t master_living(const struct master *m)
{
    size_t n = 0;

    for (size_t i = 0; i < MASTER_CHILDREN; i++)
        n += m->children[i].pid != 0;
    return n;
}

static void master_drain(struct master *m)
{
    int64_t end = clock_monotonic_us() + MASTER_DRAIN;

    notify_send("STOPPING=1");
    for (size_t i = 0; i < MASTER_CHILDREN; i++)
        spawn_tell(&m->children[i], clock_monotonic_us());
    while (master_living(m) > 0) {
        signals_wait(MASTER_TICK_BUSY, &m->seen);
        master_reap(m);
        for (size_t i = 0; clock_monotonic_us() > end && i < MASTER_CHILDREN;
             i++)
            spawn_kill(&m->children[i], "did not stop in time");
    }
}

static enum err master_open(struct master *m)
{
    struct clock clock = clock_system();

    m->children = calloc(MASTER_CHILDREN, sizeof(*m->children));
    m->slots = scoreboard_new(MASTER_CHILDREN);
    if (m->children == NULL || m->slots == NULL ||
        id_new(clock_us(&clock), &m->courier) != ERR_OK)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < RELAY_LANES; i++) {
        if (relay_open(&m->relays[i]) != ERR_OK)
            return ERR_UNAVAILABLE;
    }
    master_bound(m);
    for (size_t i = 0; i < MASTER_CHILDREN; i++) {
        m->children[i].slot = &m->slots[i];
        m->children[i].role = master_role(i);
    }
    return ERR_OK;
}

static void master_close(struct master *m)
{
    for (size_t i = 0; i < RELAY_LANES; i++)
        relay_close(&m->relays[i]);
    scoreboard_free(&m->slots, MASTER_CHILDREN);
    free(m->children);
}

int master_run(struct service *s, const struct listen *listen)
{
    struct master m = {.service = s, .listen = listen, .pid = getpid()};

    for (size_t i = 0; i < RELAY_LANES; i++)
        m.relays[i] = (struct relay){.in = -1, .out = -1};
    if (master_open(&m) != ERR_OK) {
        log_msg(LOG_LEVEL_ERROR, "server.start_failed", "no memory");
        master_close(&m);
        return 1;
    }
    master_begin_due(&m, clock_monotonic_us());
    log_event(LOG_LEVEL_NOTICE, "server.started",
              (struct log_field[]){
                  LOG_INT("workers", s->config->server_workers), LOG_END});
    notify_send("READY=1");
    while (!m.seen.stop)
        master_turn(&m);
    master_drain(&m);
    log_event(LOG_LEVEL_NOTICE, "server.stopped", NULL);
    master_close(&m);
    return 0;
}
