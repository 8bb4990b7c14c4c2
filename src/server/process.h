/* SPDX-License-Identifier: MIT */
/* What a process is made safe with before it serves. */
#ifndef GATEHOUSE_SERVER_PROCESS_H
#define GATEHOUSE_SERVER_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* Closes inherited descriptors from first_foreign on and fills gaps below 3;
 * no core dumps, no debugger, files for owner and group only, no HTTP_PROXY
 * (a client's header could have named it). */
void process_harden(int first_foreign);

/* Asks the kernel to send TERM when the parent dies; false when `parent` is
 * gone already. */
bool process_follow(pid_t parent);

/* Writes the process id to path ("": nothing); -1 with errno set. */
int process_pid_write(const char *path);

#endif
