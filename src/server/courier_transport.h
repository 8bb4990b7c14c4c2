/* SPDX-License-Identifier: MIT */
/* The ways a message leaves the house. Each fills reason (OUTBOX_REASON_MAX
 * bytes) when it was not taken, without address or secret. */
#ifndef GATEHOUSE_SERVER_COURIER_TRANSPORT_H
#define GATEHOUSE_SERVER_COURIER_TRANSPORT_H

#include "base/arena.h"
#include "config/config.h"
#include "domain/outbox.h"
#include "server/courier_net.h"
#include "server/courier_render.h"

/* What a transport works with. Borrowed. */
struct courier_road {
    const struct config *config;
    struct courier_net *net;
    struct arena *arena;
    int signal_fd;
    struct signals *seen;
};

/* To the configured SMTP server. message has CRLF line ends. */
enum outbox_end courier_smtp(const struct courier_road *r, struct str to,
                             struct str message, char *reason);

/* To the sendmail program's standard input. */
enum outbox_end courier_pipe(const struct courier_road *r, struct str message,
                             char *reason);

/* To the operator's gateway, as signed JSON. */
enum outbox_end courier_gateway(const struct courier_road *r,
                                const struct outbox_message *m, struct str text,
                                int64_t now_s, char *reason);

#endif
