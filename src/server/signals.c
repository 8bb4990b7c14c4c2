/* SPDX-License-Identifier: MIT */
/* A worker under load never sleeps in ppoll, so a signal could wait for ever
 * to be let in there; a signalfd beside the listening socket cannot starve. */
#include "server/signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static void signals_set(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGQUIT);
    (void)sigaddset(set, SIGHUP);
    (void)sigaddset(set, SIGUSR1);
}

static void signals_note(uint32_t number, struct signals *s)
{
    s->stop =
        s->stop || number == SIGTERM || number == SIGINT || number == SIGQUIT;
    s->reload = s->reload || number == SIGHUP;
    s->reopen = s->reopen || number == SIGUSR1;
}

void signals_block(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t set;

    signals_set(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

int signals_open(void)
{
    sigset_t set;

    signals_set(&set);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

void signals_take(int fd, struct signals *s)
{
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        signals_note(info.ssi_signo, s);
}

void signals_wait(int64_t timeout_us, struct signals *s)
{
    struct timespec t = {.tv_sec = timeout_us / CLOCK_SECOND,
                         .tv_nsec = timeout_us % CLOCK_SECOND * 1000};
    sigset_t set;

    signals_set(&set);
    (void)sigaddset(&set, SIGCHLD);
    int number = sigtimedwait(&set, NULL, &t);
    if (number > 0)
        signals_note((uint32_t)number, s);
}
