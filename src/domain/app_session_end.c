/* SPDX-License-Identifier: MIT */
/* Whose sessions there are, and their end. Back ends see the sessions of every
 * face here, as a person does in the service's own list. */
#include "domain/app_session.h"

#include "domain/app_session_part.h"
#include "domain/app_user.h"
#include "domain/event.h"
#include "domain/session_state.h"
#include "store/store_factor.h"

#define SESSION_REASON "application"

/* A session that is found, and its handle. */
struct ending {
    struct store_app_session s;
    struct str handle;
    bool ended;
    struct ending *next;
};

/* Sessions of one person, in the order they were begun. */
struct endings {
    struct ctx *c;
    const struct app *app;
    int64_t realm_id; /* 0: of all tenants */
    struct ending *first, **last;
    uint64_t count;
};

static enum err endings_add(void *data, const struct store_app_session *s)
{
    struct endings *l = data;

    if (session_state_over(l->c, &s->state) != ERR_OK)
        return ERR_OK;
    struct ending *one = arena_alloc(l->c->arena, sizeof(*one));

    if (one == NULL)
        return ERR_NO_MEMORY;
    one->s = *s;
    *l->last = one;
    l->last = &one->next;
    return app_session_handle(l->c->arena, &s->state.row.id, s->tenant,
                              &one->handle);
}

static enum err endings_of(void *data, struct str user_id)
{
    struct endings *l = data;

    return store_app_session_list(
        l->c->db, l->c->arena, l->app->app_id, l->realm_id, user_id,
        &(struct store_app_session_sink){endings_add, l});
}

static enum err endings_find(struct endings *l,
                             const struct app_session_whose *whose)
{
    struct app_user_ref ref;

    l->first = NULL;
    l->last = &l->first;
    l->realm_id = whose->all_tenants ? 0 : l->app->realm_id;
    if (whose->linked)
        return app_user_linked(l->c, l->app, whose->user_id, endings_of, l);
    enum err e = app_user_ref(l->c, l->app, whose->user_id, &ref);

    return e == ERR_OK ? endings_of(l, ref.user_id) : e;
}

enum err app_session_list(struct ctx *c, const struct app *app,
                          const struct app_session_whose *whose,
                          enum err (*each)(void *data, struct str handle),
                          void *data)
{
    struct endings l = {.c = c, .app = app};
    enum err e = endings_find(&l, whose);

    for (const struct ending *one = l.first; one != NULL && e == ERR_OK;
         one = one->next)
        e = each(data, one->handle);
    return e;
}

/* Ends a session that nobody has ended meanwhile. For a transaction. */
static enum err end_one(struct ctx *c, struct ending *one)
{
    const struct store_session *row = &one->s.state.row;
    uint64_t count = 0;
    enum err e =
        store_session_revoke(c->db, row->realm_id, (struct str){NULL, 0},
                             &row->id, SESSION_REASON, &count);

    one->ended = count > 0;
    return e == ERR_OK && one->ended
               ? store_factor_distrust_session(c->db, &row->id)
               : e;
}

static enum err end_tell(struct ctx *c, enum event_kind kind,
                         struct str subject, const struct id *id,
                         uint64_t count)
{
    struct log_field fields[3] = {LOG_TEXT("reason", STR(SESSION_REASON)),
                                  LOG_END, LOG_END};
    struct str detail;

    if (kind == EVENT_SESSIONS_REVOKED)
        fields[1] = LOG_INT("count", (int64_t)count);
    enum err e = event_detail(c, fields, &detail);

    return e == ERR_OK ? event_record(c, kind, subject, id, detail) : e;
}

struct end_work {
    struct ctx *c;
    struct endings *list;
    struct str subject;
};

static enum err end_single(void *data)
{
    struct end_work *w = data;
    struct ending *one = w->list->first;
    enum err e = end_one(w->c, one);

    return e == ERR_OK && one->ended
               ? end_tell(w->c, EVENT_SESSION_REVOKED, w->subject,
                          &one->s.state.row.id, 1)
               : e;
}

static enum err end_many(void *data)
{
    struct end_work *w = data;
    uint64_t count = 0;
    enum err e = ERR_OK;

    for (struct ending *one = w->list->first; one != NULL && e == ERR_OK;
         one = one->next) {
        e = end_one(w->c, one);
        count += one->ended ? 1 : 0;
    }
    return e == ERR_OK && count > 0
               ? end_tell(w->c, EVENT_SESSIONS_REVOKED, w->subject, NULL, count)
               : e;
}

enum err app_session_revoke(struct ctx *c, const struct app *app,
                            struct str handle, bool *done_r)
{
    struct ending one = {.handle = handle};
    struct endings list = {.c = c, .app = app, .first = &one};
    struct end_work work = {.c = c, .list = &list};
    enum err e = app_session_live(c, app, handle, &one.s);

    work.subject = one.s.state.row.subject;
    if (e == ERR_OK)
        e = db_transact(c->db, end_single, &work);
    if (e != ERR_OK && e != ERR_SESSION_INVALID)
        return e;
    *done_r = one.ended;
    return ERR_OK;
}

enum err app_session_revoke_user(
    struct ctx *c, const struct app *app, const struct app_session_whose *whose,
    enum err (*each)(void *data, struct str handle), void *data)
{
    struct endings list = {.c = c, .app = app};
    struct end_work work = {.c = c, .list = &list, .subject = whose->user_id};
    enum err e = endings_find(&list, whose);

    if (e == ERR_OK && list.first != NULL)
        e = db_transact(c->db, end_many, &work);
    for (const struct ending *one = list.first; one != NULL && e == ERR_OK;
         one = one->next)
        if (one->ended)
            e = each(data, one->handle);
    return e;
}
