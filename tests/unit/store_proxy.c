/* SPDX-License-Identifier: MIT */
/* A Unix socket in front of the server that loses what it is told to lose. */
#include "store_proxy.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof(a.sun_path));
    memcpy(a.sun_path, path, strlen(path));
    return a;
}

static bool copy(int from, int to, bool really)
{
    char bytes[16384];
    ssize_t n = read(from, bytes, sizeof(bytes));
    if (n <= 0)
        return false;
    return !really || send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

/* One step; false ends the connection. */
static bool relay(struct proxy *p, int client, int server)
{
    struct pollfd fds[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    int mode = atomic_load(&p->mode);
    if (poll(fds, 2, 20) <= 0 || mode == PROXY_HANG) {
        if (mode == PROXY_HANG && (fds[0].revents & POLLHUP) != 0)
            return false;
        return atomic_load(&p->stop) == 0;
    }
    mode = atomic_load(&p->mode);
    if (fds[0].revents != 0 && mode == PROXY_DROP_COMMAND) {
        (void)copy(client, server, false);
        atomic_store(&p->mode, PROXY_PASS);
        return false;
    }
    if (fds[0].revents != 0 && !copy(client, server, true))
        return false;
    if (fds[1].revents != 0 && mode == PROXY_DROP_ANSWER) {
        (void)copy(server, client, false);
        atomic_store(&p->mode, PROXY_PASS);
        return false;
    }
    return fds[1].revents == 0 || copy(server, client, true);
}

static void serve(struct proxy *p, int client)
{
    struct sockaddr_un a = address_of(p->server);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(server, (const struct sockaddr *)&a, sizeof(a)) == 0) {
        atomic_fetch_add(&p->connections, 1);
        while (relay(p, client, server))
            continue;
    }
    close(server);
}

static void *loop(void *data)
{
    struct proxy *p = data;
    while (atomic_load(&p->stop) == 0) {
        struct pollfd fd = {p->listener, POLLIN, 0};
        if (poll(&fd, 1, 20) <= 0)
            continue;
        int client = accept(p->listener, NULL, NULL);
        if (client < 0)
            continue;
        serve(p, client);
        close(client);
    }
    return NULL;
}

void proxy_start(struct proxy *p, const char *dir, const char *server)
{
    memset(p, 0, sizeof(*p));
    snprintf(p->path, sizeof(p->path), "%s/proxy", dir);
    p->server = server;
    unlink(p->path);
    struct sockaddr_un a = address_of(p->path);
    p->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(p->listener, (const struct sockaddr *)&a, sizeof(a)),
                     0);
    assert_int_equal(listen(p->listener, 8), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, loop, p), 0);
}

void proxy_set(struct proxy *p, enum proxy_mode mode)
{
    atomic_store(&p->mode, mode);
}

void proxy_stop(struct proxy *p)
{
    atomic_store(&p->stop, 1);
    pthread_join(p->thread, NULL);
    close(p->listener);
}
