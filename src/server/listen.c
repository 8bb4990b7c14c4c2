/* SPDX-License-Identifier: MIT */
/* The socket's owner and mode are the whole trust in the web server, so the
 * file has its mode from its first moment on, and two servers never share a
 * path by accident. */
#include "server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/ip.h"
#include "base/log.h"
#include "base/str.h"

union listen_address {
    struct sockaddr any;
    struct sockaddr_un un;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static enum err listen_failed(const char *what, const char *where)
{
    log_msg(LOG_LEVEL_ERROR, "server.listen_failed", "%s %s: %s", what, where,
            strerror(errno));
    return ERR_UNAVAILABLE;
}

/* "ADDRESS:PORT", checked with the configuration. */
static socklen_t listen_tcp_address(const char *text, union listen_address *a)
{
    const char *colon = strrchr(text, ':');
    struct str host = {text, (size_t)(colon - text)};
    in_port_t port = htons((in_port_t)strtoul(colon + 1, NULL, 10));
    struct ip ip;

    memset(a, 0, sizeof(*a));
    if (!ip_parse(host, &ip))
        return 0;
    if (memchr(host.p, ':', host.n) == NULL) {
        a->in.sin_family = AF_INET;
        a->in.sin_port = port;
        memcpy(&a->in.sin_addr, ip.b + 12, 4);
        return sizeof(a->in);
    }
    a->in6.sin6_family = AF_INET6;
    a->in6.sin6_port = port;
    memcpy(&a->in6.sin6_addr, ip.b, 16);
    return sizeof(a->in6);
}

/* Only the holder of the lock may clear the path away; without it two starting
 * servers could each unlink the other's socket. */
static enum err listen_lock(const char *path, struct listen *l)
{
    char name[PATH_MAX];

    (void)snprintf(name, sizeof(name), "%s.lock", path);
    l->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (l->lock_fd < 0)
        return listen_failed("open", name);
    if (flock(l->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return ERR_OK;
    (void)listen_failed("another gatehouse serves", path);
    return ERR_CONFLICT;
}

/* Makes the path free: nothing there, or a socket nobody listens on. */
static enum err listen_clear(const char *path, const union listen_address *a)
{
    struct stat s;

    if (lstat(path, &s) != 0)
        return errno == ENOENT ? ERR_OK : listen_failed("stat", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return listen_failed("socket", path);
    int alive = connect(fd, &a->any, sizeof(a->un));
    bool dead = alive != 0 && errno == ECONNREFUSED && S_ISSOCK(s.st_mode);
    (void)close(fd);
    if (!dead) {
        errno = EADDRINUSE;
        (void)listen_failed("cannot replace", path);
        return ERR_CONFLICT;
    }
    return unlink(path) == 0 ? ERR_OK : listen_failed("unlink", path);
}

static enum err listen_chown(const char *path, const char *group)
{
    if (group[0] == '\0')
        return ERR_OK;
    const struct group *g = getgrnam(group);
    if (g == NULL) {
        errno = ENOENT;
        return listen_failed("group", group);
    }
    if (chown(path, (uid_t)-1, g->gr_gid) != 0)
        return listen_failed("chown", path);
    return ERR_OK;
}

static enum err listen_local(const struct config *c, const char *path,
                             struct listen *l)
{
    union listen_address a = {.un = {.sun_family = AF_UNIX}};

    if (strlen(path) >= sizeof(a.un.sun_path)) {
        errno = ENAMETOOLONG;
        return listen_failed("bind", path);
    }
    memcpy(a.un.sun_path, path, strlen(path) + 1);
    enum err e = listen_lock(path, l);
    if (e == ERR_OK)
        e = listen_clear(path, &a);
    if (e != ERR_OK)
        return e;
    l->local = true;
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return listen_failed("socket", path);
    mode_t old = umask((mode_t)(~c->server_listen_mode & 0777));
    int bound = bind(l->fd, &a.any, sizeof(a.un));
    (void)umask(old);
    if (bound != 0)
        return listen_failed("bind", path);
    l->path = strdup(path);
    if (l->path == NULL) {
        (void)unlink(path);
        return listen_failed("bind", path);
    }
    return listen_chown(path, c->server_listen_group);
}

static enum err listen_tcp(const char *address, struct listen *l)
{
    union listen_address a;
    socklen_t n = listen_tcp_address(address, &a);
    const int on = 1;

    l->fd =
        socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return listen_failed("socket", address);
    (void)setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(l->fd, &a.any, n) != 0)
        return listen_failed("bind", address);
    return ERR_OK;
}

enum err listen_open(const struct config *c, struct listen *l_r)
{
    struct listen l = {.fd = -1, .lock_fd = -1};
    const char *address = strchr(c->server_listen, ':') + 1;
    bool local = str_starts(str_of(c->server_listen), STR("unix:"));
    enum err e = local ? listen_local(c, address, &l) : listen_tcp(address, &l);

    if (e == ERR_OK && listen(l.fd, (int)c->server_backlog) != 0)
        e = listen_failed("listen", address);
    if (e != ERR_OK) {
        listen_close(&l);
        return e;
    }
    *l_r = l;
    return ERR_OK;
}

enum err listen_inherit(int fd, struct listen *l_r)
{
    int domain = 0;
    int accepts = 0;
    socklen_t n = sizeof(int);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &n) == 0 &&
        accepts == 0)
        errno = EINVAL;
    if (accepts == 0)
        return listen_failed("not a listening socket:",
                             fd == 0 ? "descriptor 0" : "passed descriptor");
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) != 0 ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
        return listen_failed("set up", "inherited socket");
    *l_r = (struct listen){.fd = fd,
                           .lock_fd = -1,
                           .local = domain == AF_UNIX,
                           .spawner = fd == STDIN_FILENO};
    return ERR_OK;
}

void listen_orphan(const struct listen *l)
{
    if (l->spawner)
        (void)shutdown(l->fd, SHUT_RD);
}

int listen_activated(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *fds = getenv("LISTEN_FDS");
    uint64_t n = 0;
    uint64_t owner = 0;

    if (!str_uint(str_of(pid), INT_MAX, &owner) ||
        owner != (uint64_t)getpid() || !str_uint(str_of(fds), 64, &n))
        n = 0;
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    return (int)n;
}

void listen_close(struct listen *l)
{
    if (l->path != NULL)
        (void)unlink(l->path);
    free(l->path);
    if (l->fd >= 0)
        (void)close(l->fd);
    if (l->lock_fd >= 0)
        (void)close(l->lock_fd);
    *l = (struct listen){.fd = -1, .lock_fd = -1};
}

int listen_accept(const struct listen *l)
{
    return accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
}
