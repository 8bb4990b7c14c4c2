/* SPDX-License-Identifier: MIT */
/* Cutting off: each way is one transaction of the write and its event, durable
 * before the caller is answered. */
#include "domain/event.h"
#include "domain/session.h"
#include "domain/session_state.h"
#include "store/store_app_session.h"
#include "store/store_event.h"
#include "store/store_factor.h"

/* A worker's clock may run behind the database's: the row outlives the token
 * by this much. */
#define SESSION_TOKEN_MARGIN_S 300

/* One cut, as its transaction needs it. */
struct session_cut {
    struct ctx *c;
    struct str subject;
    struct store_session row; /* the one that ends, where it is but one */
    const struct id *id;      /* session that ends, or that is kept */
    const char *reason;
    const struct ip *ip;
    uint64_t count;
    int64_t at_us;
    const struct jwt_claims *claims;
};

/* Stores an event with the reason and, when many, their number. */
static enum err session_cut_tell(const struct session_cut *cut,
                                 enum event_kind kind, const struct id *id)
{
    struct log_field fields[5];
    char address[IP_TEXT_LEN + 1];
    struct str detail;
    unsigned n = 0;

    if (cut->reason != NULL)
        fields[n++] = LOG_TEXT("reason", str_of(cut->reason));
    if (kind == EVENT_SESSIONS_REVOKED)
        fields[n++] = LOG_INT("count", (int64_t)cut->count);
    if (cut->ip != NULL) {
        ip_text(cut->ip, address);
        fields[n++] = LOG_TEXT("address", str_of(address));
    }
    if (cut->c->actor.n > 0)
        fields[n++] = LOG_TEXT("by", cut->c->actor);
    fields[n] = LOG_END;
    enum err e = event_detail(cut->c, fields, &detail);

    if (e != ERR_OK)
        return e;
    return event_record(cut->c, kind, cut->subject, id, detail);
}

static enum err session_cut_one(void *data)
{
    struct session_cut *cut = data;
    struct ctx *c = cut->c;
    bool own = str_eq(str_of(cut->reason), STR("logout"));
    uint64_t count = 0;
    enum err e =
        store_session_revoke(c->db, cut->row.realm_id, cut->row.subject,
                             cut->id, cut->reason, &count);

    if (e == ERR_OK && count == 0)
        e = ERR_NOT_FOUND;
    /* Who signs out comes back; a device that is cut off was given up. */
    if (e == ERR_OK && !own)
        e = store_factor_distrust_session(c->db, cut->id);
    if (e != ERR_OK)
        return e;
    return session_cut_tell(cut, own ? EVENT_SIGN_OUT : EVENT_SESSION_REVOKED,
                            cut->id);
}

/* Looked at first: an expired session is as unknown as one that never was. */
enum err session_revoke(struct ctx *c, struct str subject, const struct id *id,
                        const char *reason)
{
    struct session_cut cut = {
        .c = c, .subject = subject, .id = id, .reason = reason};
    enum err e = session_state_own(c, subject, id, &cut.row);

    return e != ERR_OK ? e : db_transact(c->db, session_cut_one, &cut);
}

static enum err session_cut_all(void *data)
{
    struct session_cut *cut = data;
    struct ctx *c = cut->c;

    cut->count = 0;
    enum err e = store_session_revoke_all(c->db, c->realm_id, cut->subject,
                                          cut->id, cut->reason, &cut->count);
    struct id account;
    uint64_t count = 0;

    /* The subject of somebody without an account is no id. */
    if (e == ERR_OK && id_parse(cut->subject, &account)) {
        e = store_factor_distrust_all(c->db, &account, cut->id);
        if (e == ERR_OK)
            e = store_app_session_revoke_account(c->db, c->realm_id, &account,
                                                 cut->id, cut->reason, &count);
        cut->count += count;
    }
    if (e != ERR_OK || cut->count == 0)
        return e;
    return session_cut_tell(cut, EVENT_SESSIONS_REVOKED, NULL);
}

enum err session_revoke_all(struct ctx *c, struct str subject,
                            const struct id *keep, const char *reason,
                            uint64_t *count_r)
{
    static const struct id none;
    struct session_cut cut = {.c = c,
                              .subject = subject,
                              .id = keep != NULL ? keep : &none,
                              .reason = reason};
    enum err e = db_transact(c->db, session_cut_all, &cut);

    if (e == ERR_OK)
        *count_r = cut.count;
    return e;
}

static enum err session_cut_ip(void *data)
{
    struct session_cut *cut = data;
    struct ctx *c = cut->c;

    cut->count = 0;
    enum err e = store_session_revoke_ip(c->db, c->realm_id, cut->ip,
                                         cut->reason, &cut->count);

    if (e != ERR_OK || cut->count == 0)
        return e;
    return session_cut_tell(cut, EVENT_SESSIONS_REVOKED, NULL);
}

enum err session_revoke_ip(struct ctx *c, const struct ip *ip,
                           uint64_t *count_r)
{
    struct session_cut cut = {.c = c, .ip = ip, .reason = "address"};
    enum err e = db_transact(c->db, session_cut_ip, &cut);

    if (e == ERR_OK)
        *count_r = cut.count;
    return e;
}

/* A time to come would end sessions that nobody has begun yet, so the epoch is
 * never later than the database's present. */
static enum err session_cut_before(void *data)
{
    struct session_cut *cut = data;
    struct ctx *c = cut->c;
    char text[CLOCK_RFC3339_LEN + 1];
    struct str detail;
    int64_t now;
    enum err e = store_now(c->db, c->arena, &now);

    if (e != ERR_OK)
        return e;
    int64_t at = cut->at_us < now ? cut->at_us : now;

    clock_rfc3339(at, text);
    const struct log_field fields[] = {LOG_TEXT("before", str_of(text)),
                                       LOG_END};

    e = store_session_valid_from(c->db, c->realm_id, at);
    if (e == ERR_OK)
        e = event_detail(c, fields, &detail);
    if (e != ERR_OK)
        return e;
    return event_record(c, EVENT_SESSIONS_REVOKED, (struct str){NULL, 0}, NULL,
                        detail);
}

enum err session_revoke_before(struct ctx *c, int64_t before_us)
{
    struct session_cut cut = {.c = c, .at_us = before_us};

    return db_transact(c->db, session_cut_before, &cut);
}

static enum err session_cut_token(void *data)
{
    struct session_cut *cut = data;
    int64_t until = (cut->claims->exp + SESSION_TOKEN_MARGIN_S) * CLOCK_SECOND;
    enum err e = store_token_revoke(cut->c->db, &cut->claims->jti, until);

    if (e != ERR_OK)
        return e;
    return session_cut_tell(cut, EVENT_TOKEN_REVOKED, &cut->claims->sid);
}

enum err session_revoke_token(struct ctx *c, const struct jwt_claims *claims)
{
    struct session_cut cut = {.c = c, .subject = claims->sub, .claims = claims};

    return db_transact(c->db, session_cut_token, &cut);
}
