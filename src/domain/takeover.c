/* SPDX-License-Identifier: MIT */
/* Table by table, page by page, a transaction a page. The order is that of what
 * needs what: tenants before all, ids before who bears them. */
#include "domain/takeover.h"

#include "base/json_scan.h"
#include "domain/takeover_work.h"

#define PAGE_ROWS 200
#define USER_MAX 128 /* bytes of whatever a back end calls a user */

static const struct {
    enum store_source what;
    takeover_take *take;
} steps[] = {
    {STORE_SOURCE_TENANTS, takeover_take_tenant},
    {STORE_SOURCE_SECRETS, takeover_take_secret},
    {STORE_SOURCE_KEYS_DYNAMIC, takeover_take_key},
    {STORE_SOURCE_KEYS_STATIC, takeover_take_key},
    {STORE_SOURCE_USERS, takeover_take_user},
    {STORE_SOURCE_MAPS, takeover_take_map},
    {STORE_SOURCE_VERIFIED, takeover_take_verified},
    {STORE_SOURCE_RESETS, takeover_take_reset},
    {STORE_SOURCE_PROOFS, takeover_take_proof},
    {STORE_SOURCE_METADATA, takeover_take_metadata},
    {STORE_SOURCE_ROLES, takeover_take_role},
    {STORE_SOURCE_PERMISSIONS, takeover_take_permission},
    {STORE_SOURCE_USER_ROLES, takeover_take_user_role},
    {STORE_SOURCE_DEVICES, takeover_take_device},
    {STORE_SOURCE_SESSIONS, takeover_take_session},
};

/* One page on its way. */
struct takeover_page {
    struct takeover_work *w;
    size_t step;
    const struct store_source_row *after;
    struct store_source_row last;
};

const struct app *takeover_app(struct takeover_work *w, struct str app,
                               struct str tenant)
{
    if (tenant.n == 0)
        tenant = STR(APP_PUBLIC);
    for (struct takeover_tenant *t = w->tenants; t != NULL; t = t->next) {
        if (!str_eq(t->app.name, app) || !str_eq(t->app.tenant, tenant))
            continue;
        w->c->realm_id = t->app.realm_id;
        return &t->app;
    }
    w->reason = "its application or tenant is not listed";
    return NULL;
}

bool takeover_object(struct takeover_work *w, struct str text)
{
    /* What another service has let in, within reason. */
    static const struct json_limits limits = {64, 4096, 65536};

    if (json_scan(w->c->arena, text, &limits) == ERR_OK)
        return true;
    w->reason = "it is no JSON object";
    return false;
}

bool takeover_user_fits(struct takeover_work *w, struct str user)
{
    if (user.n <= USER_MAX)
        return true;
    w->reason = "the user's id is too long";
    return false;
}

static void page_skip(const struct takeover_page *p,
                      const struct store_source_row *row)
{
    struct takeover_work *w = p->w;
    const struct takeover_skip skip = {store_source_name(steps[p->step].what),
                                       row->app, row->id, w->reason};

    w->count.skipped++;
    w->sink->skipped(w->sink->data, &skip);
}

static enum err page_row(void *data, const struct store_source_row *row)
{
    struct takeover_page *p = data;
    struct takeover_work *w = p->w;

    w->reason = NULL;
    w->done = STORE_PUT_KEPT;
    enum err e = steps[p->step].take(w, row);

    if (e != ERR_OK)
        return e;
    w->count.read++;
    if (w->reason != NULL)
        page_skip(p, row);
    else if (w->done == STORE_PUT_KEPT)
        w->count.kept++;
    else if (w->done == STORE_PUT_ADDED)
        w->count.added++;
    else
        w->count.changed++;
    p->last = *row;
    return ERR_OK;
}

/* Counts anew: it may be the second try after a deadlock. */
static enum err page_work(void *data)
{
    struct takeover_page *p = data;
    struct takeover_work *w = p->w;
    const struct store_source_sink sink = {page_row, p};

    w->count = (struct takeover_count){.table = NULL};
    p->last = *p->after;
    return store_source_page(w->source, w->c->arena, steps[p->step].what,
                             p->after, PAGE_ROWS, &sink);
}

static void add(struct takeover_count *to, const struct takeover_count *page)
{
    to->read += page->read;
    to->added += page->added;
    to->changed += page->changed;
    to->kept += page->kept;
    to->skipped += page->skipped;
}

/* Where the next page begins, for as long as the work lasts. */
static enum err page_keep(struct takeover_work *w,
                          const struct store_source_row *last,
                          struct store_source_row *after)
{
    *after =
        (struct store_source_row){.app = arena_str(w->lasting, last->app),
                                  .tenant = arena_str(w->lasting, last->tenant),
                                  .id = arena_str(w->lasting, last->id),
                                  .name = arena_str(w->lasting, last->name)};
    return after->app.p != NULL && after->tenant.p != NULL &&
                   after->id.p != NULL && after->name.p != NULL
               ? ERR_OK
               : ERR_NO_MEMORY;
}

static enum err step_run(struct takeover_work *w, size_t step)
{
    struct takeover_count total = {
        store_source_name(steps[step].what), 0, 0, 0, 0, 0};
    struct store_source_row after = {.flag = 0};
    struct takeover_page p = {.w = w, .step = step, .after = &after};
    enum err e;

    do {
        arena_reset(w->c->arena);
        e = w->options->dry_run ? page_work(&p)
                                : db_transact(w->c->db, page_work, &p);
        add(&total, &w->count);
        if (e == ERR_OK && w->count.read > 0)
            e = page_keep(w, &p.last, &after);
    } while (e == ERR_OK && w->count.read == PAGE_ROWS &&
             !store_source_whole(steps[step].what));
    return e == ERR_OK ? w->sink->counted(w->sink->data, &total) : e;
}

enum err takeover_run(struct ctx *c, struct db *source,
                      const struct takeover_options *options,
                      const struct takeover_sink *sink)
{
    struct ctx mine = *c;
    struct takeover_work w = {.c = &mine,
                              .source = source,
                              .options = options,
                              .sink = sink,
                              .lasting = arena_new((size_t)256 << 20)};
    enum err e = w.lasting != NULL ? ERR_OK : ERR_NO_MEMORY;

    if (e == ERR_OK && options->dry_run)
        e = db_begin(c->db);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && e == ERR_OK; i++)
        e = step_run(&w, i);
    db_rollback(c->db);
    arena_free(&w.lasting);
    return e;
}
