/* SPDX-License-Identifier: MIT */
/* Sign-in: everything a new session changes is one transaction; its tokens are
 * signed before, so that no lock waits for a signature. */
#include <string.h>

#include "domain/event.h"
#include "domain/identity.h"
#include "domain/keyring.h"
#include "domain/session.h"
#include "domain/session_state.h"
#include "domain/text.h"
#include "domain/token_mint.h"
#include "domain/watch.h"
#include "store/store_key.h"

#define SESSION_SUBJECT_MAX 128 /* characters, as the column */
#define SESSION_NAME_MAX 64
#define SESSION_USER_AGENT_MAX 512

/* One start, as its transaction needs it. */
struct session_starting {
    struct ctx *c;
    const struct session_start *s;
    struct store_session row;
    struct str replaced; /* subject of the live session that ends; or empty */
};

enum err session_client(struct ctx *c, struct store_session *row)
{
    const struct client *client = &c->client;
    enum err e =
        text_clean(c->arena, client->browser, SESSION_NAME_MAX, &row->browser);

    if (e == ERR_OK)
        e = text_clean(c->arena, client->os, SESSION_NAME_MAX, &row->os);
    if (e == ERR_OK)
        e = text_clean(c->arena, client->user_agent, SESSION_USER_AGENT_MAX,
                       &row->user_agent);
    row->device_type = client->device_type;
    row->ip = client->ip;
    row->place = client->where;
    row->place_us = client->where.country.n > 0 ? row->created_us : 0;
    return e;
}

static enum err session_starting_row(struct session_starting *st,
                                     int64_t now_us)
{
    const struct session_start *s = st->s;
    const struct config *config = st->c->config;
    struct store_session *row = &st->row;

    *row = (struct store_session){
        .realm_id = st->c->realm_id,
        .subject = s->subject,
        .account_id = s->account_id,
        .created_us = now_us,
        .active_us = now_us,
        .auth_time_s = now_us / CLOCK_SECOND,
        .amr = str_of(s->amr),
        .acr = str_of(s->acr),
        .device_id = s->device_id,
        .claims = s->claims.n > 0 ? s->claims : (struct str){NULL, 0},
    };
    if (s->subject.n == 0 || s->subject.n > SESSION_SUBJECT_MAX)
        return ERR_VALIDATION;
    if (config->sessions_absolute_lifetime > 0)
        row->absolute_us =
            now_us + config->sessions_absolute_lifetime * CLOCK_SECOND;
    row->expires_us = session_state_slide(session_state_lifetime(config),
                                          row->absolute_us, now_us);
    enum err e = session_client(st->c, row);

    return e != ERR_OK ? e : id_new(now_us, &row->id);
}

static enum err session_starting_mint(struct session_starting *st,
                                      int64_t now_us, struct tokens *tokens_r)
{
    static const uint8_t no_parent[STORE_HASH_LEN];
    const struct token_mint mint = {.row = &st->row,
                                    .roles = st->s->roles,
                                    .groups = st->s->groups,
                                    .account_version = st->s->account_version,
                                    .parent = no_parent,
                                    .now_us = now_us};
    struct refresh_token refresh;
    enum err e = token_mint(st->c, &mint, tokens_r, &refresh);

    if (e != ERR_OK)
        return e;
    memcpy(st->row.lineage.cur, refresh.lineage.key, STORE_HASH_LEN);
    st->row.lineage.cur_issued_us = now_us;
    return ERR_OK;
}

/* Whose session the browser still holds, if it lives; for the audit. */
static enum err session_starting_held(struct session_starting *st)
{
    struct store_session_state state;

    if (id_is_nil(&st->s->replaces))
        return ERR_OK;
    enum err e = session_state_read(st->c, &st->s->replaces, &state);

    if (e == ERR_SESSION_INVALID)
        return ERR_OK;
    if (e == ERR_OK && session_state_ended(st->c, &state) == ERR_OK)
        st->replaced = state.row.subject;
    return e;
}

