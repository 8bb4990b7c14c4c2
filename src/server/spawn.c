/* SPDX-License-Identifier: MIT */
/* A child that dies before it served anything would die again at once: the
 * delay keeps a bad library or a full disk from becoming a fork storm. */
#include "server/spawn.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

int64_t spawn_delay_us(int64_t last_us, bool served, int64_t lived_us)
{
    if (served)
        return 0;
    if (last_us == 0 || lived_us >= SPAWN_LIVED_WELL)
        return SPAWN_DELAY_FIRST;
    return last_us * 2 < SPAWN_DELAY_MOST ? last_us * 2 : SPAWN_DELAY_MOST;
}

static void spawn_log(enum log_level level, const char *event,
                      const struct spawn_child *c, const char *why)
{
    log_event(level, event,
              (struct log_field[]){LOG_TEXT("role", str_of(c->role)),
                                   LOG_INT("child", c->pid),
                                   LOG_TEXT("msg", str_of(why)), LOG_END});
}

pid_t spawn_begin(struct spawn_child *c, unsigned generation, int64_t now_us)
{
    scoreboard_reset(c->slot);
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        spawn_log(LOG_LEVEL_ERROR, "server.fork_failed", c, strerror(errno));
        c->delay_us = spawn_delay_us(c->delay_us, false, 0);
        c->due_us = now_us + c->delay_us;
        return -1;
    }
    c->pid = pid;
    c->generation = generation;
    c->begun_us = now_us;
    c->told_us = 0;
    c->killed = false;
    return pid;
}

void spawn_tell(struct spawn_child *c, int64_t now_us)
{
    if (c->pid == 0 || c->told_us != 0)
        return;
    c->told_us = now_us;
    (void)kill(c->pid, SIGTERM);
}

void spawn_kill(struct spawn_child *c, const char *why)
{
    if (c->pid == 0 || c->killed)
        return;
    c->killed = true;
    spawn_log(LOG_LEVEL_ERROR, "server.child_killed", c, why);
    (void)kill(c->pid, SIGKILL);
}

void spawn_reaped(struct spawn_child *c, int status, int64_t now_us)
{
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    bool served = c->told_us != 0 || atomic_load(&c->slot->served) > 0;
    char why[48];

    if (WIFSIGNALED(status))
        (void)snprintf(why, sizeof(why), "signal %d", WTERMSIG(status));
    else
        (void)snprintf(why, sizeof(why), "exit %d", WEXITSTATUS(status));
    if (!good && !c->killed)
        spawn_log(LOG_LEVEL_ERROR, "server.child_died", c, why);
    /* A clean exit is a replacement: by requests, by idle time, by TERM. */
    c->delay_us =
        spawn_delay_us(c->delay_us, served || good, now_us - c->begun_us);
    c->due_us = now_us + c->delay_us;
    c->pid = 0;
}
