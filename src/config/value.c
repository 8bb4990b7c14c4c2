/* SPDX-License-Identifier: MIT */
/* The parsers behind the TYPE column of keys.def. */
#include "config/value.h"

#include <string.h>

#include "base/buf.h"
#include "config/internal.h"

struct value {
    struct config *c;
    const struct key_slot *key;
    const struct key_row *row;
    struct str text;
    struct report *r;
};

struct unit {
    char letter;
    int64_t factor;
};

/* A month or year has no fixed length, so days are the largest unit. */
static const struct unit durations[] = {
    {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'\0', 0}};
static const struct unit sizes[] = {{'k', 1024}, {'m', 1048576}, {'\0', 0}};
static const struct unit none[] = {{'\0', 0}};

struct str value_word(struct str *rest)
{
    while (rest->n > 0 && *rest->p == ' ') {
        rest->p++;
        rest->n--;
    }
    if (rest->n == 0)
        return (struct str){NULL, 0};
    return str_cut(rest, ' ');
}

static size_t words(struct str text)
{
    size_t n = 0;
    while (value_word(&text).n > 0)
        n++;
    return n;
}

static bool no_memory(const struct value *v)
{
    report_key(v->r, v->key, "out of memory");
    return false;
}

/* memcpy, for the member's type is known only by the row. */
static bool store(const struct value *v, const void *p, size_t n)
{
    memcpy(v->key->base + v->row->offset, p, n);
    return true;
}

static bool store_bounded(const struct value *v, int64_t n)
{
    if (n >= v->row->min && n <= v->row->max)
        return store(v, &n, sizeof n);
    report_key(v->r, v->key, "must be %lld to %lld%s", (long long)v->row->min,
               (long long)v->row->max,
               v->row->type == KEY_SECONDS ? " seconds"
               : v->row->type == KEY_BYTES ? " bytes"
                                           : "");
    return false;
}

/* The limit given to str_uint keeps the product below 2^63. */
static bool set_number(const struct value *v, const struct unit *units,
                       const char *wanted)
{
    struct str digits = v->text;
    int64_t factor = 1;
    for (; units->letter != '\0' && digits.n > 0; units++) {
        if (digits.p[digits.n - 1] != units->letter)
            continue;
        factor = units->factor;
        digits.n--;
        break;
    }
    uint64_t n = 0;
    if (!str_uint(digits, (uint64_t)(INT64_MAX / factor), &n)) {
        report_key(v->r, v->key, "must be %s", wanted);
        return false;
    }
    return store_bounded(v, (int64_t)n * factor);
}

/* Three or four digits: "66" is more likely a slip than --w-rw----. */
static bool set_mode(const struct value *v)
{
    int64_t mode = 0;
    bool octal = v->text.n >= 3 && v->text.n <= 4;
    for (size_t i = 0; octal && i < v->text.n; i++) {
        octal = v->text.p[i] >= '0' && v->text.p[i] <= '7';
        mode = mode * 8 + (v->text.p[i] - '0');
    }
    if (octal && mode >= v->row->min && mode <= v->row->max)
        return store(v, &mode, sizeof mode);
    report_key(v->r, v->key, "must be an octal mode such as 660");
    return false;
}

static bool set_bool(const struct value *v)
{
    static const struct {
        const char *word;
        bool value;
    } words_of[] = {{"yes", true},    {"no", false}, {"true", true},
                    {"false", false}, {"on", true},  {"off", false}};
    for (size_t i = 0; i < sizeof words_of / sizeof words_of[0]; i++) {
        if (str_eq(v->text, str_of(words_of[i].word)))
            return store(v, &words_of[i].value, sizeof(bool));
    }
    report_key(v->r, v->key, "must be yes or no");
    return false;
}

/* The words come from the help text, so that neither can name others. */
static bool set_choice(const struct value *v)
{
    struct str choices = keys_choices(v->row);
    struct str rest = choices;
    struct str word = value_word(&rest);
    for (unsigned i = 0; word.n > 0; i++, word = value_word(&rest)) {
        if (str_eq(word, v->text))
            return store(v, &i, sizeof i);
    }
    report_key(v->r, v->key, "must be one of: %.*s", STR_FMT(choices));
    return false;
}

static bool fits(const struct value *v)
{
    if (v->text.n >= (uint64_t)v->row->min &&
        v->text.n <= (uint64_t)v->row->max)
        return true;
    if (v->text.n == 0)
        report_key(v->r, v->key, "must not be empty");
    else
        report_key(v->r, v->key, "must have %lld to %lld characters",
                   (long long)v->row->min, (long long)v->row->max);
    return false;
}

static bool set_text(const struct value *v)
{
    if (!fits(v))
        return false;
    const char *copy = arena_strdup(v->c->store->arena, v->text);
    if (copy == NULL)
        return no_memory(v);
    return store(v, &copy, sizeof copy);
}

