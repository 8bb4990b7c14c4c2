/* SPDX-License-Identifier: MIT */
/* A worker holds keys: it may not be dumped, traced or inherited from. */
#include "server/process.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void process_harden(int first_foreign)
{
    const struct rlimit none = {0, 0};
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd < 3);
    if (fd >= 0)
        (void)close(fd);
    (void)close_range((unsigned)first_foreign, UINT_MAX, 0);
    (void)umask(027);
    (void)unsetenv("HTTP_PROXY");
    (void)unsetenv("http_proxy");
    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* its leak check has to trace */
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

bool process_follow(pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    return getppid() == parent;
}

int process_pid_write(const char *path)
{
    if (path[0] == '\0')
        return 0;
    FILE *f = fopen(path, "we");
    if (f == NULL)
        return -1;
    int n = fprintf(f, "%ld\n", (long)getpid());
    return fclose(f) != 0 || n < 0 ? -1 : 0;
}
