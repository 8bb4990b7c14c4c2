/* SPDX-License-Identifier: MIT */
/* Reads INI files strictly: what inih lets pass is refused line by line. */
#include "config/source.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "config/internal.h"
#include "config/value.h"

struct source {
    struct config *c;
    struct report *r;
    FILE *file;
    char *line; /* getline's */
    size_t cap;
    bool indented;     /* the line begins with a blank */
    const char **last; /* text of the key set last; NULL after a [section] */
};

/* Names and paths of a line go into messages and logs, where an escape
 * sequence could forge what an operator sees. */
static bool is_printable(struct str line)
{
    return memchr(line.p, '\0', line.n) == NULL && str_utf8(line) &&
           !str_has_control(line);
}

/* inih reports neither an empty unknown section nor text behind the ']', only
 * that the ']' is missing. */
static void check_section(struct source *s, struct str line)
{
    s->last = NULL;
    line = (struct str){line.p + 1, line.n - 1};
    struct str name = str_cut(&line, ']');
    if (line.p == NULL)
        return;
    struct str rest = str_trim(line);
    bool provider = provider_section_is(name);
    if (provider)
        provider_section_begin(s->c, name, s->r);
    if (!provider && !keys_has_section(name))
        report_problem(s->r, "[%.*s]: unknown section", STR_FMT(name));
    else if (rest.n > 0 && strchr(";#", *rest.p) == NULL)
        report_problem(s->r, "unexpected text behind [%.*s]", STR_FMT(name));
}

/* Is the line fit for inih? Reports what is wrong otherwise. */
static bool check_line(struct source *s, struct str line, size_t room)
{
    if (line.n > SOURCE_LINE_MAX || line.n > room) {
        report_problem(s->r, "line longer than %d bytes", SOURCE_LINE_MAX);
        return false;
    }
    if (!is_printable(line)) {
        report_problem(s->r, "not UTF-8, or a control character");
        return false;
    }
    s->indented = line.n > 0 && *line.p == ' ';
    struct str text = str_trim(line);
    if (text.n > 0 && *text.p == '[')
        check_section(s, text);
    return true;
}

/* Tabs become blanks so that only one kind of blank is known further on; a
 * byte order mark would make the first [section] an unknown one. */
static struct str clean(char *line, size_t n, bool first)
{
    if (n > 0 && line[n - 1] == '\n')
        n--;
    if (n > 0 && line[n - 1] == '\r')
        n--;
    for (size_t i = 0; i < n; i++) {
        if (line[i] == '\t')
            line[i] = ' ';
    }
    struct str text = {line, n};
    if (first && str_starts(text, STR("\xEF\xBB\xBF")))
        text = (struct str){line + 3, n - 3};
    return text;
}

/* fgets for inih; it knows the line's number, which inih does not tell. */
static char *next_line(char *out, int cap, void *data)
{
    struct source *s = data;
    ssize_t n = getline(&s->line, &s->cap, s->file);
    if (n < 0)
        return NULL;
    s->r->at.line++;
    struct str line = clean(s->line, (size_t)n, s->r->at.line == 1);
    /* An empty line keeps inih's count of lines and ours in step. */
    if (!check_line(s, line, (size_t)cap - 2))
        line = (struct str){"", 0};
    memcpy(out, line.p, line.n);
    memcpy(out + line.n, "\n", 2);
    return out;
}

/* inih hands a list's further, indented lines over under the same name. */
static void continue_list(struct source *s, const struct key_slot *key,
                          const char *words)
{
    if (!keys_is_list(key->row)) {
        report_key(s->r, key, "takes one line (a line began with a blank)");
        return;
    }
    if (strpbrk(words, "=;") != NULL) {
        report_key(s->r, key, "a continued line holds only words");
        return;
    }
    struct buf b = buf_new(s->c->store->arena);
    struct str whole;
    buf_text(&b, *key->text);
    buf_char(&b, ' ');
    buf_text(&b, words);
    if (buf_done(&b, &whole) != ERR_OK)
        report_key(s->r, key, "out of memory");
    else
        value_set(s->c, key, whole.p, s->r);
}

static bool find(struct source *s, struct str section, struct str name,
                 struct key_slot *slot_r)
{
    enum key_id id = keys_find(section, name);
    if (id != KEY_COUNT)
        *slot_r = keys_slot(s->c, id);
    return id != KEY_COUNT ||
           provider_section_find(s->c, section, name, slot_r);
}

