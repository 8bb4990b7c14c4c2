/* SPDX-License-Identifier: MIT */
/* The refresh of an application's session. A child is promoted when it comes
 * back, which proves that it arrived, or, where the interface is new enough,
 * takes its parent's place at once. */
#include "domain/app_session.h"

#include <string.h>

#include "domain/app_session_part.h"
#include "domain/app_user.h"
#include "domain/session_settle.h"

/* One refresh, as its settling needs it. */
struct app_session_refreshing {
    struct ctx *c;
    const struct app *app;
    const struct app_session_refresh *r;
    struct app_refresh_token token, child;
    struct store_app_session s;
    struct app_session_theft theft;
};

static enum err refreshing_look(void *data)
{
    struct app_session_refreshing *f = data;
    enum err e = app_session_live(f->c, f->app, f->token.handle, &f->s);

    /* As long ago as it came. */
    f->token.lineage.issued_us = f->s.state.now_us;
    if (e == ERR_OK && !f->s.state.row.app)
        e = ERR_SESSION_INVALID;
    return e;
}

static enum err refreshing_end(void *data)
{
    const struct app_session_refreshing *f = data;

    return session_settle_end(f->c, &f->s.state.row);
}

static const char *refreshing_subtype(enum lineage_reuse reuse)
{
    switch (reuse) {
    case LINEAGE_REUSE_RECENT:
        return "RECENT_PREV";
    case LINEAGE_REUSE_ORPHAN:
        return "ORPHANED_BRANCH";
    case LINEAGE_REUSE_STALE:
        break;
    }
    return "STALE_LINEAGE";
}

/* Whose it was is told, and whether it is over: where back ends end a stolen
 * session themselves, it is left to them. */
static enum err refreshing_theft(void *data)
{
    struct app_session_refreshing *f = data;
    const struct store_session *row = &f->s.state.row;
    enum lineage_reuse reuse = lineage_reuse(&row->lineage, &f->token.lineage);
    struct app_user_ref ref;
    enum err e = app_user_ref(f->c, f->app, row->subject, &ref);

    if (e == ERR_OK && f->r->ends_on_theft)
        e = db_transact(f->c->db, refreshing_end, f);
    if (e != ERR_OK)
        return e;
    f->theft = (struct app_session_theft){
        .handle = f->token.handle,
        .user_id = ref.primary,
        .recipe_user_id = row->subject,
        .subtype = f->r->rotate ? refreshing_subtype(reuse) : NULL};
    return f->r->rotate && f->app->settings.reuse_unauthorised &&
                   reuse != LINEAGE_REUSE_STALE
               ? ERR_SESSION_INVALID
               : ERR_TOKEN_THEFT;
}

static const struct session_settle_face refreshing_face = {
    refreshing_look, NULL, refreshing_theft};

/* What the presented token says, and whether it may be asked with. */
static enum err refreshing_open(struct app_session_refreshing *f)
{
    const struct app_session_refresh *r = f->r;
    enum err e = app_refresh_token_open(f->c, f->app, r->token, &f->token);

    if (e == ERR_REFRESH_TOKEN_INVALID)
        return ERR_SESSION_INVALID;
    if (e != ERR_OK)
        return e;
    if (r->check_anti_csrf && f->token.anti_csrf.p != NULL &&
        !app_session_anti_csrf_fits(r->anti_csrf, f->token.anti_csrf))
        return ERR_SESSION_INVALID;
    return ERR_OK;
}

/* The child is made first: a lineage that rotates is written with it. */
static enum err refreshing_child(struct app_session_refreshing *f,
                                 struct app_session_view *view)
{
    struct app_refresh_token *child = &f->child;
    struct ctx *c = f->c;

    *child = (struct app_refresh_token){.handle = f->token.handle,
                                        .user_id = f->token.user_id,
                                        .tenant = f->token.tenant,
                                        .parent = f->token.hash1};
    enum err e = app_session_anti_csrf(c->arena, f->r->check_anti_csrf,
                                       &child->anti_csrf);

    return e != ERR_OK ? e
                       : app_session_refresh_token(c, f->app, child,
                                                   clock_us(&c->clock), view);
}

static enum err refreshing_settle(struct app_session_refreshing *f)
{
    const struct app_settings *settings = &f->app->settings;
    const struct session_settle settle = {
        .rules = {f->r->rotate ? settings->grace_s * CLOCK_SECOND : 0,
                  f->r->rotate},
        .lifetime_us = settings->refresh_lifetime_us,
        .token = &f->token.lineage,
        .child = &f->child.lineage,
        .state = &f->s.state,
        .face = &refreshing_face,
        .data = f};
    struct store_session *row = &f->s.state.row;
    enum lineage_verdict verdict;
    enum err e = session_settle(f->c, &settle, &verdict);

    if (e != ERR_OK || !f->r->fixed_given || f->r->fixed == row->fixed)
        return e;
    row->fixed = f->r->fixed;
    return store_app_session_key(f->c->db, &row->id, row->fixed);
}

static enum err refreshing_access(struct app_session_refreshing *f,
                                  struct app_session_view *view)
{
    const struct app_session_refresh *r = f->r;
    const struct store_session_state *state = &f->s.state;
    struct app_user_ref ref;
    int64_t life_ms = 0;
    enum err e = app_user_ref(f->c, f->app, state->row.subject, &ref);

    if (e == ERR_OK)
        e = app_session_access_ms(&f->app->settings, r->access_lifetime_ms,
                                  &life_ms);
    if (e != ERR_OK)
        return e;
    struct app_token t = {.form = r->form,
                          .sub = ref.primary,
                          .rsub = state->row.subject,
                          .handle = f->token.handle,
                          .tenant = f->s.tenant,
                          .hash1 = f->child.hash1,
                          .parent = r->rotate ? (struct str){NULL, 0}
                                              : f->token.hash1,
                          .anti_csrf = f->child.anti_csrf,
                          .created_ms = state->now_us / 1000,
                          .expiry_ms = state->now_us / 1000 + life_ms,
                          .payload = app_session_payload(&state->row),
                          .fixed = state->row.fixed};

    e = app_session_access(f->c, f->app, &t, view);
    /* A payload of an older form names what has become ours since. */
    return e == ERR_APP_PAYLOAD ? ERR_SESSION_INVALID : e;
}

enum err app_session_refresh(struct ctx *c, const struct app *app,
                             const struct app_session_refresh *r,
                             struct app_session_view *view_r,
                             struct app_session_theft *theft_r)
{
    struct app_session_refreshing f = {.c = c, .app = app, .r = r};
    struct app_session_view view = {.payload_update = false};
    enum err e = refreshing_open(&f);

    if (e == ERR_OK)
        e = refreshing_child(&f, &view);
    if (e == ERR_OK)
        e = refreshing_settle(&f);
    *theft_r = f.theft;
    if (e == ERR_OK)
        e = refreshing_access(&f, &view);
    if (e == ERR_OK)
        *view_r = view;
    return e;
}
