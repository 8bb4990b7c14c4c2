/* SPDX-License-Identifier: MIT */
/* Taking another service's database over. */
#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "ctl/commands.h"
#include "domain/takeover.h"

#define DSN_CAP 2048
#define DSN_SCHEME "mysql://"
#define PREFIX_CAP 66 /* with the _ and the NUL: no table's name is longer */
#define SKIPS_TOLD 20 /* lines a table; the rest is counted only */

/* Where the other database is. Texts in the arena, with a NUL behind. */
struct dsn {
    char prefix[PREFIX_CAP];
    const char *host, *socket, *user, *password, *name;
    uint64_t port;
};

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at =
        c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);

    return at != NULL ? (int)(at - digits) : -1;
}

/* Part of a URL, percent-decoded; NULL when it is none. */
static const char *dsn_text(struct arena *a, struct str part)
{
    char *text = arena_alloc(a, part.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < part.n && text != NULL; i++) {
        int high, low;

        if (part.p[i] != '%') {
            text[n++] = part.p[i];
            continue;
        }
        if (i + 2 >= part.n || (high = hex_digit(part.p[i + 1])) < 0 ||
            (low = hex_digit(part.p[i + 2])) < 0 || high + low == 0)
            return NULL;
        text[n++] = (char)(high << 4 | low);
        i += 2;
    }
    return text;
}

/* host[:port], with the host in brackets when it has colons. */
static bool dsn_host(struct arena *a, struct str text, struct dsn *dsn)
{
    struct str host, port = {NULL, 0};

    if (text.n > 0 && text.p[0] == '[') {
        host = str_cut(&text, ']');
        host = (struct str){host.p + 1, host.n - 1};
        port = text;
        if (port.n > 0 && port.p[0] != ':')
            return false;
        port = port.n > 0 ? (struct str){port.p + 1, port.n - 1} : port;
    } else {
        host = str_cut(&text, ':');
        port = text;
    }
    dsn->host = dsn_text(a, host);
    dsn->port = 3306;
    return dsn->host != NULL &&
           (port.p == NULL || port.n == 0 ||
            (str_uint(port, 65535, &dsn->port) && dsn->port > 0));
}

/* mysql://[user[:password]@]host[:port]/name[?socket=path] */
static bool dsn_parse(struct arena *a, struct str text, struct dsn *dsn_r)
{
    struct dsn dsn = *dsn_r;
    struct str place, who = {NULL, 0}, name, query;
    size_t at = 0;

    dsn.socket = dsn.password = "";
    dsn.user = "root";
    if (!str_starts(text, STR(DSN_SCHEME)))
        return false;
    query =
        (struct str){text.p + strlen(DSN_SCHEME), text.n - strlen(DSN_SCHEME)};
    place = str_cut(&query, '/');
    name = str_cut(&query, '?');
    /* A password may hold an '@'; a host does not. */
    for (size_t i = 0; i < place.n; i++)
        at = place.p[i] == '@' ? i + 1 : at;
    if (at > 0) {
        who = (struct str){place.p, at - 1};
        place = (struct str){place.p + at, place.n - at};
        dsn.user = dsn_text(a, str_cut(&who, ':'));
        dsn.password = who.p != NULL ? dsn_text(a, who) : "";
    }
    dsn.name = dsn_text(a, name);
    if (str_starts(query, STR("socket=")))
        dsn.socket = dsn_text(a, (struct str){query.p + 7, query.n - 7});
    else if (query.n > 0)
        return false;
    if (!dsn_host(a, place, &dsn) || dsn.user == NULL || dsn.password == NULL ||
        dsn.socket == NULL || name.n == 0 || dsn.name == NULL)
        return false;
    *dsn_r = dsn;
    return true;
}

/* The same configuration but for the place: timeouts and the authority are
 * those of our own database. */
static struct config import_config(const struct config *own,
                                   const struct dsn *dsn)
{
    struct config config = *own;

    config.database_host = dsn->host;
    config.database_port = (int64_t)dsn->port;
    config.database_socket = dsn->socket;
    config.database_user = dsn->user;
    config.database_name = dsn->name;
    config.database_password_file =
        (struct config_secret){"", dsn->password, strlen(dsn->password)};
    return config;
}

struct import {
    struct ctl *ctl;
    const char *table; /* whose skipped rows were told last */
    int told;
    bool incomplete;
};

