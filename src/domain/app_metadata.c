/* SPDX-License-Identifier: MIT */
/* Objects are laid over each other as text: no value is read, so each comes
 * back as it was sent. */
#include "domain/app_metadata.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "store/store_app_metadata.h"

#define USER_ID_MAX 128 /* bytes; the column holds as many characters */

enum err app_metadata_get(struct ctx *c, const struct app *app,
                          struct str user_id, struct str *json_r)
{
    enum err e =
        store_app_metadata_get(c->db, c->arena, app->app_id, user_id, json_r);

    if (e != ERR_NO_ROW)
        return e;
    *json_r = STR("{}");
    return ERR_OK;
}

static void put_member(struct buf *b, struct str key, struct str value)
{
    if (b->n > 1)
        buf_char(b, ',');
    buf_char(b, '"');
    buf_str(b, key);
    buf_text(b, "\":");
    buf_str(b, value);
}

/* Keeps the order: what is replaced stays in its place, what is new comes
 * behind. Both texts come from one writer, so that equal keys have equal
 * bytes. */
static enum err merge(struct arena *a, struct str kept, struct str update,
                      struct str *json_r)
{
    struct json_walk old = json_walk(kept), new = json_walk(update);
    struct buf b = buf_new(a);
    struct json_part part;

    buf_char(&b, '{');
    while (json_walk_next(&old, &part)) {
        struct str over = json_read_member(update, part.key);

        if (over.p == NULL)
            over = part.value;
        if (!json_read_null(over))
            put_member(&b, part.key, over);
    }
    while (json_walk_next(&new, &part))
        if (!json_read_null(part.value) &&
            json_read_member(kept, part.key).p == NULL)
            put_member(&b, part.key, part.value);
    buf_char(&b, '}');
    return buf_done(&b, json_r);
}

struct metadata_work {
    struct ctx *c;
    const struct app *app;
    struct str user_id, update, json;
};

static enum err update_work(void *data)
{
    struct metadata_work *w = data;
    struct ctx *c = w->c;
    struct str kept;
    enum err e = store_app_metadata_take(c->db, c->arena, w->app->app_id,
                                         w->user_id, &kept);

    if (e == ERR_OK)
        e = merge(c->arena, kept, w->update, &w->json);
    if (e == ERR_OK && w->json.n > APP_METADATA_MAX)
        e = ERR_VALIDATION;
    return e != ERR_OK ? e
                       : store_app_metadata_put(c->db, w->app->app_id,
                                                w->user_id, w->json);
}

enum err app_metadata_update(struct ctx *c, const struct app *app,
                             struct str user_id, struct str update,
                             struct str *json_r)
{
    struct metadata_work w = {
        .c = c, .app = app, .user_id = user_id, .update = update};
    enum err e = user_id.n > USER_ID_MAX ? ERR_VALIDATION
                                         : db_transact(c->db, update_work, &w);

    if (e == ERR_OK)
        *json_r = w.json;
    return e;
}

enum err app_metadata_remove(struct ctx *c, const struct app *app,
                             struct str user_id)
{
    return store_app_metadata_remove(c->db, app->app_id, user_id);
}
