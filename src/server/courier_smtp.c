/* SPDX-License-Identifier: MIT */
/* What an SMTP server's answers mean for the message. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "server/courier_transport.h"

/* Refusals of us, not of the message: an operator can mend them. */
static bool smtp_is_ours(long code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

static enum outbox_end smtp_end(const struct courier_net_end *end, char *reason)
{
    if (end->result == COURIER_NET_STOPPED)
        return OUTBOX_STOPPED;
    if (end->result == COURIER_NET_ANSWERED && end->done)
        return OUTBOX_SENT;
    if (end->result == COURIER_NET_BROKEN) {
        (void)snprintf(reason, OUTBOX_REASON_MAX, "mail server: %s", end->why);
        return OUTBOX_AWAY;
    }
    (void)snprintf(reason, OUTBOX_REASON_MAX, "mail server answered %ld",
                   end->code);
    if (smtp_is_ours(end->code) || end->code == 421)
        return OUTBOX_AWAY;
    return end->code >= 500 && end->code < 600 ? OUTBOX_REFUSED : OUTBOX_FAILED;
}

/* smtp://host:port/name, the name being what EHLO says. */
static const char *smtp_url(const struct courier_road *r)
{
    const struct config *c = r->config;
    struct buf b = buf_new(r->arena);
    struct str rest = str_of(c->mail_from), url;
    bool six =
        c->mail_smtp_host[0] != '[' && strchr(c->mail_smtp_host, ':') != NULL;

    (void)str_cut(&rest, '@');
    buf_text(&b,
             c->mail_smtp_tls == SMTP_TLS_IMPLICIT ? "smtps://" : "smtp://");
    buf_text(&b, six ? "[" : "");
    buf_text(&b, c->mail_smtp_host);
    buf_text(&b, six ? "]:" : ":");
    buf_int(&b, c->mail_smtp_port);
    buf_char(&b, '/');
    buf_str(&b, rest);
    return buf_done(&b, &url) == ERR_OK ? url.p : NULL;
}

static const char *smtp_path(struct arena *a, struct str address)
{
    struct buf b = buf_new(a);
    struct str path;

    buf_char(&b, '<');
    buf_str(&b, address);
    buf_char(&b, '>');
    return buf_done(&b, &path) == ERR_OK ? path.p : NULL;
}

enum outbox_end courier_smtp(const struct courier_road *r, struct str to,
                             struct str message, char *reason)
{
    static const enum courier_net_tls tls[] = {
        [SMTP_TLS_REQUIRED] = COURIER_NET_TLS_NEEDED,
        [SMTP_TLS_OPPORTUNISTIC] = COURIER_NET_TLS_TRY,
        [SMTP_TLS_IMPLICIT] = COURIER_NET_TLS_NEEDED,
        [SMTP_TLS_NONE] = COURIER_NET_TLS_NONE};
    const struct config *c = r->config;
    const struct courier_net_mail m = {
        .url = smtp_url(r),
        .ca = c->mail_smtp_ca,
        .user = c->mail_smtp_user,
        .password = c->mail_smtp_password_file.value,
        .tls = tls[c->mail_smtp_tls],
        .from = smtp_path(r->arena, str_of(c->mail_from)),
        .to = smtp_path(r->arena, to),
        .message = message,
        .timeout_s = c->mail_timeout};

    if (m.url == NULL || m.from == NULL || m.to == NULL) {
        (void)snprintf(reason, OUTBOX_REASON_MAX, "no memory");
        return OUTBOX_FAILED;
    }
    struct courier_net_end end = courier_net_mail(r->net, &m);

    return smtp_end(&end, reason);
}
