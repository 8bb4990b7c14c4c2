/* SPDX-License-Identifier: MIT */
/* The master: begins, watches and replaces workers, and never sees a request.
 */
#ifndef GATEHOUSE_SERVER_MASTER_H
#define GATEHOUSE_SERVER_MASTER_H

#include "server/listen.h"
#include "server/service.h"

/* Runs [server] workers and the background job on listen until TERM. HUP reads
 * the configuration again and replaces the children, half of them at a time;
 * USR1 reopens the log. Signals must be blocked (signals_block). The exit code
 * of the process; children exit in it. */
int master_run(struct service *s, const struct listen *listen);

#endif