static enum err import_counted(void *data, const struct takeover_count *n)
{
    struct ctl *c = ((struct import *)data)->ctl;

    ctl_row_begin(c);
    ctl_row_str(c, "table", str_of(n->table));
    ctl_row_int(c, "read", n->read);
    ctl_row_int(c, "added", n->added);
    ctl_row_int(c, "changed", n->changed);
    ctl_row_int(c, "kept", n->kept);
    ctl_row_int(c, "skipped", n->skipped);
    return ctl_row_end(c);
}

static void print_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        fputc((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i],
              stderr);
}

static void import_skipped(void *data, const struct takeover_skip *skip)
{
    struct import *in = data;

    in->incomplete = true;
    in->told = in->table == skip->table ? in->told + 1 : 1;
    in->table = skip->table;
    if (in->told > SKIPS_TOLD)
        return;
    fprintf(stderr, "gatehousectl: %s: ", skip->table);
    print_word(skip->app);
    fputc(' ', stderr);
    print_word(skip->id);
    fprintf(stderr, ": left out: %s\n", skip->reason);
}

static enum ctl_exit import_run(struct ctl *c, const struct dsn *dsn,
                                const struct takeover_options *options)
{
    struct import in = {c, NULL, 0, false};
    const struct takeover_sink sink = {import_counted, import_skipped, &in};
    struct config config = import_config(c->config, dsn);
    struct db *source = NULL;
    enum err e = db_new(&config, DB_SOURCE, &source);

    if (e == ERR_OK) {
        db_prefix(source, dsn->prefix);
        e = db_check_statements(source);
    }
    if (e != ERR_OK) {
        fprintf(stderr, "gatehousectl: the source: %s: %s\n", err_title(e),
                source != NULL ? db_error(source) : "");
        db_free(&source);
        return e == ERR_UNAVAILABLE ? CTL_UNAVAILABLE : CTL_FAILED;
    }
    e = takeover_run(&c->ctx, source, options, &sink);
    if (e != ERR_OK && db_error(source)[0] != '\0')
        fprintf(stderr, "gatehousectl: the source: %s\n", db_error(source));
    db_free(&source);
    if (e == ERR_OK && in.incomplete) {
        fputs("gatehousectl: not everything could be taken over\n", stderr);
        return CTL_FAILED;
    }
    return ctl_result(c, e, "import");
}

/* "-": from standard input, since arguments stand in the process list. */
static bool import_dsn(const char *from, char line[DSN_CAP])
{
    if (strcmp(from, "-") == 0) {
        if (fgets(line, DSN_CAP, stdin) == NULL)
            return false;
        line[strcspn(line, "\r\n")] = '\0';
        return true;
    }
    return snprintf(line, DSN_CAP, "%s", from) < DSN_CAP;
}

/* As the other service reads its own setting: a word that _ parts from the
 * names. */
static bool import_prefix(const char *word, struct dsn *dsn)
{
    const struct str given = str_of(word != NULL ? word : "");

    for (size_t i = 0; i < given.n; i++) {
        const char c = given.p[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!letter && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    if (given.n + 2 > PREFIX_CAP)
        return false;
    if (given.n > 0)
        snprintf(dsn->prefix, PREFIX_CAP, "%s_", given.p);
    return true;
}

enum ctl_exit ctl_import_supertokens(struct ctl *c, struct ctl_args *args)
{
    const struct takeover_options options = {
        .dry_run = ctl_take_flag(args, "--dry-run"),
        .replace = ctl_take_flag(args, "--replace")};
    const char *from = ctl_take(args, "--from");
    const char *prefix = ctl_take(args, "--prefix");
    char line[DSN_CAP];
    struct arena *texts; /* the run resets its own */
    struct dsn dsn = {.prefix = ""};
    enum ctl_exit code = CTL_USAGE;

    if (!ctl_left(args, 0) || from == NULL || !import_prefix(prefix, &dsn) ||
        !import_dsn(from, line))
        return CTL_USAGE;
    if ((texts = arena_new(8 * (size_t)DSN_CAP)) == NULL)
        return ctl_result(c, ERR_NO_MEMORY, "import");
    if (dsn_parse(texts, str_of(line), &dsn))
        code = import_run(c, &dsn, &options);
    else
        fputs("gatehousectl: --from is mysql://user:password@host:port/name\n",
              stderr);
    secret_wipe(line, sizeof(line));
    arena_free(&texts);
    return code;
}
