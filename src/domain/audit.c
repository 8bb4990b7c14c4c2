/* SPDX-License-Identifier: MIT */
/* Reading only: what has happened is never changed here. */
#include "domain/audit.h"

#include <string.h>

#include "domain/session.h"

#define AUDIT_SESSIONS_MAX 200

/* One more than is wanted tells whether there are more. */
struct audit_listing {
    audit_each *each;
    void *data;
    int64_t left;
    bool more;
};

static enum err audit_listing_row(void *data,
                                  const struct store_audit_event *event)
{
    struct audit_listing *l = data;

    if (l->left == 0) {
        l->more = true;
        return ERR_OK;
    }
    l->left--;
    return l->each(l->data, event);
}

enum err audit_list(struct ctx *c, struct store_audit *what, audit_each *each,
                    void *data, bool *more_r)
{
    struct audit_listing l = {each, data, what->limit, false};
    struct store_audit wider = *what;

    wider.realm_id = c->realm_id;
    wider.limit++;
    enum err e =
        store_audit_list(c->db, c->arena, &wider,
                         &(struct store_audit_sink){audit_listing_row, &l});

    if (e == ERR_OK)
        *more_r = l.more;
    return e;
}

enum err audit_activity(struct ctx *c, struct str subject,
                        struct store_audit *what, audit_each *each, void *data,
                        bool *more_r)
{
    what->subject = subject;
    what->sign_in = true;
    return audit_list(c, what, each, data, more_r);
}

bool audit_by_other(const struct store_event *event)
{
    return str_has_nocase(event->detail, STR("\"by\":")) ||
           str_has_nocase(event->detail, STR("\"reason\":\"operator\"")) ||
           str_has_nocase(event->detail, STR("\"reason\":\"backend\""));
}

static bool audit_ends(struct str text, struct str tail)
{
    return text.n >= tail.n &&
           str_eq((struct str){text.p + text.n - tail.n, tail.n}, tail);
}

const char *audit_result(const struct store_event *event)
{
    struct str kind = str_of(event->kind);

    if (audit_ends(kind, STR("failed")))
        return "failure";
    if (audit_ends(kind, STR("throttled")))
        return "throttled";
    if (str_eq(kind, STR("auth.two_factor_wanted")) ||
        str_eq(kind, STR("auth.code_sent")))
        return "pending";
    if (str_eq(kind, STR("token.reuse")))
        return "reuse";
    return str_starts(kind, STR("auth.")) ? "success" : "ended";
}

enum err audit_sessions(struct ctx *c, struct str subject,
                        enum err (*each)(void *data,
                                         const struct store_past *past),
                        void *data)
{
    return store_session_history(c->db, c->arena, c->realm_id, subject,
                                 AUDIT_SESSIONS_MAX,
                                 &(struct store_past_sink){each, data});
}

const char *audit_status(const struct config *config,
                         const struct store_past *past)
{
    if (past->row.revoked_us != 0 || past->row.created_us < past->valid_from_us)
        return "revoked";
    return session_ends_us(config, &past->row) <= past->now_us ? "expired"
                                                               : "active";
}
