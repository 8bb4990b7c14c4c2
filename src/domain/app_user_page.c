/* SPDX-License-Identifier: MIT */
/* Users in order of their joining, page by page. Addresses are sealed: who is
 * looked for by a part of one is found by opening those of everybody. */
#include <string.h>

#include "crypto/normal.h"
#include "domain/app_user.h"
#include "store/store_app_user.h"

#define SEARCH_CHUNK 100 /* users looked at in a row */
#define SEARCH_MAX 2000  /* in one call; the next page goes on from there */
#define SEARCH_ARENA ((size_t)1 << 20)

struct paging {
    struct id *ids;
    int64_t *at_us;
    size_t count;
};

static enum err page_id(void *data, const struct id *id, int64_t at_us)
{
    struct paging *p = data;

    p->ids[p->count] = *id;
    p->at_us[p->count++] = at_us;
    return ERR_OK;
}

static struct store_app_page page_row(const struct app *app,
                                      const struct app_user_page *page)
{
    return (struct store_app_page){.app_id = app->app_id,
                                   .realm_id =
                                       page->tenant_only ? app->realm_id : 0,
                                   .passwords = page->passwords,
                                   .providers = page->providers,
                                   .newest_first = page->newest_first,
                                   .from_us = page->from.us,
                                   .from = page->from.id,
                                   .limit = page->limit + 1};
}

/* A page, and what is looked for within it. */
struct listing {
    struct ctx *c;
    const struct app *app;
    const struct app_user_page *page;
    struct str emails, providers; /* folded; separated by ';' */
    enum err (*each)(void *data, const struct app_user *user);
    void *data;
    int64_t found;
    struct app_user_mark next;
};

static bool searched(const struct app_user_page *page)
{
    return page->email.p != NULL || page->provider.p != NULL ||
           page->phone.p != NULL;
}

/* The users of ids in their order, of whom one more than a page has was asked
 * for. */
static enum err list_all(struct listing *l, const struct store_app_page *row)
{
    const size_t room = (size_t)row->limit;
    struct ctx *c = l->c;
    struct paging p = {arena_alloc(c->arena, room * sizeof(struct id)),
                       arena_alloc(c->arena, room * sizeof(int64_t)), 0};
    enum err e = p.ids == NULL || p.at_us == NULL
                     ? ERR_NO_MEMORY
                     : store_app_user_page(c->db, c->arena, row, page_id, &p);

    for (size_t i = 0; e == ERR_OK && i < p.count && i + 1 < room; i++) {
        struct app_user user;

        e = app_user_load(c, l->app, &p.ids[i], &user);
        if (e == ERR_OK)
            e = l->each(l->data, &user);
        l->found += e == ERR_OK;
        /* Gone between the two questions. */
        if (e == ERR_USER_NOT_FOUND)
            e = ERR_OK;
    }
    if (e != ERR_OK)
        return e;
    l->next.us = p.count == room ? p.at_us[room - 1] : -1;
    if (p.count == room)
        l->next.id = p.ids[room - 1];
    return ERR_OK;
}

/* Does text begin with one of those words? */
static bool begins(struct str text, struct str words)
{
    while (words.n > 0) {
        const struct str word = str_trim(str_cut(&words, ';'));

        if (word.n > 0 && str_starts(text, word))
            return true;
    }
    return false;
}

static bool email_fits(struct str email, struct str words)
{
    struct str domain = email;

    str_cut(&domain, '@');
    return begins(email, words) || begins(domain, words);
}

static bool login_fits(const struct listing *l, const struct app_login *login)
{
    const bool provided = login->provider.p != NULL;

    if (!(provided ? l->page->providers : l->page->passwords) ||
        !str_has_word(login->tenants, l->app->tenant))
        return false;
    return (l->emails.p == NULL || email_fits(login->email, l->emails)) &&
           (l->providers.p == NULL ||
            (provided && begins(login->provider, l->providers)));
}

