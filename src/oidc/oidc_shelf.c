/* SPDX-License-Identifier: MIT */
/* A provider's short absence must not keep people out, and a key it withdrew
 * must not live on here: hence two spans, one to ask again, one to give up. */
#include "oidc/oidc_shelf.h"

#define SHELF_ARENA ((size_t)4 << 20)
#define SHELF_S 3600
#define SHELF_LEAST_S 300
#define SHELF_MOST_S 86400
#define SHELF_RETRY_S 60

void oidc_shelf_clear(struct oidc_shelf *shelf)
{
    arena_free(&shelf->arena);
    *shelf = (struct oidc_shelf){0};
}

static int64_t span(int64_t max_age_s)
{
    if (max_age_s < 0)
        return SHELF_S;
    if (max_age_s < SHELF_LEAST_S)
        return SHELF_LEAST_S;
    return max_age_s > SHELF_MOST_S ? SHELF_MOST_S : max_age_s;
}

enum err oidc_shelf_renew(struct oidc_shelf *shelf, oidc_shelf_load *load,
                          struct oidc_job *job)
{
    struct arena *a = arena_new(SHELF_ARENA);
    const void *thing = NULL;
    int64_t max_age_s = -1;
    uint64_t times = shelf->times + 1;
    enum err e = ERR_NO_MEMORY;

    if (a != NULL)
        e = load(job, a, &thing, &max_age_s);
    if (e != ERR_OK) {
        arena_free(&a);
        return e;
    }
    oidc_shelf_clear(shelf);
    *shelf = (struct oidc_shelf){.arena = a,
                                 .thing = thing,
                                 .made_s = job->now_s,
                                 .renew_s = job->now_s + span(max_age_s),
                                 .times = times};
    return ERR_OK;
}

/* A clock that was set back must not keep a thing for ever. */
static bool within(const struct oidc_shelf *shelf, int64_t now_s,
                   int64_t until_s)
{
    return shelf->thing != NULL && now_s >= shelf->made_s && now_s < until_s;
}

enum err oidc_shelf_get(struct oidc_shelf *shelf, oidc_shelf_load *load,
                        struct oidc_job *job, const void **thing_r)
{
    int64_t now_s = job->now_s;

    if (!within(shelf, now_s, shelf->renew_s)) {
        enum err e = oidc_shelf_renew(shelf, load, job);

        if (e != ERR_OK && !within(shelf, now_s, shelf->made_s + SHELF_MOST_S))
            return e;
        if (e != ERR_OK)
            shelf->renew_s = now_s + SHELF_RETRY_S;
    }
    *thing_r = shelf->thing;
    return ERR_OK;
}
