/* SPDX-License-Identifier: MIT */
/* The audit trail on the command line. */
#include <stdio.h>

#include "ctl/commands.h"
#include "domain/audit.h"

#define EVENT_LIMIT 100
#define EVENT_LIMIT_MAX 10000

static enum err event_row(void *data, const struct store_audit_event *event)
{
    struct ctl *c = data;
    const struct store_event *e = &event->event;
    char ip[IP_TEXT_LEN + 1];

    ip_text(&e->ip, ip);
    ctl_row_begin(c);
    ctl_row_time(c, "at", e->at_us);
    ctl_row_str(c, "kind", str_of(e->kind));
    ctl_row_str(c, "subject", e->subject);
    ctl_row_id(c, "sessionId", &e->session_id);
    ctl_row_str(c, "ipAddress", str_of(ip));
    ctl_row_str(c, "detail", e->detail);
    return ctl_row_end(c);
}

/* Each option that is there must be understood. */
static bool event_options(struct ctl_args *args, struct store_audit *what,
                          struct ip *ip)
{
    const char *kind = ctl_take(args, "--kind");
    const char *session = ctl_take(args, "--session");
    const char *address = ctl_take(args, "--ip");
    const char *from = ctl_take(args, "--from");
    const char *to = ctl_take(args, "--to");
    const char *limit = ctl_take(args, "--limit");
    uint64_t n = EVENT_LIMIT;

    if (kind != NULL)
        what->kind = str_of(kind);
    if (address != NULL)
        what->ip = ip;
    if ((session != NULL && !id_parse(str_of(session), &what->session_id)) ||
        (address != NULL && !ip_parse(str_of(address), ip)) ||
        (from != NULL && !clock_rfc3339_parse(str_of(from), &what->from_us)) ||
        (to != NULL && !clock_rfc3339_parse(str_of(to), &what->to_us)) ||
        (limit != NULL && !str_uint(str_of(limit), EVENT_LIMIT_MAX, &n)))
        return false;
    what->limit = (int64_t)n;
    return true;
}

enum ctl_exit ctl_event_list(struct ctl *c, struct ctl_args *args)
{
    const char *user = ctl_take(args, "--user");
    struct store_audit what = {.limit = 0};
    struct ip ip;
    bool more;
    enum err e = ERR_OK;

    if (!event_options(args, &what, &ip) || !ctl_left(args, 0))
        return CTL_USAGE;
    if (user != NULL)
        e = ctl_subject(c, user, &what.subject);
    if (e == ERR_OK)
        e = audit_list(&c->ctx, &what, event_row, c, &more);
    return ctl_result(c, e, "event list");
}
