/* SPDX-License-Identifier: MIT */
/* Groups: rules for keys and texts; who is in a group is a right, and treated
 * like one. */
#include "domain/group.h"

#include <string.h>

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/event.h"
#include "domain/rights.h"
#include "store/store_group.h"

#define GROUP_KEY_MAX 64
#define GROUP_NAME_MAX 200
#define GROUP_DESCRIPTION_MAX 1000
#define GROUP_LOCALE_MAX 35
/* All keys of one member, bytes: with them a token still fits a cookie. */
#define GROUP_KEYS_MAX 768

static bool group_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool group_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool group_key_fits(struct str key)
{
    for (size_t i = 0; i < key.n; i++)
        if (!group_letter(key.p[i]) && !group_digit(key.p[i]) &&
            strchr("._-", key.p[i]) == NULL)
            return false;
    return key.n >= 1 && key.n <= GROUP_KEY_MAX;
}

/* The form of a language tag (RFC 5646): subtags of 1 to 8 letters and digits,
 * the first of 2 or more letters. */
static bool group_locale_fits(struct str locale)
{
    struct str rest = locale;
    struct str first = locale;
    bool fits = locale.n <= GROUP_LOCALE_MAX;

    first = str_cut(&first, '-');
    for (size_t i = 0; i < first.n; i++)
        fits = fits && group_letter(first.p[i]);
    while (rest.p != NULL) {
        struct str part = str_cut(&rest, '-');

        fits = fits && part.n >= 1 && part.n <= 8;
        for (size_t i = 0; i < part.n; i++)
            fits = fits && (group_letter(part.p[i]) || group_digit(part.p[i]));
    }
    return fits && first.n >= 2;
}

static bool group_plain(struct str text, size_t least, size_t most)
{
    size_t n = normal_length(text);

    return str_utf8(text) && !str_has_control(text) && n >= least && n <= most;
}

/* "de-at" and "de-AT" are one language: the second would hide the first. */
static bool group_twice(const struct group_change *change, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_eq_nocase(change->texts[i].locale, change->texts[at].locale))
            return true;
    return false;
}

static enum err group_check(const struct group_change *change)
{
    for (size_t i = 0; i < change->count; i++) {
        const struct group_text *t = &change->texts[i];

        if (!group_locale_fits(t->locale) || group_twice(change, i) ||
            !group_plain(t->name, 1, GROUP_NAME_MAX) ||
            !group_plain(t->description, 0, GROUP_DESCRIPTION_MAX))
            return ERR_GROUP_TRANSLATION;
    }
    return ERR_OK;
}

/* Collects the rows of groups, which come text by text. */
struct group_reading {
    struct group group;
    bool open;
    enum err (*each)(void *data, const struct group *group);
    void *data;
};

static enum err group_reading_end(struct group_reading *r)
{
    bool open = r->open;

    r->open = false;
    return open ? r->each(r->data, &r->group) : ERR_OK;
}

static enum err group_reading_text(void *data,
                                   const struct store_group_text *row)
{
    struct group_reading *r = data;
    struct group *g = &r->group;
    enum err e = ERR_OK;

    if (r->open && !str_eq(g->key, row->name))
        e = group_reading_end(r);
    if (!r->open) {
        g->key = row->name;
        g->created_us = row->created_us;
        g->count = 0;
        r->open = true;
    }
    if (row->locale.p != NULL && g->count < GROUP_TEXTS_MAX)
        g->texts[g->count++] =
            (struct group_text){row->locale, row->title, row->description};
    return e;
}

static enum err group_keep(void *data, const struct group *group)
{
    struct group *kept = data;

    *kept = *group;
    return ERR_OK;
}

enum err group_read(struct ctx *c, struct str key, struct group *group_r)
{
    struct group group = {.count = 0};
    struct group_reading r = {.each = group_keep, .data = &group};
    enum err e =
        store_group_read(c->db, c->arena, c->realm_id, key,
                         &(struct store_group_sink){group_reading_text, &r});

