/* SPDX-License-Identifier: MIT */
/* What back ends read of a session and change in it, by its handle or by an
 * access token of it. */
#include "domain/app_session.h"

#include "domain/app_session_part.h"
#include "domain/app_user.h"
#include "domain/session.h"

enum err app_session_get(struct ctx *c, const struct app *app,
                         struct str handle, struct app_session_info *info_r)
{
    struct store_app_session s;
    struct app_user_ref ref;
    struct str data;
    const struct store_session *row = &s.state.row;
    enum err e = app_session_live(c, app, handle, &s);

    if (e == ERR_OK)
        e = session_data_get(c, &row->id, &data);
    if (e == ERR_OK)
        e = app_user_ref(c, app, row->subject, &ref);
    if (e != ERR_OK)
        return e;
    *info_r = (struct app_session_info){.handle = handle,
                                        .user_id = ref.primary,
                                        .recipe_user_id = row->subject,
                                        .tenant = s.tenant,
                                        .payload = app_session_payload(row),
                                        .data = data,
                                        .created_ms = row->created_us / 1000,
                                        .expiry_ms = row->expires_us / 1000};
    return ERR_OK;
}

static enum err change_payload(struct ctx *c, const struct id *id,
                               struct str payload)
{
    return payload.n > APP_SESSION_PAYLOAD_MAX
               ? ERR_BODY_TOO_LARGE
               : store_app_session_payload(c->db, id, payload);
}

enum err app_session_payload_put(struct ctx *c, const struct app *app,
                                 struct str handle, enum app_token_form form,
                                 struct str payload)
{
    struct store_app_session s;
    enum err e = app_token_payload(c->arena, form, payload);

    if (e == ERR_OK)
        e = app_session_live(c, app, handle, &s);
    return e == ERR_OK ? change_payload(c, &s.state.row.id, payload) : e;
}

enum err app_session_data_put(struct ctx *c, const struct app *app,
                              struct str handle, struct str data)
{
    struct store_app_session s;
    enum err e = app_session_live(c, app, handle, &s);

    return e == ERR_OK ? session_data_put(c, &s.state.row.id, data) : e;
}

/* A token whose key is gone is taken at its word when it has ended: nothing is
 * signed for it, and back ends may change the session by its handle anyway. */
static enum err change_token(struct ctx *c, const struct app *app,
                             struct str token, struct app_token *t_r)
{
    enum err e = app_token_read(c, app, token, t_r);

    if (e != ERR_ACCESS_TOKEN_INVALID)
        return e;
    e = app_token_parse(c, token, t_r);
    if (e == ERR_OK && clock_us(&c->clock) / 1000 < t_r->expiry_ms)
        e = ERR_ACCESS_TOKEN_INVALID;
    return e == ERR_ACCESS_TOKEN_INVALID ? ERR_SESSION_INVALID : e;
}

enum err app_session_regenerate(struct ctx *c, const struct app *app,
                                struct str token, struct str payload,
                                struct app_session_view *view_r)
{
    struct app_session_view view = {.payload_update = false};
    struct store_app_session s;
    struct app_token t;
    enum err e = change_token(c, app, token, &t);

    if (e == ERR_OK && payload.p != NULL)
        e = app_token_payload(c->arena, t.form, payload);
    if (e == ERR_OK)
        e = app_session_live(c, app, t.handle, &s);
    if (e == ERR_OK && payload.p != NULL)
        e = change_payload(c, &s.state.row.id, payload);
    if (e != ERR_OK)
        return e;
    t.payload = payload.p != NULL ? payload : app_session_payload(&s.state.row);
    t.fixed = s.state.row.fixed;
    t.created_ms = s.state.now_us / 1000;
    if (t.created_ms < t.expiry_ms)
        e = app_session_access(c, app, &t, &view);
    else
        app_session_tell(&t, &view);
    if (e == ERR_OK)
        *view_r = view;
    return e;
}
