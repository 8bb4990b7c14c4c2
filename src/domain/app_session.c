/* SPDX-License-Identifier: MIT */
/* The beginning of an application's session and the check of its access
 * tokens. */
#include "domain/app_session.h"

#include <string.h>

#include "base/json_read.h"
#include "crypto/normal.h"
#include "domain/app_keys.h"
#include "domain/app_session_part.h"
#include "domain/app_user.h"
#include "domain/event.h"
#include "domain/session.h"
#include "domain/session_state.h"

#define SESSION_SUBJECT_MAX 128 /* characters, as the column */
#define SESSION_CHECK_TRIES 3

/* One start, as its transaction needs it. */
struct app_session_starting {
    struct ctx *c;
    const struct app_session_start *s;
    struct store_session row;
};

static enum err starting_work(void *data)
{
    struct app_session_starting *st = data;
    struct ctx *c = st->c;
    bool done = false;
    enum err e = store_session_insert(c->db, &st->row, -1, &done);

    if (e == ERR_OK && !done)
        e = ERR_INVALID_CREDENTIALS;
    if (e == ERR_OK && !str_eq(st->s->data, STR("{}")))
        e = store_session_data_put(c->db, &st->row.id, st->s->data, &done);
    return e != ERR_OK ? e
                       : event_record(c, EVENT_SIGN_IN, st->row.subject,
                                      &st->row.id, (struct str){NULL, 0});
}

static enum err starting_row(struct app_session_starting *st,
                             const struct app *app,
                             const struct app_user_ref *ref, int64_t now_us)
{
    struct store_session *row = &st->row;

    *row = (struct store_session){
        .realm_id = app->realm_id,
        .app = true,
        .fixed = st->s->fixed,
        .subject = ref->user_id,
        .created_us = now_us,
        .active_us = now_us,
        .expires_us = now_us + app->settings.refresh_lifetime_us,
        .auth_time_s = now_us / CLOCK_SECOND,
        .amr = STR("[]"),
        .acr = STR("1"),
        .claims = st->s->payload,
        .browser = STR(""),
        .os = STR(""),
        .user_agent = STR(""),
        .lineage = {.cur_issued_us = now_us},
    };
    if (ref->account)
        row->account_id = ref->account_id;
    if (normal_length(row->subject) > SESSION_SUBJECT_MAX)
        return ERR_VALIDATION;
    if (row->claims.n > APP_SESSION_PAYLOAD_MAX ||
        st->s->data.n > SESSION_DATA_MAX)
        return ERR_BODY_TOO_LARGE;
    enum err e = ERR_OK;

    row->device_type = STORE_OTHER;
    if (!st->s->by_back_end)
        e = session_client(st->c, row);
    return e != ERR_OK ? e : id_random(&row->id);
}

static struct str tenant_or_none(const struct app *app)
{
    return str_eq(app->tenant, STR(APP_PUBLIC)) ? (struct str){NULL, 0}
                                                : app->tenant;
}

/* Both tokens of a session that is not stored yet. */
static enum err starting_mint(struct app_session_starting *st,
                              const struct app *app,
                              const struct app_user_ref *ref,
                              struct app_session_view *view)
{
    const struct app_session_start *s = st->s;
    struct ctx *c = st->c;
    struct store_session *row = &st->row;
    struct app_refresh_token refresh = {.user_id = ref->user_id,
                                        .tenant = tenant_or_none(app)};
    int64_t life_ms = 0;
    enum err e =
        app_session_handle(c->arena, &row->id, app->tenant, &refresh.handle);

    if (e == ERR_OK)
        e = app_session_anti_csrf(c->arena, s->anti_csrf, &refresh.anti_csrf);
    if (e == ERR_OK)
        e = app_session_access_ms(&app->settings, s->access_lifetime_ms,
                                  &life_ms);
    if (e == ERR_OK)
        e = app_session_refresh_token(c, app, &refresh, row->created_us, view);
    if (e != ERR_OK)
        return e;
    memcpy(row->lineage.cur, refresh.lineage.key, STORE_HASH_LEN);
    struct app_token t = {.form = s->form,
                          .sub = ref->primary,
                          .rsub = ref->user_id,
                          .handle = refresh.handle,
                          .tenant = app->tenant,
                          .hash1 = refresh.hash1,
                          .anti_csrf = refresh.anti_csrf,
                          .created_ms = row->created_us / 1000,
                          .expiry_ms = row->created_us / 1000 + life_ms,
                          .payload = s->payload,
                          .fixed = s->fixed};

    return app_session_access(c, app, &t, view);
}

enum err app_session_create(struct ctx *c, const struct app *app,
                            const struct app_session_start *s,
                            struct app_session_view *view_r)
{
    struct app_session_starting st = {.c = c, .s = s};
    struct app_session_view view = {.payload_update = false};
    struct app_user_ref ref;
    struct app_key key;
    enum err e = app_token_payload(c->arena, s->form, s->payload);

    if (e == ERR_OK)
        e = app_user_ref(c, app, s->user_id, &ref);
    /* Before the clock is read: an application's first key takes its time to
     * make, which its first token must not lose. */
    if (e == ERR_OK)
        e = app_keys_signer(c, app, s->fixed, &key);
    if (e == ERR_OK)
        e = starting_row(&st, app, &ref, clock_us(&c->clock));
    if (e == ERR_OK)
        e = starting_mint(&st, app, &ref, &view);
    if (e == ERR_OK)
        e = db_transact(c->db, starting_work, &st);
    if (e == ERR_OK)
        *view_r = view;
    return e;
}