static enum err session_starting_end(struct session_starting *st,
                                     struct str subject, const struct id *id,
                                     const char *reason, enum event_kind kind)
{
    struct ctx *c = st->c;
    uint64_t count = 0;
    enum err e =
        store_session_revoke(c->db, c->realm_id, subject, id, reason, &count);

    if (e != ERR_OK || count == 0)
        return e;
    return event_record(c, kind, subject, id, (struct str){NULL, 0});
}

/* The account row is locked, so no other sign-in counts at the same time. */
static enum err session_starting_room(struct session_starting *st)
{
    struct ctx *c = st->c;
    const struct config *config = c->config;
    uint64_t limit = (uint64_t)config->sessions_limit;
    int64_t inactive = 0;
    uint64_t last = UINT64_MAX;
    struct store_session_count count;

    if (config->sessions_inactivity > 0)
        inactive =
            st->row.created_us - config->sessions_inactivity * CLOCK_SECOND;
    for (;;) {
        enum err e = store_session_count(c->db, c->arena, c->realm_id,
                                         st->s->subject, inactive, &count);

        if (e != ERR_OK || count.live < limit)
            return e;
        if (config->sessions_limit_policy == LIMIT_REFUSE)
            return ERR_SESSION_LIMIT;
        /* Fewer with every round, or somebody else is at work here. */
        if (count.live >= last)
            return ERR_RETRY;
        last = count.live;
        e = session_starting_end(st, st->s->subject, &count.oldest, "limit",
                                 EVENT_SESSION_DROPPED);
        if (e != ERR_OK)
            return e;
    }
}

static enum err session_starting_tell(const struct session_starting *st)
{
    enum err e = watch_sign_in(st->c, &st->row, st->s->device_new);

    if (e == ERR_OK && st->s->person != NULL)
        e = identity_session(st->c, st->s->person, &st->row.id);
    return e != ERR_OK ? e
                       : event_record(st->c, EVENT_SIGN_IN, st->s->subject,
                                      &st->row.id, (struct str){NULL, 0});
}

/* Ends what the new session takes the place of. */
static enum err session_starting_clear(struct session_starting *st)
{
    const struct session_start *s = st->s;
    struct ctx *c = st->c;
    const bool limited = c->config->sessions_limit > 0;
    enum err e = ERR_OK;

    if (limited && !id_is_nil(&s->account_id))
        e = store_session_lock_subject(c->db, &s->account_id);
    if (e == ERR_OK && st->replaced.n > 0)
        e = session_starting_end(st, st->replaced, &s->replaces, "replaced",
                                 EVENT_SESSION_REPLACED);
    return e == ERR_OK && limited ? session_starting_room(st) : e;
}

static enum err session_starting_work(void *data)
{
    struct session_starting *st = data;
    const struct session_start *s = st->s;
    struct ctx *c = st->c;
    bool inserted = false;
    enum err e = s->with != NULL ? s->with(s->with_data) : ERR_OK;

    if (e == ERR_OK)
        e = session_starting_clear(st);
    if (e == ERR_OK)
        e = store_session_insert(c->db, &st->row, s->account_version,
                                 &inserted);
    if (e == ERR_OK && !inserted)
        e = ERR_INVALID_CREDENTIALS;
    if (e == ERR_OK)
        e = session_starting_tell(st);
    if (e == ERR_OK && s->hold != NULL)
        e = throttle_release(c, s->hold);
    return e;
}

enum err session_start(struct ctx *c, const struct session_start *s,
                       struct tokens *tokens_r)
{
    struct session_starting st = {.c = c, .s = s};
    struct tokens tokens;
    int64_t generation, now;
    enum err e =
        store_key_generation(c->db, c->arena, c->realm_id, &generation, &now);

    if (e == ERR_OK)
        e = keyring_sync(c, generation);
    if (e == ERR_OK)
        e = session_starting_row(&st, now);
    if (e == ERR_OK)
        e = session_starting_mint(&st, now, &tokens);
    if (e == ERR_OK)
        e = session_starting_held(&st);
    if (e == ERR_OK)
        e = db_transact(c->db, session_starting_work, &st);
    /* The account is gone: the lock found no row. */
    if (e == ERR_NO_ROW)
        e = ERR_INVALID_CREDENTIALS;
    if (e == ERR_OK)
        *tokens_r = tokens;
    return e;
}