/* The daemon leaves its directory, so a path is made absolute here. */
static bool absolute(const struct value *v, const char **path_r)
{
    struct buf b = buf_new(v->c->store->arena);
    if (v->text.n > 0 && v->text.p[0] != '/') {
        buf_text(&b, v->c->store->dir);
        buf_char(&b, '/');
    }
    buf_str(&b, v->text);
    struct str path;
    if (buf_done(&b, &path) != ERR_OK)
        return no_memory(v);
    *path_r = path.p;
    return true;
}

static bool set_path(const struct value *v)
{
    const char *path = NULL;
    if (!fits(v) || !absolute(v, &path))
        return false;
    *v->key->text = path;
    return store(v, &path, sizeof path);
}

/* An over-long path fails at open; the row's bounds are the content's. */
static bool set_secret(const struct value *v)
{
    struct config_secret secret = {NULL, NULL, 0};
    if (!absolute(v, &secret.path))
        return false;
    *v->key->text = secret.path;
    return store(v, &secret, sizeof secret);
}

static bool few_enough(const struct value *v, size_t count)
{
    if (count <= (uint64_t)v->row->max)
        return true;
    report_key(v->r, v->key, "must have at most %lld words",
               (long long)v->row->max);
    return false;
}

/* Would a word not come back from a continued line, as config_show writes one
 * for each word? There '=' makes a key, ';' and '#' a comment, '[' a section.
 */
static bool is_lost_in_line(struct str word)
{
    if (word.n == 0)
        return false;
    return memchr(word.p, '=', word.n) != NULL ||
           memchr(word.p, ';', word.n) != NULL || word.p[0] == '#' ||
           word.p[0] == '[';
}

/* Words are borrowed from the copy of the text that v holds. */
static bool set_list(const struct value *v)
{
    struct config_list list = {NULL, words(v->text)};
    if (!few_enough(v, list.count))
        return false;
    /* "acme, rocket" would silently hold the word "acme,". */
    if (memchr(v->text.p, ',', v->text.n) != NULL) {
        report_key(v->r, v->key, "words are parted by blanks, not commas");
        return false;
    }
    struct arena *a = v->c->store->arena;
    struct str rest = v->text;
    list.items = arena_alloc(a, (list.count + 1) * sizeof *list.items);
    if (list.items == NULL)
        return no_memory(v);
    for (size_t i = 0; i < list.count; i++) {
        list.items[i] = value_word(&rest);
        if (is_lost_in_line(list.items[i])) {
            report_key(v->r, v->key,
                       "word %zu has '=' or ';', or begins with '#' or '['",
                       i + 1);
            return false;
        }
    }
    return store(v, &list, sizeof list);
}

static bool set_nets(const struct value *v)
{
    struct config_nets nets = {NULL, words(v->text)};
    if (!few_enough(v, nets.count))
        return false;
    struct arena *a = v->c->store->arena;
    nets.items = arena_alloc(a, (nets.count + 1) * sizeof *nets.items);
    if (nets.items == NULL)
        return no_memory(v);
    struct str rest = v->text;
    for (size_t i = 0; i < nets.count; i++) {
        if (ip_net_parse(value_word(&rest), &nets.items[i]))
            continue;
        report_key(v->r, v->key,
                   "word %zu is no network (address or "
                   "address/bits, host bits zero)",
                   i + 1);
        return false;
    }
    return store(v, &nets, sizeof nets);
}

static bool set_by_type(const struct value *v)
{
    switch (v->row->type) {
    case KEY_TEXT:
        return set_text(v);
    case KEY_PATH:
        return set_path(v);
    case KEY_SECRET:
        return set_secret(v);
    case KEY_INT:
        return set_number(v, none, "a whole number");
    case KEY_MODE:
        return set_mode(v);
    case KEY_BOOL:
        return set_bool(v);
    case KEY_SECONDS:
        return set_number(v, durations,
                          "a time such as 900, 30s, 15m, 12h, 7d");
    case KEY_BYTES:
        return set_number(v, sizes, "a size such as 65536, 64k, 1m");
    case KEY_CHOICE:
        return set_choice(v);
    case KEY_LIST:
        return set_list(v);
    case KEY_NETS:
        return set_nets(v);
    case KEY_TYPE_COUNT:
        break;
    }
    return false;
}

void value_set(struct config *c, const struct key_slot *key, const char *text,
               struct report *r)
{
    struct str own = arena_str(c->store->arena, str_of(text));
    struct value v = {c, key, key->row, own, r};
    if (own.p == NULL) {
        (void)no_memory(&v);
        return;
    }
    *key->text = own.p;
    *key->place = r->at;
    (void)set_by_type(&v);
}