    if (e == ERR_OK && !r.open)
        e = ERR_GROUP_NOT_FOUND;
    if (e == ERR_OK)
        e = group_reading_end(&r);
    if (e == ERR_OK)
        *group_r = group;
    return e;
}

enum err group_list(struct ctx *c, int64_t limit, int64_t offset,
                    enum err (*each)(void *data, const struct group *group),
                    void *data, int64_t *total_r)
{
    struct group_reading r = {.each = each, .data = data};
    int64_t total;
    enum err e = store_group_count(c->db, c->realm_id, &total);

    if (e == ERR_OK)
        e = store_group_list(
            c->db, c->arena, c->realm_id, limit, offset,
            &(struct store_group_sink){group_reading_text, &r});
    if (e == ERR_OK)
        e = group_reading_end(&r);
    if (e == ERR_OK)
        *total_r = total;
    return e;
}

/* One piece of work on a group, as its transaction needs it. */
struct group_work {
    struct ctx *c;
    struct str key;
    const struct group_change *change;
    const struct id *id;
    const char *by;
};

static enum err group_tell(const struct group_work *w, enum event_kind kind,
                           struct str subject)
{
    struct str detail;
    enum err e = rights_detail(w->c, "group", w->key, w->by, &detail);

    return e != ERR_OK ? e : event_record(w->c, kind, subject, NULL, detail);
}

/* Deletions first; what is left must be readable by everybody. */
static enum err group_write_texts(const struct group_work *w)
{
    struct ctx *c = w->c;
    struct group left;
    enum err e = ERR_OK;

    for (size_t i = 0; i < w->change->drop_count && e == ERR_OK; i++)
        e = store_group_text_drop(c->db, c->realm_id, w->key,
                                  w->change->drop[i]);
    for (size_t i = 0; i < w->change->count && e == ERR_OK; i++) {
        const struct group_text *t = &w->change->texts[i];
        const struct store_group_text row = {
            w->key, 0, t->locale, t->name,
            t->description.p == NULL ? STR("") : t->description};

        e = store_group_text_put(c->db, c->realm_id, &row);
    }
    if (e == ERR_OK)
        e = group_read(c, w->key, &left);
    if (e != ERR_OK)
        return e;
    for (size_t i = 0; i < left.count; i++)
        if (str_eq_nocase(left.texts[i].locale,
                          str_of(c->config->mail_default_locale)))
            return ERR_OK;
    return ERR_GROUP_TRANSLATION;
}

static enum err group_create_work(void *data)
{
    const struct group_work *w = data;
    struct ctx *c = w->c;
    enum err e = store_group_insert(c->db, c->realm_id, w->key);

    if (e == ERR_DUPLICATE_ROW)
        return ERR_GROUP_EXISTS;
    if (e == ERR_OK)
        e = group_write_texts(w);
    return e != ERR_OK
               ? e
               : group_tell(w, EVENT_GROUP_CREATED, (struct str){NULL, 0});
}

enum err group_create(struct ctx *c, struct str key,
                      const struct group_change *change, const char *by)
{
    struct group_work w = {.c = c, .key = key, .change = change, .by = by};
    enum err e = group_key_fits(key) ? group_check(change) : ERR_VALIDATION;

    return e != ERR_OK ? e : db_transact(c->db, group_create_work, &w);
}

static enum err group_lock(const struct group_work *w)
{
    enum err e = store_group_lock(w->c->db, w->c->realm_id, w->key);

    return e == ERR_NO_ROW ? ERR_GROUP_NOT_FOUND : e;
}

static enum err group_update_work(void *data)
{
    const struct group_work *w = data;
    enum err e = group_lock(w);

    if (e == ERR_OK)
        e = group_write_texts(w);
    return e != ERR_OK
               ? e
               : group_tell(w, EVENT_GROUP_CHANGED, (struct str){NULL, 0});
}