static void set_found(struct source *s, const struct key_slot *key,
                      const char *value)
{
    /* A file's name is one text for all its lines. */
    bool again = key->place->line != 0 && key->place->file == s->r->at.file;
    if (s->indented && s->last == key->text)
        continue_list(s, key, value);
    else if (again)
        report_key(s->r, key, "set before, in line %u", key->place->line);
    else if (*value == '"' || *value == ';')
        report_key(s->r, key, "values are written without quotes or ';'");
    else
        value_set(s->c, key, value, s->r);
    s->last = key->text;
}

/* inih's handler: always 1, for its own idea of a first error is not used. */
static int set_key(void *data, const char *section, const char *name,
                   const char *value)
{
    struct source *s = data;
    struct key_slot key;
    if (find(s, str_of(section), str_of(name), &key)) {
        set_found(s, &key, value);
        return 1;
    }
    s->last = NULL;
    /* Of a section that was refused nothing more is told. */
    if (!provider_section_is(str_of(section)) ||
        provider_section_has(s->c, str_of(section)))
        report_problem(s->r, "%s.%s: unknown key", section, name);
    return 1;
}

static bool may_be_read(FILE *file, struct report *r)
{
    struct stat st;
    if (fstat(fileno(file), &st) != 0) {
        report_problem(r, "cannot be examined: %s", strerror(errno));
        return false;
    }
    /* Who may write it may name another database or another secret. */
    if (S_ISREG(st.st_mode) && (st.st_mode & S_IWOTH) != 0) {
        report_problem(r, "refused, for everybody may write it");
        return false;
    }
    return true;
}

/* Of lines that are neither section nor key inih tells only the first. */
static void parse(struct source *s)
{
    int bad_line = ini_parse_stream(next_line, s, set_key, s);
    unsigned lines = s->r->at.line;
    if (bad_line > 0) {
        s->r->at.line = (unsigned)bad_line;
        report_problem(s->r, "neither [section] nor key = value");
        s->r->at.line = lines;
    } else if (bad_line < 0) {
        report_problem(s->r, "out of memory");
    }
    if (ferror(s->file))
        report_problem(s->r, "cannot be read: %s", strerror(errno));
}

static void read_file(struct config *c, const char *path, struct report *r)
{
    struct source s = {.c = c, .r = r};
    r->at = (struct report_place){path, 0};
    s.file = fopen(path, "re");
    if (s.file == NULL) {
        report_problem(r, "cannot be opened: %s", strerror(errno));
        return;
    }
    if (may_be_read(s.file, r))
        parse(&s);
    free(s.line);
    (void)fclose(s.file); /* only read from */
}

/* Editors' backups and package managers' leftovers do not end in .conf. */
static int is_dropin(const struct dirent *entry)
{
    static const size_t suffix = sizeof ".conf" - 1;
    size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > suffix &&
           strcmp(entry->d_name + n - suffix, ".conf") == 0;
}

/* Not alphasort: that one orders by locale, so by who starts the program. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static const char *join(struct config *c, const char *a, const char *b)
{
    struct buf path = buf_new(c->store->arena);
    struct str text;
    buf_text(&path, a);
    buf_text(&path, b);
    return buf_done(&path, &text) == ERR_OK ? text.p : NULL;
}

static void read_dropin(struct config *c, const char *dir, const char *name,
                        struct report *r)
{
    const char *prefix = join(c, dir, "/");
    const char *path = prefix == NULL ? NULL : join(c, prefix, name);
    if (path == NULL)
        report_problem(r, "out of memory");
    else
        read_file(c, path, r);
}

void source_read(struct config *c, const char *file, struct report *r)
{
    read_file(c, file, r);
    const char *dir = join(c, file, ".d");
    r->at = (struct report_place){dir == NULL ? file : dir, 0};
    struct dirent **names = NULL;
    int n = dir == NULL ? -1 : scandir(dir, &names, is_dropin, by_bytes);
    if (dir == NULL)
        report_problem(r, "out of memory");
    else if (n < 0 && errno != ENOENT)
        report_problem(r, "cannot be read: %s", strerror(errno));
    for (int i = 0; i < n; i++) {
        read_dropin(c, dir, names[i]->d_name, r);
        free(names[i]);
    }
    free(names);
}
