/* SPDX-License-Identifier: MIT */
/* A Unix socket in front of the server that loses what it is told to lose. */
#ifndef GATEHOUSE_TESTS_STORE_PROXY_H
#define GATEHOUSE_TESTS_STORE_PROXY_H

#include <pthread.h>
#include <stdatomic.h>

enum proxy_mode {
    PROXY_PASS,
    PROXY_DROP_COMMAND, /* closes instead of passing the next command on */
    PROXY_DROP_ANSWER,  /* closes when the next answer has come */
    PROXY_HANG          /* passes nothing on and keeps the connection */
};

struct proxy {
    char path[128]; /* listens here */
    const char *server;
    int listener;
    pthread_t thread;
    atomic_int mode; /* PASS again once a connection was closed for it */
    atomic_int connections;
    atomic_int stop;
};

/* Listens beside the server's socket; one connection at a time. */
void proxy_start(struct proxy *p, const char *dir, const char *server);

/* From now on. */
void proxy_set(struct proxy *p, enum proxy_mode mode);

/* Stops listening and joins the thread. */
void proxy_stop(struct proxy *p);

#endif
