/* SPDX-License-Identifier: MIT */
/* The ceiling: a pre-forked FastCGI pool that answers a constant JSON of 200
 * bytes, so that what is left of its rate is what our own work costs. */
#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS_MAX 512
#define BACKLOG 512
#define BODY_LEN 200

#define HEAD                                                                   \
    "Status: 200\r\n"                                                          \
    "Content-Type: application/json\r\n"                                       \
    "Cache-Control: no-store\r\n"                                              \
    "Content-Length: 200\r\n\r\n"

/* HEAD, then {"pad":"xxx…"} of exactly BODY_LEN bytes. */
static size_t ceiling_text(char text[512])
{
    static const char open[] = "{\"pad\":\"", close[] = "\"}";
    char body[BODY_LEN + 1];

    memset(body, 'x', BODY_LEN);
    memcpy(body, open, sizeof(open) - 1);
    memcpy(body + BODY_LEN - (sizeof(close) - 1), close, sizeof(close) - 1);
    body[BODY_LEN] = '\0';
    return (size_t)snprintf(text, 512, "%s%s", HEAD, body);
}

static void worker(int listener)
{
    FCGX_Request request;
    char text[512];
    size_t n = ceiling_text(text);

    /* No worker outlives a killed master. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        FCGX_InitRequest(&request, listener, 0) != 0)
        _exit(1);
    while (FCGX_Accept_r(&request) >= 0) {
        /* Apache sends the end of the body on its own and must not meet a
         * closed connection. */
        while (FCGX_GetChar(request.in) >= 0)
            continue;
        (void)FCGX_PutStr(text, (int)n, request.out);
        FCGX_Finish_r(&request);
    }
    _exit(0);
}

/* Waits for SIGTERM or SIGINT, then ends the workers. */
static void keep(pid_t *pids, int count, const sigset_t *ends)
{
    int sig;

    (void)sigwait(ends, &sig);
    for (int i = 0; i < count; i++)
        (void)kill(pids[i], SIGKILL);
    while (wait(NULL) > 0 || errno == EINTR)
        continue;
}

static int serve(const char *path, int workers)
{
    pid_t pids[WORKERS_MAX];
    sigset_t ends, before;
    int listener;

    /* As the service does: libfcgi would wait for the peer to close first. */
    if (setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1) != 0 ||
        FCGX_Init() != 0)
        return 1;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, &before);
    listener = FCGX_OpenSocket(path, BACKLOG);
    if (listener < 0 || chmod(path, 0660) != 0)
        return 1;
    for (int i = 0; i < workers; i++) {
        pids[i] = fork();
        if (pids[i] < 0)
            return 1;
        if (pids[i] == 0) {
            sigprocmask(SIG_SETMASK, &before, NULL);
            worker(listener);
        }
    }
    keep(pids, workers, &ends);
    (void)unlink(path);
    return 0;
}

int main(int argc, char **argv)
{
    long workers = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

    if (workers < 1 || workers > WORKERS_MAX) {
        fputs("usage: ceiling SOCKET WORKERS\n", stderr);
        return 2;
    }
    return serve(argv[1], (int)workers);
}
