/* SPDX-License-Identifier: MIT */
/* Which keys the values at rest need, and whether they open: what an operator
 * must know before an old key goes. */
#include "domain/reseal.h"

#include <string.h>

#include "domain/reseal_place.h"

#define SURVEY_BATCH 200
#define SURVEY_KEYS 32
#define SURVEY_KEY_MAX 128 /* bytes of a primary key */

/* A column under survey. Nothing in it lives in the arena, which is reset
 * between batches. */
struct survey {
    struct ctx *c;
    enum store_sealed column;
    char ids[SURVEY_KEYS][5];
    struct reseal_use uses[SURVEY_KEYS];
    size_t count;
    char after[SURVEY_KEY_MAX];
    struct str reached;
    int64_t rows;
};

static struct reseal_use *survey_use(struct survey *s, struct str id)
{
    for (size_t i = 0; i < s->count; i++) {
        if (str_eq(s->uses[i].key_id, id))
            return &s->uses[i];
    }
    if (s->count == SURVEY_KEYS || id.n >= sizeof(s->ids[0]))
        return NULL;
    struct reseal_use *use = &s->uses[s->count];
    struct str kept = {NULL, 0};

    if (id.p != NULL) {
        memcpy(s->ids[s->count], id.p, id.n);
        kept = (struct str){s->ids[s->count], id.n};
    }
    *use = (struct reseal_use){s->column, kept, 0, 0};
    s->count++;
    return use;
}

static bool survey_opens(struct ctx *c, enum store_sealed column,
                         const struct store_sealed_row *row)
{
    struct str place, content;
    enum seal_purpose purpose;

    return reseal_place(c->arena, column, row, &purpose, &place) == ERR_OK &&
           seal_open(c->sealer, c->arena, purpose, place, row->sealed,
                     &content) == ERR_OK;
}

static enum err survey_row(void *data, const struct store_sealed_row *row)
{
    struct survey *s = data;
    struct reseal_use *use = survey_use(s, seal_key_id(row->sealed));

    if (use == NULL || row->key.n > sizeof(s->after))
        return ERR_INTERNAL;
    use->values++;
    use->broken += survey_opens(s->c, s->column, row) ? 0 : 1;
    memcpy(s->after, row->key.p, row->key.n);
    s->reached = (struct str){s->after, row->key.n};
    s->rows++;
    return ERR_OK;
}

static enum err survey_column(struct survey *s)
{
    const struct store_sealed_sink sink = {survey_row, s};
    enum err e = ERR_OK;

    do {
        s->rows = 0;
        arena_reset(s->c->arena);
        e = store_sealed_list(s->c->db, s->c->arena, s->column, s->reached,
                              SURVEY_BATCH, &sink);
    } while (e == ERR_OK && s->rows == SURVEY_BATCH);
    return e;
}

enum err reseal_survey(struct ctx *c,
                       enum err (*each)(void *data,
                                        const struct reseal_use *use),
                       void *data)
{
    enum err e = ERR_OK;

    for (unsigned i = 0; i < STORE_SEALED_COUNT && e == ERR_OK; i++) {
        struct survey s = {.c = c, .column = (enum store_sealed)i};

        e = survey_column(&s);
        for (size_t k = 0; k < s.count && e == ERR_OK; k++)
            e = each(data, &s.uses[k]);
    }
    return e;
}
