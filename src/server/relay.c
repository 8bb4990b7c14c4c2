/* SPDX-License-Identifier: MIT */
/* A pair of sockets and SCM_RIGHTS: the kernel keeps the order, bounds the
 * length by the send buffer and survives the death of any worker. */
#include "server/relay.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/face.h"
#include "api/routes.h"

#define RELAY_MESSAGE 1024 /* bytes a message takes in the kernel, about */

/* Room for one descriptor, aligned as the kernel wants it. */
union relay_rights {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

enum err relay_open(struct relay *r_r)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                   ends) != 0)
        return ERR_UNAVAILABLE;
    *r_r = (struct relay){.in = ends[0], .out = ends[1]};
    return ERR_OK;
}

/* The kernel counts what a message takes, and doubles what it is told. */
void relay_bound(const struct relay *r, size_t n)
{
    int bytes = (int)(n * RELAY_MESSAGE / 2);

    (void)setsockopt(r->in, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

void relay_close(struct relay *r)
{
    if (r->in >= 0)
        (void)close(r->in);
    if (r->out >= 0)
        (void)close(r->out);
    *r = (struct relay){.in = -1, .out = -1};
}

bool relay_send(const struct relay *r, int fd)
{
    union relay_rights rights;
    char byte = 0;
    struct iovec v = {.iov_base = &byte, .iov_len = 1};
    struct msghdr m = {.msg_iov = &v,
                       .msg_iovlen = 1,
                       .msg_control = rights.room,
                       .msg_controllen = sizeof(rights.room)};

    memset(&rights, 0, sizeof(rights));
    rights.header.cmsg_level = SOL_SOCKET;
    rights.header.cmsg_type = SCM_RIGHTS;
    rights.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&rights.header), &fd, sizeof(fd));
    return sendmsg(r->in, &m, MSG_NOSIGNAL) == 1;
}

int relay_receive(const struct relay *r)
{
    union relay_rights rights;
    char byte;
    struct iovec v = {.iov_base = &byte, .iov_len = 1};
    struct msghdr m = {.msg_iov = &v,
                       .msg_iovlen = 1,
                       .msg_control = rights.room,
                       .msg_controllen = sizeof(rights.room)};
    int fd;

    memset(&rights, 0, sizeof(rights));
    if (recvmsg(r->out, &m, MSG_CMSG_CLOEXEC) != 1 ||
        CMSG_FIRSTHDR(&m) == NULL || rights.header.cmsg_type != SCM_RIGHTS)
        return -1;
    memcpy(&fd, CMSG_DATA(&rights.header), sizeof(fd));
    return fd;
}

enum relay_lane relay_lane(const struct config *c, struct str uri)
{
    const unsigned lanes = ROUTE_HASHES | ROUTE_OUTBOUND;
    const struct str path = str_cut(&uri, '?');
    unsigned marks = routes_marks(0, path, lanes);

    if (marks == 0) {
        const struct face face = face_of(c, NULL, path);

        if (face.mark != 0)
            marks = routes_marks(face.mark, face.path, lanes);
    }
    if ((marks & ROUTE_HASHES) != 0)
        return RELAY_HASHES;
    return c->oauth2_enabled && (marks & ROUTE_OUTBOUND) != 0 ? RELAY_OUTBOUND
                                                              : RELAY_NONE;
}

size_t relay_takers(const struct config *c)
{
    size_t half = (size_t)c->server_workers / 2;
    size_t hashes = (size_t)c->passwords_parallel_hashes;
    size_t takers = half < hashes ? half : hashes;

    return takers > 0 ? takers : 1;
}

size_t relay_outbound(const struct config *c)
{
    return c->oauth2_enabled ? (size_t)c->oauth2_parallel : 0;
}
