/* SPDX-License-Identifier: MIT */
/* Each session is ended by itself and told of, as if its owner had done it. */
#include "domain/identity_end.h"

#include <string.h>

#include "domain/event.h"
#include "domain/identity_key.h"

#define END_REASON "provider"

/* A session that ends, kept because the store is busy while it lists. */
struct ending_session {
    struct id id;
    struct str subject;
    struct ending_session *next;
};

/* Sessions that end, as their transaction needs it. */
struct ending {
    struct ctx *c;
    struct store_identity_sessions which;
    struct id keep; /* nil: none */
    struct ending_session *first;
    struct str provider;
    uint64_t count;
};

static enum err ending_keep(void *data, const struct id *id, struct str subject)
{
    struct ending *x = data;
    struct ending_session *s = arena_alloc(x->c->arena, sizeof(*s));

    if (s == NULL)
        return ERR_NO_MEMORY;
    *s = (struct ending_session){*id, subject, x->first};
    x->first = s;
    return ERR_OK;
}

static enum err ending_one(struct ending *x, const struct ending_session *s)
{
    struct ctx *c = x->c;
    const struct log_field fields[] = {LOG_TEXT("reason", STR(END_REASON)),
                                       LOG_END};
    struct str detail;
    uint64_t count = 0;
    enum err e = store_session_revoke(c->db, c->realm_id, s->subject, &s->id,
                                      END_REASON, &count);

    x->count += count;
    if (e != ERR_OK || count == 0)
        return e;
    e = event_detail(c, fields, &detail);
    return e != ERR_OK ? e
                       : event_record(c, EVENT_SESSION_REVOKED, s->subject,
                                      &s->id, detail);
}

static enum err ending_rows(struct ending *x)
{
    struct ctx *c = x->c;
    enum err e;

    x->first = NULL;
    x->count = 0;
    e = store_identity_live(c->db, c->arena, &x->which, ending_keep, x);
    for (struct ending_session *s = x->first; s != NULL && e == ERR_OK;
         s = s->next) {
        if (!id_eq(&s->id, &x->keep))
            e = ending_one(x, s);
    }
    return e;
}

enum err identity_end_row(struct ctx *c, const struct store_identity *row,
                          const struct id *keep)
{
    struct ending x = {
        .c = c, .which = {.before_us = INT64_MAX}, .keep = *keep};

    memcpy(x.which.hash, row->hash, STORE_HASH_LEN);
    return ending_rows(&x);
}

static enum err ending_work(void *data)
{
    struct ending *x = data;
    struct ctx *c = x->c;
    struct str detail;
    enum err e = ending_rows(x);

    if (e != ERR_OK)
        return e;
    const struct log_field fields[] = {LOG_TEXT("provider", x->provider),
                                       LOG_INT("count", (int64_t)x->count),
                                       LOG_END};

    e = event_detail(c, fields, &detail);
    return e != ERR_OK ? e
                       : event_record(c, EVENT_PROVIDER_LOGOUT,
                                      (struct str){NULL, 0}, NULL, detail);
}

/* Times are compared with as much patience as clocks are given elsewhere: a
 * session too many ends rather than one too few. */
enum err identity_logout(struct ctx *c, const struct identity_logout *out,
                         uint64_t *count_r)
{
    struct ending x = {.c = c, .provider = str_of(out->provider->name)};
    struct digest key;
    enum err e = ERR_OK;

    x.which.before_us =
        (out->issued_s + 1 + c->config->tokens_leeway) * CLOCK_SECOND;
    if (out->subject.n > 0) {
        e = identity_key(c, out->issuer, out->subject, &key);
        if (e == ERR_OK)
            memcpy(x.which.hash, key.b, STORE_HASH_LEN);
    }
    if (e == ERR_OK && out->sid.n > 0) {
        e = identity_sid(c, out->issuer, out->sid, &key);
        if (e == ERR_OK)
            memcpy(x.which.sid, key.b, STORE_HASH_LEN);
    }
    if (e == ERR_OK)
        e = db_transact(c->db, ending_work, &x);
    if (e == ERR_OK)
        *count_r = x.count;
    return e;
}
