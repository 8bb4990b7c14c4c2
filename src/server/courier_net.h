/* SPDX-License-Identifier: MIT */
/* One transfer at a time over libcurl: mail by SMTP, a request by HTTP. A
 * signal to stop is seen at once, whatever the peer does. */
#ifndef GATEHOUSE_SERVER_COURIER_NET_H
#define GATEHOUSE_SERVER_COURIER_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "server/signals.h"

/* Time a transfer under way still has when TERM is seen, which libcurl may put
 * off by a second. */
#define COURIER_NET_GRACE (CLOCK_SECOND / 2)

struct courier_net; /* connections, for as long as messages follow closely */

/* Waits for signals, too, and notes them in *seen; both are borrowed.
 * ERR_NO_MEMORY. Release with courier_net_free. */
enum err courier_net_new(int signal_fd, struct signals *seen,
                         struct courier_net **n_r);

/* Closes, frees and NULLs *n; safe on NULL. */
void courier_net_free(struct courier_net **n);

enum courier_net_result {
    COURIER_NET_ANSWERED, /* code says what */
    COURIER_NET_BROKEN,   /* no connection, no TLS, no answer in time */
    COURIER_NET_STOPPED   /* by a signal */
};

struct courier_net_end {
    enum courier_net_result result;
    long code;       /* the peer's last, 0: none */
    bool done;       /* all of it was taken */
    const char *why; /* static text without address or secret */
};

enum courier_net_tls {
    COURIER_NET_TLS_NONE,
    COURIER_NET_TLS_TRY,
    COURIER_NET_TLS_NEEDED /* STARTTLS, or TLS of an smtps address */
};

/* A message for an SMTP server. */
struct courier_net_mail {
    const char *url, *ca, *user, *password; /* "": none */
    enum courier_net_tls tls;
    const char *from, *to; /* in angle brackets */
    struct str message;    /* CRLF line ends */
    int64_t timeout_s;
};

/* A body for an HTTP server; redirections are not followed and the answer's
 * body is not kept. */
struct courier_net_post {
    const char *url;
    const char *const *fields; /* header fields, NULL at the end */
    struct str body;
    int64_t timeout_s;
};

/* Sends mail. */
struct courier_net_end courier_net_mail(struct courier_net *n,
                                        const struct courier_net_mail *m);

/* Sends a POST. */
struct courier_net_end courier_net_post(struct courier_net *n,
                                        const struct courier_net_post *p);

#endif
