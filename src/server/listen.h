/* SPDX-License-Identifier: MIT */
/* The listening socket, ours or inherited, and who may connect to it. */
#ifndef GATEHOUSE_SERVER_LISTEN_H
#define GATEHOUSE_SERVER_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "config/config.h"

struct listen {
    int fd; /* -1: none */
    int lock_fd;
    bool local;   /* a Unix socket, whose peers the kernel names */
    bool spawner; /* made by the web server that spawned us */
    char *path;   /* to unlink at the end; NULL: not ours. Owned. */
};

/* Opens [server] listen. A dead socket in the way is replaced; ERR_CONFLICT
 * when a live server has it, ERR_UNAVAILABLE else; the reason is logged.
 * Release with listen_close. */
enum err listen_open(const struct config *c, struct listen *l_r);

/* Takes descriptor fd, inherited from a web server or systemd.
 * ERR_UNAVAILABLE, logged, when it is not a listening socket. */
enum err listen_inherit(int fd, struct listen *l_r);

/* For a worker whose master died: a web server that spawned the master looks
 * whether its socket still answers before it spawns another, and would take us
 * for a server to stay with. Refuses all connections from now on. Of no effect
 * on a socket that lives on without us. */
void listen_orphan(const struct listen *l);

/* How many sockets systemd passes to this process (from descriptor 3 on); the
 * variables are removed. */
int listen_activated(void);

/* Closes it and removes what was ours. */
void listen_close(struct listen *l);

/* Accepts one connection; -1 with errno set, EAGAIN when there is none. */
int listen_accept(const struct listen *l);

/* The user ids of [server] peer_users. */
struct listen_peers {
    uid_t *ids;
    size_t count;
    bool everybody; /* the list is empty: the socket's mode decides */
};

/* Looks the names (or numbers) up; unknown ones are logged and admit nobody.
 * ERR_NO_MEMORY. Release with listen_peers_free. */
enum err listen_peers_new(const struct config *c, struct listen_peers *p_r);

/* Frees; safe on an empty one. */
void listen_peers_free(struct listen_peers *p);

/* May the process behind fd talk to us? Always over TCP, where nobody knows. */
bool listen_admits(const struct listen *l, const struct listen_peers *p,
                   int fd);

#endif