/* Opens a user in memory of its own, and once more when it fits. */
static enum err search_one(struct listing *l, struct ctx *aside,
                           const struct id *id)
{
    struct app_user user;
    bool fits = false;
    enum err e = app_user_load(aside, l->app, id, &user);

    for (size_t i = 0; e == ERR_OK && i < user.login_count; i++)
        fits |= login_fits(l, &user.logins[i]);
    arena_reset(aside->arena);
    if (fits)
        e = app_user_load(l->c, l->app, id, &user);
    if (fits && e == ERR_OK)
        e = l->each(l->data, &user);
    l->found += fits && e == ERR_OK;
    return e == ERR_USER_NOT_FOUND ? ERR_OK : e;
}

/* Goes through some users; l->next is where it stops. */
static enum err search_chunk(struct listing *l, struct ctx *aside,
                             const struct store_app_page *row)
{
    struct id ids[SEARCH_CHUNK + 1];
    int64_t at_us[SEARCH_CHUNK + 1];
    struct paging p = {ids, at_us, 0};
    enum err e = store_app_user_page(l->c->db, aside->arena, row, page_id, &p);
    size_t i = 0;

    for (; e == ERR_OK && i < p.count && i < SEARCH_CHUNK &&
           l->found < l->page->limit;
         i++)
        e = search_one(l, aside, &ids[i]);
    l->next.us = i < p.count ? at_us[i] : -1;
    if (i < p.count)
        l->next.id = ids[i];
    return e;
}

static enum err search(struct listing *l, struct store_app_page row)
{
    struct ctx aside = *l->c;
    enum err e = ERR_OK;

    aside.arena = arena_new(SEARCH_ARENA);
    if (aside.arena == NULL)
        return ERR_NO_MEMORY;
    row.limit = SEARCH_CHUNK + 1;
    for (int walked = 0; e == ERR_OK && walked < SEARCH_MAX;
         walked += SEARCH_CHUNK) {
        e = search_chunk(l, &aside, &row);
        if (l->next.us < 0 || l->found == l->page->limit)
            break;
        row.from_us = l->next.us;
        row.from = l->next.id;
    }
    arena_free(&aside.arena);
    return e;
}

/* Somebody who has exactly that address is found by its hash. */
static enum err search_whole(struct listing *l, struct store_app_page row)
{
    struct ctx *c = l->c;
    struct digest hash, contact;
    enum err e =
        app_user_email_hash(c, l->app->realm_id, l->page->email, &hash);

    if (e == ERR_OK)
        e = app_user_email_hash(c, l->app->app_id, l->page->email, &contact);
    if (e != ERR_OK)
        return e == ERR_EMAIL_INVALID ? ERR_OK : e;
    row.by_email = true;
    memcpy(row.email_hash, hash.b, STORE_HASH_LEN);
    memcpy(row.contact_hash, contact.b, STORE_HASH_LEN);
    return list_all(l, &row);
}

static enum err list_found(struct listing *l, const struct store_app_page *row)
{
    const struct app_user_page *page = l->page;
    enum err e = ERR_OK;

    if (page->phone.p != NULL)
        return ERR_OK;
    if (page->email.p != NULL && page->provider.p == NULL)
        e = search_whole(l, *row);
    if (e != ERR_OK || l->found > 0)
        return e;
    if (page->email.p != NULL)
        e = normal_fold(l->c->arena, page->email, &l->emails);
    if (e == ERR_OK && page->provider.p != NULL)
        e = normal_fold(l->c->arena, page->provider, &l->providers);
    return e == ERR_OK ? search(l, *row) : e;
}

enum err app_user_list(struct ctx *c, const struct app *app,
                       const struct app_user_page *page,
                       enum err (*each)(void *data,
                                        const struct app_user *user),
                       void *data, struct app_user_mark *next_r)
{
    struct listing l = {.c = c,
                        .app = app,
                        .page = page,
                        .each = each,
                        .data = data,
                        .next = {.us = -1}};
    const struct store_app_page row = page_row(app, page);
    enum err e = searched(page) ? list_found(&l, &row) : list_all(&l, &row);

    if (e != ERR_OK)
        return e;
    *next_r = l.next;
    return ERR_OK;
}

enum err app_user_count(struct ctx *c, const struct app *app,
                        const struct app_user_page *page, int64_t *count_r)
{
    const struct store_app_page row = page_row(app, page);

    return store_app_user_count(c->db, &row, count_r);
}
