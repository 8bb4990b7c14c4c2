/* SPDX-License-Identifier: MIT */
/* sendmail -t -i without a shell: nothing of a message, not even its address,
 * is an argument. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/courier_transport.h"

/* A program that has been started. */
struct pipe_child {
    const struct courier_road *road;
    pid_t pid;
    int in; /* its standard input; -1: closed */
    int pidfd;
    int64_t end_us;
};

/* In the child, which has nothing of ours but the pipe. */
static _Noreturn void pipe_exec(const char *program, int in)
{
    static char name[] = "sendmail", flag_t[] = "-t", flag_i[] = "-i";
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *const argv[] = {name, flag_t, flag_i, NULL};
    char *const env[] = {path, NULL};
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;
    int nowhere = open("/dev/null", O_WRONLY);

    (void)setpgid(0, 0);
    if (dup2(in, 0) != 0 || dup2(nowhere, 1) != 1 || dup2(nowhere, 2) != 2 ||
        close_range(3, UINT_MAX, 0) != 0 || chdir("/") != 0)
        _exit(EX_OSERR);
    (void)sigaction(SIGPIPE, &plain, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execve(program, argv, env);
    _exit(EX_OSERR);
}

static bool pipe_begin(struct pipe_child *c)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    c->pid = fork();
    if (c->pid == 0)
        pipe_exec(c->road->config->mail_sendmail, ends[0]);
    (void)close(ends[0]);
    c->in = ends[1];
    c->pidfd = c->pid > 0 ? pidfd_open(c->pid, 0) : -1;
    (void)fcntl(c->in, F_SETFL, O_NONBLOCK);
    return c->pid > 0;
}

/* Waits until fd is ready; false: no time is left. */
static bool pipe_wait(struct pipe_child *c, int fd, short events)
{
    struct pollfd p[] = {{.fd = fd, .events = events},
                         {.fd = c->road->signal_fd, .events = POLLIN}};
    struct signals *seen = c->road->seen;

    for (;;) {
        int64_t left = c->end_us - clock_monotonic_us();

        if (left <= 0)
            return false;
        int n = poll(p, 2, (int)(left / 1000) + 1);
        if (n < 0 && errno != EINTR)
            return false;
        bool stopped = seen->stop;
        signals_take(c->road->signal_fd, seen);
        if (seen->stop && !stopped &&
            c->end_us > clock_monotonic_us() + COURIER_NET_GRACE)
            c->end_us = clock_monotonic_us() + COURIER_NET_GRACE;
        if (n > 0 && p[0].revents != 0)
            return true;
    }
}

/* A local program wants local line ends. */
static bool pipe_write(struct pipe_child *c, struct str message)
{
    char *p = arena_strdup(c->road->arena, message);
    size_t n = 0;

    if (p == NULL)
        return false;
    for (size_t i = 0; i < message.n; i++)
        if (message.p[i] != '\r')
            p[n++] = message.p[i];
    for (size_t at = 0; at < n;) {
        if (!pipe_wait(c, c->in, POLLOUT))
            return false;
        ssize_t put = write(c->in, p + at, n - at);
        /* It may have read all it wants; its exit code tells. */
        if (put < 0 && errno == EPIPE)
            break;
        if (put < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        at += put > 0 ? (size_t)put : 0;
    }
    return true;
}

static enum outbox_end pipe_end(int status, char *reason)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == EX_OK)
        return OUTBOX_SENT;
    if (!WIFEXITED(status)) {
        (void)snprintf(reason, OUTBOX_REASON_MAX, "sendmail: signal %d",
                       WTERMSIG(status));
        return OUTBOX_FAILED;
    }
    (void)snprintf(reason, OUTBOX_REASON_MAX, "sendmail: exit %d",
                   WEXITSTATUS(status));
    switch (WEXITSTATUS(status)) {
    case EX_DATAERR:
    case EX_NOUSER:
    case EX_NOHOST:
        return OUTBOX_REFUSED;
    default:
        return OUTBOX_FAILED;
    }
}

enum outbox_end courier_pipe(const struct courier_road *r, struct str message,
                             char *reason)
{
    struct pipe_child c = {.road = r,
                           .in = -1,
                           .pidfd = -1,
                           .end_us = clock_monotonic_us() +
                                     r->config->mail_timeout * CLOCK_SECOND};
    int status = 0;

    if (!pipe_begin(&c)) {
        if (c.in >= 0)
            (void)close(c.in);
        (void)snprintf(reason, OUTBOX_REASON_MAX, "sendmail cannot be started");
        return OUTBOX_AWAY;
    }
    bool whole = pipe_write(&c, message);
    /* Half a message must not end like a whole one: first the program, then
     * its input. */
    if (!whole)
        (void)kill(-c.pid, SIGKILL);
    (void)close(c.in);
    bool ended = whole && c.pidfd >= 0 && pipe_wait(&c, c.pidfd, POLLIN);
    if (!ended) {
        (void)kill(-c.pid, SIGKILL);
        (void)kill(c.pid, SIGKILL);
    }
    (void)waitpid(c.pid, &status, 0);
    if (c.pidfd >= 0)
        (void)close(c.pidfd);
    if (ended)
        return pipe_end(status, reason);
    (void)snprintf(reason, OUTBOX_REASON_MAX, "sendmail: no end in time");
    return r->seen->stop ? OUTBOX_STOPPED : OUTBOX_AWAY;
}