enum err group_update(struct ctx *c, struct str key,
                      const struct group_change *change, const char *by)
{
    struct group_work w = {.c = c, .key = key, .change = change, .by = by};
    enum err e = group_check(change);

    return e != ERR_OK ? e : db_transact(c->db, group_update_work, &w);
}

static enum err group_delete_work(void *data)
{
    const struct group_work *w = data;
    struct ctx *c = w->c;
    enum err e = group_lock(w);

    if (e == ERR_OK)
        e = store_group_raise(c->db, c->realm_id, w->key);
    if (e == ERR_OK)
        e = store_group_delete(c->db, c->realm_id, w->key);
    return e != ERR_OK
               ? e
               : group_tell(w, EVENT_GROUP_DELETED, (struct str){NULL, 0});
}

enum err group_delete(struct ctx *c, struct str key, const char *by)
{
    struct group_work w = {.c = c, .key = key, .by = by};

    return db_transact(c->db, group_delete_work, &w);
}

/* Either way the member's tokens say what is no longer so. */
static enum err group_moved(const struct group_work *w, enum event_kind kind)
{
    struct ctx *c = w->c;
    struct str subject;
    enum err e = store_account_raise(c->db, w->id);

    if (e == ERR_OK)
        e = account_subject(c, w->id, &subject);
    return e != ERR_OK ? e : group_tell(w, kind, subject);
}

static enum err group_add_work(void *data)
{
    const struct group_work *w = data;
    struct ctx *c = w->c;
    struct store_account row;
    uint64_t count = 0;
    enum err e = rights_lock(c, w->id, &row);

    if (e != ERR_OK || str_has_word(row.groups, w->key))
        return e;
    if (str_has_word(row.roles, STR(RIGHTS_GUEST)))
        return ERR_GUEST_CANNOT;
    if (row.groups.n + w->key.n >= GROUP_KEYS_MAX)
        return ERR_GROUP_LIMIT;
    e = store_group_join(c->db, c->realm_id, w->key, w->id, &count);
    if (e == ERR_OK && count == 0)
        e = ERR_GROUP_NOT_FOUND;
    return e != ERR_OK ? e : group_moved(w, EVENT_GROUP_JOINED);
}

enum err group_add(struct ctx *c, struct str key, const struct id *id,
                   const char *by)
{
    struct group_work w = {.c = c, .key = key, .id = id, .by = by};

    return db_transact(c->db, group_add_work, &w);
}

static enum err group_remove_work(void *data)
{
    const struct group_work *w = data;
    struct ctx *c = w->c;
    struct store_account row;
    uint64_t count = 0;
    enum err e = rights_lock(c, w->id, &row);

    if (e == ERR_OK && !str_has_word(row.groups, w->key))
        return group_lock(w);
    if (e == ERR_OK)
        e = store_group_leave(c->db, c->realm_id, w->key, w->id, &count);
    if (e != ERR_OK || count == 0)
        return e;
    return group_moved(w, EVENT_GROUP_LEFT);
}

enum err group_remove(struct ctx *c, struct str key, const struct id *id,
                      const char *by)
{
    struct group_work w = {.c = c, .key = key, .id = id, .by = by};

    return db_transact(c->db, group_remove_work, &w);
}

/* The text whose locale has the same bytes, or whose language is the same. */
static const struct group_text *group_find(const struct group *group,
                                           struct str locale, bool language)
{
    for (size_t i = 0; i < group->count; i++) {
        struct str have = group->texts[i].locale;

        if (language)
            have = str_cut(&have, '-');
        if (locale.n > 0 && str_eq_nocase(have, locale))
            return &group->texts[i];
    }
    return NULL;
}

const struct group_text *group_pick(const struct group *group,
                                    struct str locale, struct str fallback)
{
    struct str language = locale;
    const struct group_text *text = group_find(group, locale, false);

    language = str_cut(&language, '-');
    if (text == NULL)
        text = group_find(group, language, false);
    if (text == NULL)
        text = group_find(group, language, true);
    if (text == NULL)
        text = group_find(group, fallback, false);
    return text == NULL ? &group->texts[0] : text;
}
