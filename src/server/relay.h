/* SPDX-License-Identifier: MIT */
/* Queues of connections between workers: requests that hash a password or ask
 * another server wait in them, not in the workers, so that a sign-in storm or
 * a slow provider leaves some to serve. */
#ifndef GATEHOUSE_SERVER_RELAY_H
#define GATEHOUSE_SERVER_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "config/config.h"

/* Which queue a request waits in. */
enum relay_lane {
    RELAY_HASHES,   /* marked ROUTE_HASHES */
    RELAY_OUTBOUND, /* marked ROUTE_OUTBOUND */
    RELAY_LANES,
    RELAY_NONE = RELAY_LANES
};

struct relay {
    int in, out; /* non-blocking ends, shared by all workers; -1: none */
};

/* Opens an empty queue. ERR_UNAVAILABLE. Release with relay_close. */
enum err relay_open(struct relay *r_r);

/* Lets about n connections wait at most; without it hundreds do. */
void relay_bound(const struct relay *r, size_t n);

/* Closes both ends. */
void relay_close(struct relay *r);

/* Puts a connection in; false when the queue is full. fd stays open. */
bool relay_send(const struct relay *r, int fd);

/* Takes the oldest connection out, to be closed by the caller; -1: none. */
int relay_receive(const struct relay *r);

/* The queue of requests to this REQUEST_URI, whatever their method. */
enum relay_lane relay_lane(const struct config *c, struct str uri);

/* How many workers take from RELAY_HASHES: as many as hash at once, but at most
 * half of all, and at least one. */
size_t relay_takers(const struct config *c);

/* How many processes there are for RELAY_OUTBOUND; 0: sign-in by providers is
 * off, and the queue is not used. */
size_t relay_outbound(const struct config *c);

#endif
