/* SPDX-License-Identifier: MIT */
/* What the files of app_session share. */
#include "domain/app_session_part.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "crypto/secret.h"
#include "domain/session_state.h"

#define PPM 1000000

enum err app_session_handle(struct arena *a, const struct id *id,
                            struct str tenant, struct str *handle_r)
{
    struct buf b = buf_new(a);
    char text[ID_TEXT_LEN + 1];

    id_text(id, text);
    buf_text(&b, text);
    if (!str_eq(tenant, STR(APP_PUBLIC))) {
        buf_char(&b, '_');
        buf_str(&b, tenant);
    }
    return buf_done(&b, handle_r);
}

enum err app_session_find(struct ctx *c, const struct app *app,
                          struct str handle, struct store_app_session *s_r)
{
    struct str rest = handle, own;
    struct store_app_session s;
    struct id id;

    if (!id_parse(str_cut(&rest, '_'), &id))
        return ERR_SESSION_INVALID;
    enum err e = store_app_session(c->db, c->arena, &id, &s);

    if (e == ERR_OK)
        e = app_session_handle(c->arena, &id, s.tenant, &own);
    if (e != ERR_OK)
        return e == ERR_NO_ROW ? ERR_SESSION_INVALID : e;
    if (s.app_id != app->app_id || !str_eq(handle, own))
        return ERR_SESSION_INVALID;
    e = session_state_cut(&s.state);
    if (e == ERR_OK)
        *s_r = s;
    return e;
}

enum err app_session_live(struct ctx *c, const struct app *app,
                          struct str handle, struct store_app_session *s_r)
{
    struct store_app_session s;
    enum err e = app_session_find(c, app, handle, &s);

    if (e == ERR_OK && session_state_over(c, &s.state) != ERR_OK)
        e = ERR_SESSION_INVALID;
    if (e == ERR_OK)
        *s_r = s;
    return e;
}

struct str app_session_payload(const struct store_session *row)
{
    return row->claims.n > 0 ? row->claims : STR("{}");
}

enum err app_session_anti_csrf(struct arena *a, bool wanted, struct str *text_r)
{
    char text[ID_TEXT_LEN + 1];
    struct id id;

    if (!wanted) {
        *text_r = (struct str){NULL, 0};
        return ERR_OK;
    }
    enum err e = id_random(&id);

    if (e != ERR_OK)
        return e;
    id_text(&id, text);
    *text_r = arena_str(a, str_of(text));
    return text_r->p != NULL ? ERR_OK : ERR_NO_MEMORY;
}

bool app_session_anti_csrf_fits(struct str shown, struct str secret)
{
    return secret.p != NULL && shown.n == secret.n &&
           secret_eq(shown.p, secret.p, secret.n);
}

enum err app_session_access_ms(const struct app_settings *settings,
                               int64_t asked_ms, int64_t *ms_r)
{
    int64_t ms = asked_ms > 0 ? asked_ms : settings->access_lifetime_s * 1000;
    uint32_t chance = 0;

    if (settings->jitter_ppm > 0) {
        enum err e = random_bytes(&chance, sizeof(chance));

        if (e != ERR_OK)
            return e;
        /* Lives are at most 1e11 ms, so this stays within 64 bits. */
        ms -= (int64_t)((double)ms * (double)settings->jitter_ppm / PPM *
                        ((double)chance / (double)UINT32_MAX));
    }
    *ms_r = ms;
    return ERR_OK;
}

void app_session_tell(const struct app_token *t, struct app_session_view *view)
{
    view->handle = t->handle;
    view->user_id = t->sub;
    view->recipe_user_id = t->rsub;
    view->tenant = t->tenant;
    view->payload = t->payload;
    view->anti_csrf = t->anti_csrf;
    view->access_expiry_ms = t->expiry_ms;
    view->token_payload = t->claims;
    view->fixed = t->fixed;
}

enum err app_session_access(struct ctx *c, const struct app *app,
                            struct app_token *t, struct app_session_view *view)
{
    struct str text;
    enum err e = app_token_make(c, app, t, &text);

    if (e != ERR_OK)
        return e;
    app_session_tell(t, view);
    view->access = (struct app_token_out){text, t->expiry_ms, t->created_ms};
    return ERR_OK;
}

enum err app_session_refresh_token(struct ctx *c, const struct app *app,
                                   struct app_refresh_token *t, int64_t now_us,
                                   struct app_session_view *view)
{
    struct str text;
    enum err e = app_refresh_token_make(c, app, t, &text);

    if (e != ERR_OK)
        return e;
    t->lineage.issued_us = now_us;
    view->refresh = (struct app_token_out){
        text, (now_us + app->settings.refresh_lifetime_us) / 1000,
        now_us / 1000};
    return ERR_OK;
}
