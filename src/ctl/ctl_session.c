/* SPDX-License-Identifier: MIT */
/* Commands about sessions. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/commands.h"
#include "domain/session.h"

static enum err session_row(void *data, const struct store_session *s)
{
    struct ctl *c = data;
    char ip[IP_TEXT_LEN + 1];

    ip_text(&s->ip, ip);
    ctl_row_begin(c);
    ctl_row_id(c, "id", &s->id);
    ctl_row_str(c, "browser", s->browser);
    ctl_row_str(c, "os", s->os);
    ctl_row_str(c, "ipAddress", str_of(ip));
    ctl_row_time(c, "createdAt", s->created_us);
    ctl_row_time(c, "lastActiveAt", s->active_us);
    ctl_row_time(c, "expiresAt", session_ends_us(c->config, s));
    return ctl_row_end(c);
}

enum ctl_exit ctl_session_list(struct ctl *c, struct ctl_args *args)
{
    const char *user = ctl_take(args, "--user");
    struct str subject;
    enum err e;

    if (user == NULL || !ctl_left(args, 0))
        return CTL_USAGE;
    if ((e = ctl_subject(c, user, &subject)) == ERR_OK)
        e = session_list(&c->ctx, subject, session_row, c);
    return ctl_result(c, e, "session list");
}

/* 2026-11-22T21:49:00Z as microseconds; -1 when it is something else. */
static int64_t time_of(const char *text)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    time_t at;

    if (end == NULL || *end != '\0' || (at = timegm(&tm)) == (time_t)-1)
        return -1;
    return (int64_t)at * CLOCK_SECOND;
}

static enum err revoke_user(struct ctl *c, const char *user, const char *id,
                            uint64_t *count_r)
{
    const struct id none = {{0}};
    struct str subject;
    struct id session;
    enum err e = ctl_subject(c, user, &subject);

    if (e != ERR_OK)
        return e;
    if (id == NULL)
        return session_revoke_all(&c->ctx, subject, &none, "operator", count_r);
    if (!id_parse(str_of(id), &session))
        return ERR_NOT_FOUND;
    *count_r = 1;
    return session_revoke(&c->ctx, subject, &session, "operator");
}

static enum err revoke_ip(struct ctl *c, const char *text, uint64_t *count_r)
{
    struct ip ip;

    /* The unknown address is that of every session a back end has begun. */
    if (!ip_parse(str_of(text), &ip) || ip_is_unknown(&ip))
        return ERR_NOT_FOUND;
    return session_revoke_ip(&c->ctx, &ip, count_r);
}

/* Without a time all of them: the rule caps it at the database's clock, so that
 * a slow clock here spares no session. */
static enum err revoke_before(struct ctl *c, const char *text)
{
    int64_t before_us = text != NULL ? time_of(text) : INT64_MAX;

    return before_us < 0 ? ERR_BAD_REQUEST
                         : session_revoke_before(&c->ctx, before_us);
}

enum ctl_exit ctl_session_revoke(struct ctl *c, struct ctl_args *args)
{
    const char *user = ctl_take(args, "--user");
    const char *id = ctl_take(args, "--id");
    const char *ip = ctl_take(args, "--ip");
    const char *before = ctl_take(args, "--before");
    bool all = ctl_take_flag(args, "--all");
    int ways = (user != NULL) + (ip != NULL) + (before != NULL) + all;
    uint64_t count = 0;
    enum err e;

    if (ways != 1 || (id != NULL && user == NULL) || !ctl_left(args, 0)) {
        fputs("gatehousectl: say whose sessions, in one way\n", stderr);
        return CTL_USAGE;
    }
    if (before != NULL || all)
        return ctl_result(c, revoke_before(c, before), "session revoke");
    e = user != NULL ? revoke_user(c, user, id, &count)
                     : revoke_ip(c, ip, &count);
    if (e == ERR_OK) {
        ctl_row_begin(c);
        ctl_row_int(c, "revoked", (int64_t)count);
        e = ctl_row_end(c);
    }
    return ctl_result(c, e, "session revoke");
}
