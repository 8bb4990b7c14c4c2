/* SPDX-License-Identifier: MIT */
/* A queue of connections between workers: requests that hash a password wait
 * in it, not in the workers, so that a sign-in storm leaves some to serve. */
#ifndef GATEHOUSE_SERVER_RELAY_H
#define GATEHOUSE_SERVER_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "config/config.h"

struct relay {
    int in, out; /* non-blocking ends, shared by all workers; -1: none */
};

/* Opens an empty queue. ERR_UNAVAILABLE. Release with relay_close. */
enum err relay_open(struct relay *r_r);

/* Closes both ends. */
void relay_close(struct relay *r);

/* Puts a connection in; false when the queue is full. fd stays open. */
bool relay_send(const struct relay *r, int fd);

/* Takes the oldest connection out, to be closed by the caller; -1: none. */
int relay_receive(const struct relay *r);

/* Is a request to this REQUEST_URI one that hashes a password? */
bool relay_wants(struct str uri);

/* How many workers take from the queue: as many as hash at once, but at most
 * half of all, and at least one. */
size_t relay_takers(const struct config *c);

#endif
