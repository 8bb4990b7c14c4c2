/* SPDX-License-Identifier: MIT */
/* What a person sees and keeps of his sessions: list, label, data, end. */
#include "crypto/normal.h"
#include "domain/session.h"
#include "domain/session_state.h"

/* Newest activity first, so what is left out was idle longest. */
#define SESSION_LIST_MAX 1000

#define SESSION_LABEL_MAX 64 /* characters, as the column */

int64_t session_ends_us(const struct config *config,
                        const struct store_session *s)
{
    int64_t ends = s->expires_us;

    if (s->app)
        return ends;
    if (s->absolute_us != 0 && s->absolute_us < ends)
        ends = s->absolute_us;
    if (config->sessions_inactivity > 0) {
        int64_t idle =
            s->active_us + config->sessions_inactivity * CLOCK_SECOND;

        ends = idle < ends ? idle : ends;
    }
    return ends;
}

struct session_listing {
    const struct config *config;
    enum err (*each)(void *data, const struct store_session *s);
    void *data;
};

static enum err session_listing_row(void *data, const struct store_session *s,
                                    int64_t now_us)
{
    const struct session_listing *l = data;

    if (session_ends_us(l->config, s) <= now_us)
        return ERR_OK;
    return l->each(l->data, s);
}

enum err session_list(struct ctx *c, struct str subject,
                      enum err (*each)(void *data,
                                       const struct store_session *s),
                      void *data)
{
    struct session_listing l = {c->config, each, data};

    return store_session_list(
        c->db, c->arena, c->realm_id, subject, SESSION_LIST_MAX,
        &(struct store_session_sink){session_listing_row, &l});
}

enum err session_label(struct ctx *c, struct str subject, const struct id *id,
                       struct str label)
{
    struct store_session row;
    bool found = false;

    label = str_trim(label);
    if (!str_utf8(label) || str_has_control(label) ||
        normal_length(label) > SESSION_LABEL_MAX)
        return ERR_VALIDATION;
    enum err e = session_state_own(c, subject, id, &row);

    if (e == ERR_OK)
        e = store_session_label(c->db, row.realm_id, row.subject, id, label,
                                &found);
    return e == ERR_OK && !found ? ERR_NOT_FOUND : e;
}

enum err session_data_get(struct ctx *c, const struct id *id,
                          struct str *data_r)
{
    enum err e = store_session_data_get(c->db, c->arena, id, data_r);

    if (e != ERR_NO_ROW)
        return e;
    *data_r = STR("{}");
    return ERR_OK;
}

enum err session_data_put(struct ctx *c, const struct id *id, struct str data)
{
    bool done = false;

    if (data.n > SESSION_DATA_MAX)
        return ERR_BODY_TOO_LARGE;
    enum err e = store_session_data_put(c->db, id, data, &done);

    return e == ERR_OK && !done ? ERR_SESSION_INVALID : e;
}
