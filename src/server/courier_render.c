/* SPDX-License-Identifier: MIT */
/* What people wrote is put into other people's mail here: it is escaped in
 * HTML, ends no header line, and a name that looks like an advertisement is
 * left out. */
#include "server/courier_render.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

#define RENDER_LOCALE_MAX 35
#define RENDER_SUBJECT_MAX 200 /* bytes */
#define RENDER_NAME_MAX 64     /* bytes of a person's name */

static struct str render_host(const char *public_url)
{
    struct str rest = str_of(public_url);

    (void)str_cut(&rest, '/');
    (void)str_cut(&rest, '/');
    struct str host = str_cut(&rest, '/');
    return str_cut(&host, ':');
}

struct courier_templates courier_render_templates(const struct config *config)
{
    struct str app = str_of(config->mail_app_name);

    if (app.n == 0)
        app = render_host(config->http_public_url);
    return (struct courier_templates){
        .folders = {config->mail_templates, GATEHOUSE_DATADIR "/templates"},
        .default_locale = config->mail_default_locale,
        .app = app,
        .url = str_of(config->http_public_url)};
}

/* Strangers choose their name and whom it is mailed to. */
static bool render_is_name(struct str s)
{
    return s.n <= RENDER_NAME_MAX && memchr(s.p, '/', s.n) == NULL &&
           memchr(s.p, '@', s.n) == NULL && !str_has_nocase(s, STR("www."));
}

static struct str render_value(const struct courier_templates *t,
                               const struct outbox_message *m, struct str name)
{
    const struct str none = STR("");

    if (str_eq(name, STR("app")))
        return t->app;
    if (str_eq(name, STR("url")))
        return t->url;
    for (size_t i = 0; i < m->count; i++) {
        struct str text = m->values[i].text;

        if (!str_eq(name, str_of(m->values[i].name)) || text.n == 0)
            continue;
        if (str_eq(name, STR("name")) && !render_is_name(text))
            return none;
        return text;
    }
    return none;
}

static void render_html(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '&':
            buf_text(b, "&amp;");
            break;
        case '<':
            buf_text(b, "&lt;");
            break;
        case '>':
            buf_text(b, "&gt;");
            break;
        case '"':
            buf_text(b, "&quot;");
            break;
        case '\'':
            buf_text(b, "&#39;");
            break;
        default:
            buf_char(b, s.p[i]);
        }
    }
}

/* "{{name}}" at the beginning of *rest: its name, and *rest behind it. */
static bool render_mark(struct str *rest, struct str *name_r)
{
    if (!str_starts(*rest, STR("{{")))
        return false;
    for (size_t i = 2; i + 1 < rest->n; i++) {
        if (rest->p[i] != '}' || rest->p[i + 1] != '}')
            continue;
        *name_r = (struct str){rest->p + 2, i - 2};
        *rest = (struct str){rest->p + i + 2, rest->n - i - 2};
        return true;
    }
    return false;
}

static bool render_is_condition(struct str name)
{
    return name.n > 0 && (name.p[0] == '?' || name.p[0] == '!');
}

/* Takes the conditions in front of a line; false: one of them does not hold. */
static bool render_wanted(const struct courier_templates *t,
                          const struct outbox_message *m, struct str *line)
{
    struct str rest = *line, name;

    while (render_mark(&rest, &name) && render_is_condition(name)) {
        struct str value = {name.p + 1, name.n - 1};

        if ((render_value(t, m, value).n == 0) == (name.p[0] == '?'))
            return false;
        *line = rest;
    }
    return true;
}

static void render_line(struct buf *b, const struct courier_templates *t,
                        const struct outbox_message *m, struct str line,
                        bool html)
{
    struct str name;

    while (line.n > 0) {
        if (!render_mark(&line, &name)) {
            buf_char(b, line.p[0]);
            line.p++;
            line.n--;
        } else if (html) {
            render_html(b, render_value(t, m, name));
        } else {
            buf_str(b, render_value(t, m, name));
        }
    }
}

enum err courier_render_fill(struct arena *a, struct str template,
                             const struct courier_templates *t,
                             const struct outbox_message *m, bool html,
                             struct str *out_r)
{
    struct buf b = buf_new(a);

    while (template.p != NULL) {
        struct str line = str_cut(&template, '\n');
        bool last = template.p == NULL;

        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        if (!render_wanted(t, m, &line))
            continue;
        render_line(&b, t, m, line, html);
        if (!last)
            buf_char(&b, '\n');
    }
    return buf_done(&b, out_r);
}

