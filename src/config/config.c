/* SPDX-License-Identifier: MIT */
/* Loads a configuration whole or not at all, and shows and reloads it. */
#include "config/config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"
#include "config/relation.h"
#include "config/secret_file.h"
#include "config/source.h"
#include "config/value.h"

/* Address space for texts and lists; only what is used becomes memory. */
#define STORE_LIMIT ((size_t)16 * 1024 * 1024)

static struct config *config_new(void)
{
    struct config *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->store = calloc(1, sizeof *c->store);
    if (c->store != NULL) {
        c->store->dir = "";
        c->store->arena = arena_new(STORE_LIMIT);
    }
    if (c->store == NULL || c->store->arena == NULL)
        config_free(&c);
    return c;
}

/* Defaults go through the parsers too: a wrong one fails every load, so no
 * release can carry it. */
static void set_defaults(struct config *c, struct report *r)
{
    r->at = (struct report_place){"default", 0};
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        struct key_slot slot = keys_slot(c, (enum key_id)i);
        value_set(c, &slot, slot.row->def, r);
    }
}

/* Paths are relative to the directory the main file really stands in. */
static void set_dir(struct config *c, const char *file, struct report *r)
{
    char real[PATH_MAX];
    r->at = (struct report_place){file, 0};
    const char *slash = strrchr(file, '/');
    struct str dir = slash == NULL ? STR(".")
                     : slash == file
                         ? STR("/")
                         : (struct str){file, (size_t)(slash - file)};
    const char *own = arena_strdup(c->store->arena, dir);
    if (own != NULL && realpath(own, real) != NULL)
        own = arena_strdup(c->store->arena, str_of(real));
    if (own == NULL)
        report_problem(r, "out of memory");
    else
        c->store->dir = own;
}

static void read_secret(struct config *c, struct key_slot slot,
                        struct report *r)
{
    if (slot.row->type == KEY_SECRET)
        secret_file_read(c, &slot, r);
}

/* Last of all, for a drop-in may have named another file. */
static void read_secrets(struct config *c, struct report *r)
{
    for (unsigned i = 0; i < KEY_COUNT; i++)
        read_secret(c, keys_slot(c, (enum key_id)i), r);
    for (size_t p = 0; p < c->provider_count; p++) {
        for (unsigned i = 0; i < PROVIDER_KEY_COUNT; i++)
            read_secret(c, provider_section_slot(c, p, (enum provider_key_id)i),
                        r);
    }
}

struct config *config_load(const char *file, FILE *errors)
{
    struct report r = {errors, 0, {file, 0}};
    struct config *c = config_new();
    if (c == NULL) {
        (void)fprintf(errors, "%s:0: out of memory\n", file ? file : "default");
        return NULL;
    }
    set_defaults(c, &r);
    if (file != NULL) {
        set_dir(c, file, &r);
        source_read(c, file, &r);
        provider_section_finish(c, &r);
        read_secrets(c, &r);
        relation_check_needed(c, file, &r);
    }
    /* Also after other problems: an operator wants to hear all at once. */
    relation_check(c, &r);
    if (r.problems > 0)
        config_free(&c);
    return c;
}

/* The sample file is made of this, so it tells what the man page tells. */
static void show_bounds(const struct key_row *row, FILE *out)
{
    static const char *const units[KEY_TYPE_COUNT] = {
        [KEY_INT] = "", [KEY_SECONDS] = " seconds", [KEY_BYTES] = " bytes"};
    if (units[row->type] != NULL)
        (void)fprintf(out, "# %lld to %lld%s.\n", (long long)row->min,
                      (long long)row->max, units[row->type]);
    if (row->reload == KEY_START)
        (void)fprintf(out, "# Takes effect at start only.\n");
}

/* A list goes on in indented lines, for a line's length is limited. */
static void show_words(const char *text, FILE *out)
{
    struct str rest = str_of(text);
    struct str word = value_word(&rest);
    const char *lead = " ";
    for (; word.n > 0; word = value_word(&rest), lead = "\n    ")
        (void)fprintf(out, "%s%.*s", lead, STR_FMT(word));
}

/* mark: "#" for a key that is only shown. */
static void show_key(const struct key_row *row, const char *text,
                     const char *mark, FILE *out)
{
    (void)fprintf(out, "# %s.\n", row->help);
    show_bounds(row, out);
    (void)fprintf(out, "%s%s =", mark, row->name);
    if (keys_is_list(row))
        show_words(text, out);
    else if (*text != '\0')
        (void)fprintf(out, " %s", text);
    (void)fputc('\n', out);
}

/* Without any provider it is told how one is written. */
static void show_providers(const struct config *c, FILE *out)
{
    if (c->provider_count == 0)
        (void)fprintf(out, "\n# One section for each provider.\n"
                           "#[provider NAME]\n");
    for (unsigned k = 0; k < PROVIDER_KEY_COUNT && c->provider_count == 0; k++)
        show_key(provider_section_row((enum provider_key_id)k),
                 provider_section_row((enum provider_key_id)k)->def, "#", out);
    for (size_t i = 0; i < c->provider_count; i++) {
        const struct provider_section *s = &c->store->sections[i];
        (void)fprintf(out, "\n[%s]\n", s->section);
        for (unsigned k = 0; k < PROVIDER_KEY_COUNT; k++)
            show_key(provider_section_row((enum provider_key_id)k), s->text[k],
                     "", out);
    }
}

void config_show(const struct config *c, FILE *out)
{
    const char *section = "";
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        const struct key_row *row = keys_row((enum key_id)i);
        if (strcmp(section, row->section) != 0)
            (void)fprintf(out, "%s[%s]\n", *section ? "\n" : "", row->section);
        section = row->section;
        show_key(row, c->store->text[i], "", out);
    }
    show_providers(c, out);
}

/* Old's value was taken once, so only memory can run out here. */
static void keep(struct config *fresh, const struct config *old, enum key_id id,
                 struct report *r)
{
    const struct key_row *row = keys_row(id);
    if (strcmp(fresh->store->text[id], old->store->text[id]) == 0)
        return;
    (void)fprintf(r->out, "%s.%s\n", row->section, row->name);
    struct key_slot slot = keys_slot(fresh, id);
    value_set(fresh, &slot, old->store->text[id], r);
}

struct config *config_reload(const struct config *old, struct config *fresh,
                             FILE *notes)
{
    struct report r = {notes, 0, {"running", 0}};
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (keys_row((enum key_id)i)->reload == KEY_START)
            keep(fresh, old, (enum key_id)i, &r);
    }
    if (r.problems > 0)
        config_free(&fresh);
    return fresh;
}

static const char *or_url(const struct config *c, const char *text)
{
    return *text != '\0' ? text : c->http_public_url;
}

const char *config_issuer(const struct config *c)
{
    return or_url(c, c->tokens_issuer);
}

const char *config_audience(const struct config *c)
{
    return or_url(c, c->tokens_audience);
}

void config_free(struct config **c)
{
    if (*c == NULL)
        return;
    /* The arena wipes the secrets it gives back. */
    if ((*c)->store != NULL)
        arena_free(&(*c)->store->arena);
    free((*c)->store);
    free(*c);
    *c = NULL;
}