/* A check that needs the session's row. */
struct app_session_checking {
    struct ctx *c;
    const struct app *app;
    const struct app_session_verify *v;
    struct app_token t;
    struct lineage_token place; /* of the refresh token beside it */
    struct store_app_session s;
    bool stale; /* the stored payload is another */
};

static bool key_is(const uint8_t *key, const uint8_t *other)
{
    static const uint8_t none[STORE_HASH_LEN];

    return memcmp(other, none, STORE_HASH_LEN) != 0 &&
           memcmp(key, other, STORE_HASH_LEN) == 0;
}

static enum err checking_look(struct app_session_checking *k)
{
    struct ctx *c = k->c;
    bool same = true;
    enum err e = app_session_find(c, k->app, k->t.handle, &k->s);

    if (e == ERR_OK && k->v->database)
        e = json_read_same(c->arena, k->t.payload,
                           app_session_payload(&k->s.state.row), &same);
    k->stale = !same;
    k->place.issued_us = k->s.state.now_us;
    return e;
}

/* Is the refresh token beside it, or the one before, still one that counts?
 * Here nothing is written. */
static enum err checking_stateless(struct app_session_checking *k,
                                   struct app_session_view *view)
{
    const struct store_lineage *l = &k->s.state.row.lineage;

    if (!key_is(k->place.key, l->cur) && !key_is(k->place.key, l->prev) &&
        !key_is(k->place.parent, l->cur) && !key_is(k->place.parent, l->prev))
        return ERR_SESSION_INVALID;
    view->payload_update = k->stale;
    return ERR_OK;
}

/* The same token without a parent, with what is stored. */
static enum err checking_renew(struct app_session_checking *k,
                               struct app_session_view *view)
{
    const struct store_session *row = &k->s.state.row;
    struct app_token t = k->t;

    t.parent = (struct str){NULL, 0};
    t.payload = app_session_payload(row);
    t.fixed = row->fixed;
    t.created_ms = k->s.state.now_us / 1000;
    t.expiry_ms = t.created_ms + k->app->settings.access_lifetime_s * 1000;
    enum err e = app_session_access(k->c, k->app, &t, view);

    /* Put by an older interface, it may name a claim of this token's form. */
    return e == ERR_APP_PAYLOAD ? ERR_SESSION_INVALID : e;
}

/* The first use of a child: its parent is used up. *settled_r false: lost a
 * race. */
static enum err checking_promote(struct app_session_checking *k,
                                 struct app_session_view *view, bool *settled_r)
{
    struct store_session_state *state = &k->s.state;
    bool done = true;
    enum err e = ERR_OK;

    if (key_is(k->place.parent, state->row.lineage.cur))
        e = session_state_promote(k->c, state, &k->place,
                                  k->app->settings.refresh_lifetime_us, &done);
    *settled_r = done;
    if (e != ERR_OK || !done)
        return e;
    return key_is(k->place.key, state->row.lineage.cur) || k->stale
               ? checking_renew(k, view)
               : ERR_OK;
}

static enum err checking_once(struct app_session_checking *k,
                              struct app_session_view *view, bool *settled_r)
{
    enum err e = checking_look(k);

    if (e != ERR_OK)
        return e;
    *settled_r = true;
    if (k->v->stateless)
        return checking_stateless(k, view);
    if (k->t.parent.p == NULL && !k->stale)
        return ERR_OK;
    return checking_promote(k, view, settled_r);
}

static enum err checking_row(struct app_session_checking *k,
                             struct app_session_view *view)
{
    bool settled = false;
    enum err e = app_refresh_token_key(k->t.hash1, k->place.key);

    memset(k->place.parent, 0, STORE_HASH_LEN);
    if (e == ERR_OK && k->t.parent.p != NULL)
        e = app_refresh_token_key(k->t.parent, k->place.parent);
    for (int i = 0; i < SESSION_CHECK_TRIES && e == ERR_OK && !settled; i++)
        e = checking_once(k, view, &settled);
    return e == ERR_OK && !settled ? ERR_UNAVAILABLE : e;
}

enum err app_session_verify(struct ctx *c, const struct app *app,
                            const struct app_session_verify *v,
                            struct app_session_view *view_r)
{
    struct app_session_checking k = {.c = c, .app = app, .v = v};
    struct app_session_view view = {.payload_update = false};
    enum err e = app_token_read(c, app, v->token, &k.t);

    if (e == ERR_OK && clock_us(&c->clock) / 1000 >= k.t.expiry_ms)
        e = ERR_ACCESS_TOKEN_EXPIRED;
    if (e == ERR_OK && v->check_anti_csrf &&
        !app_session_anti_csrf_fits(v->anti_csrf, k.t.anti_csrf))
        e = ERR_ACCESS_TOKEN_INVALID;
    if (e != ERR_OK)
        return e;
    app_session_tell(&k.t, &view);
    if (v->database || (!v->stateless && k.t.parent.p != NULL))
        e = checking_row(&k, &view);
    if (e == ERR_OK)
        *view_r = view;
    return e;
}
