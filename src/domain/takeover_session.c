/* SPDX-License-Identifier: MIT */
/* Live sessions: the hash of the hash of a refresh token is all either side
 * keeps, so the token that fits it there fits it here. */
#include "base/enc.h"
#include "domain/app_user.h"
#include "domain/takeover_work.h"

/* The id in a handle; what follows it names the tenant again. */
static bool session_id(struct str handle, struct str tenant, struct id *id_r)
{
    const struct str head = {handle.p, ID_TEXT_LEN};
    struct str tail = {handle.p + ID_TEXT_LEN, handle.n - ID_TEXT_LEN};

    if (handle.n < ID_TEXT_LEN || !id_parse(head, id_r))
        return false;
    if (tail.n == 0)
        return str_eq(tenant, STR(APP_PUBLIC));
    return tail.p[0] == '_' &&
           str_eq((struct str){tail.p + 1, tail.n - 1}, tenant);
}

static bool session_sound(struct takeover_work *w,
                          const struct store_source_row *row,
                          struct store_put_session *s)
{
    if (!session_id(row->id, row->tenant, &s->id))
        w->reason = "its handle is none";
    else if (!enc_unhex(row->link, s->refresh_cur, STORE_HASH_LEN))
        w->reason = "the hash of its token is none";
    return w->reason == NULL && takeover_user_fits(w, row->name) &&
           takeover_object(w, row->text) && takeover_object(w, row->more);
}

enum err takeover_take_session(struct takeover_work *w,
                               const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, row->tenant);
    struct store_put_session s = {.user = row->name,
                                  .payload = row->text,
                                  .data = row->more,
                                  .created_us = row->at_ms * 1000,
                                  .expires_us = row->until_ms * 1000,
                                  .fixed = row->flag != 0,
                                  .replace = w->options->replace};
    struct app_user_ref ref;

    if (app == NULL || !session_sound(w, row, &s))
        return ERR_OK;
    s.realm_id = app->realm_id;
    enum err e = app_user_ref(w->c, app, row->name, &ref);

    if (e == ERR_OK && ref.account)
        s.account = ref.account_id;
    return e == ERR_OK ? store_put_session(w->c->db, &s, &w->done) : e;
}
