/* SPDX-License-Identifier: MIT */
/* Tells the service manager how we are (sd_notify(3), its protocol). */
#ifndef GATEHOUSE_SERVER_NOTIFY_H
#define GATEHOUSE_SERVER_NOTIFY_H

/* Sends state ("READY=1", "STOPPING=1", …) to NOTIFY_SOCKET; without one, or
 * when nobody listens there, nothing happens. */
void notify_send(const char *state);

#endif