static enum err render_read(struct arena *a, int fd, struct str *text_r)
{
    struct stat st;
    size_t n = 0;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_size > COURIER_TEMPLATE_MAX)
        return ERR_VALIDATION;
    char *p = arena_alloc(a, (size_t)st.st_size + 1);
    if (p == NULL)
        return ERR_NO_MEMORY;
    while (n < (size_t)st.st_size) {
        ssize_t got = read(fd, p + n, (size_t)st.st_size - n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    *text_r = (struct str){p, n};
    return ERR_OK;
}

/* KIND.LOCALE.ENDING in the first folder that has it. */
static enum err render_file(struct arena *a, const struct courier_templates *t,
                            enum mail_kind kind, struct str locale,
                            const char *ending, struct str *text_r)
{
    for (size_t i = 0; i < 2; i++) {
        struct buf b = buf_new(a);
        struct str path;

        if (t->folders[i][0] == '\0')
            continue;
        buf_text(&b, t->folders[i]);
        buf_char(&b, '/');
        buf_text(&b, mail_word(kind));
        buf_char(&b, '.');
        buf_str(&b, locale);
        buf_text(&b, ending);
        if (buf_done(&b, &path) != ERR_OK)
            return ERR_NO_MEMORY;
        int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
            continue;
        enum err e = render_read(a, fd, text_r);
        (void)close(fd);
        return e;
    }
    return ERR_NOT_FOUND;
}

/* A piece of a tag in the case it is written in: a region in capitals, a script
 * with one. */
static void render_piece(char *p, size_t n, bool first)
{
    for (size_t i = 0; i < n; i++) {
        bool capital = !first && (n == 2 || (n == 4 && i == 0));
        unsigned char c = (unsigned char)p[i];

        p[i] = (char)(capital ? toupper(c) : tolower(c));
    }
}

/* The tag in the form files are named by: de, de-AT, zh-Hant. Empty when it is
 * none; what a row says names no file elsewhere. */
static struct str render_tag(struct str locale, char out[RENDER_LOCALE_MAX + 1])
{
    const struct str none = {out, 0};
    struct str rest = locale;
    size_t at = 0;

    if (locale.n > RENDER_LOCALE_MAX)
        return none;
    while (rest.p != NULL) {
        struct str piece = str_cut(&rest, '-');

        for (size_t i = 0; i < piece.n; i++)
            if (!isalnum((unsigned char)piece.p[i]))
                return none;
        if (piece.n == 0)
            return none;
        if (at > 0)
            out[at++] = '-';
        (void)memcpy(out + at, piece.p, piece.n);
        render_piece(out + at, piece.n, at == 0);
        at += piece.n;
    }
    return (struct str){out, at};
}

/* Looks for the file in a language and those it belongs to. */
static enum err render_nearest(struct arena *a,
                               const struct courier_templates *t,
                               enum mail_kind kind, const char *ending,
                               struct str *locale, struct str *text_r)
{
    enum err e = ERR_NOT_FOUND;

    while (locale->n > 0 && e == ERR_NOT_FOUND) {
        e = render_file(a, t, kind, *locale, ending, text_r);
        while (e == ERR_NOT_FOUND && locale->n > 0 &&
               locale->p[--locale->n] != '-')
            continue;
    }
    return e;
}

/* The language found, as files are named by it. */
struct render_language {
    char tag[RENDER_LOCALE_MAX + 1];
    struct str name; /* the part of tag that counts */
};

static enum err render_find(struct arena *a, const struct courier_templates *t,
                            const struct outbox_message *m, const char *ending,
                            struct render_language *l, struct str *text_r)
{
    const struct str tags[] = {m->locale, str_of(t->default_locale), STR("en")};
    enum err e = ERR_NOT_FOUND;

    for (size_t i = 0; i < sizeof(tags) / sizeof(*tags) && e == ERR_NOT_FOUND;
         i++) {
        l->name = render_tag(tags[i], l->tag);
        e = render_nearest(a, t, m->kind, ending, &l->name, text_r);
    }
    return e;
}

/* The first line is the subject; nothing in it can begin another field. */
static enum err render_subject(struct arena *a, struct courier_text *text)
{
    struct str rest = text->text;
    struct str line = str_cut(&rest, '\n');
    const struct str word = STR("Subject:");

    if (!str_starts(line, word) || rest.p == NULL)
        return ERR_VALIDATION;
    line = str_trim((struct str){line.p + word.n, line.n - word.n});
    if (line.n > RENDER_SUBJECT_MAX)
        line.n = RENDER_SUBJECT_MAX;
    while (line.n > 0 && !str_utf8(line))
        line.n--;
    char *clean = arena_strdup(a, line);
    if (clean == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < line.n; i++)
        if ((unsigned char)clean[i] < ' ' || clean[i] == 0x7f)
            clean[i] = ' ';
    text->subject = (struct str){clean, line.n};
    while (rest.n > 0 && rest.p[0] == '\n') {
        rest.p++;
        rest.n--;
    }
    text->text = rest;
    return line.n > 0 ? ERR_OK : ERR_VALIDATION;
}

enum err courier_render(struct arena *a, const struct courier_templates *t,
                        const struct outbox_message *m,
                        struct courier_text *text_r)
{
    bool sms = m->channel == STORE_CHANNEL_SMS;
    struct courier_text text = {.html = STR("")};
    struct render_language language;
    struct str template;
    enum err e =
        render_find(a, t, m, sms ? ".sms" : ".txt", &language, &template);

    if (e == ERR_OK)
        e = courier_render_fill(a, template, t, m, false, &text.text);
    if (e == ERR_OK && !sms)
        e = render_subject(a, &text);
    if (e != ERR_OK || sms) {
        if (e == ERR_OK)
            *text_r = text;
        return e;
    }
    /* In the same language or not at all. */
    e = render_file(a, t, m->kind, language.name, ".html", &template);
    if (e == ERR_OK)
        e = courier_render_fill(a, template, t, m, true, &text.html);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *text_r = text;
    return ERR_OK;
}
