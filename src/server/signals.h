/* SPDX-License-Identifier: MIT */
/* Signals without races: blocked for good, taken from a descriptor or waited
 * for, so that no handler runs and no system call is interrupted. */
#ifndef GATEHOUSE_SERVER_SIGNALS_H
#define GATEHOUSE_SERVER_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

/* What was asked of a process. */
struct signals {
    bool stop;   /* TERM, INT, QUIT */
    bool reload; /* HUP */
    bool reopen; /* USR1 */
};

/* Blocks the signals above and CHLD, ignores PIPE. Children inherit it. */
void signals_block(void);

/* A non-blocking descriptor that is readable when one of them is pending;
 * -1 with errno set. */
int signals_open(void);

/* Adds what is pending at fd to *s. */
void signals_take(int fd, struct signals *s);

/* Waits for one of them, or a child's end, at most timeout_us, and adds it to
 * *s. */
void signals_wait(int64_t timeout_us, struct signals *s);

#endif
