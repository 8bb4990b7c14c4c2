/* SPDX-License-Identifier: MIT */
/* What every command of gatehousectl works with. */
#ifndef GATEHOUSE_CTL_CTL_H
#define GATEHOUSE_CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json_write.h"
#include "domain/ctx.h"

/* Exit codes, told in the man page. */
enum ctl_exit {
    CTL_OK = 0,
    CTL_FAILED = 1,
    CTL_USAGE = 2,
    CTL_UNAVAILABLE = 69, /* the database is away */
    CTL_CONFIG = 78
};

/* How much of the house a command needs. */
enum ctl_need { CTL_NEED_NOTHING, CTL_NEED_CONFIG, CTL_NEED_STORE };

/* The words behind the command that are not taken yet. */
struct ctl_args {
    char **words;
    int count;
};

/* A row on its way out. */
struct ctl_row {
    struct buf text;
    struct json_out json;
    bool first;
};

/* One run. */
struct ctl {
    const char *config_file;
    struct config *config;
    struct ctx ctx;
    struct hasher *hasher;
    struct sealer *sealer;
    bool json; /* one JSON object a line instead of tabs */
    struct ctl_row row;
};

/* A command: its words, its line of help, what it needs and what it does. */
struct ctl_command {
    const char *noun, *verb; /* verb NULL: the noun alone */
    const char *usage, *help;
    enum ctl_need need;
    enum ctl_exit (*run)(struct ctl *c, struct ctl_args *args);
};

/* Opens what need asks for; says on stderr what is missing. */
enum ctl_exit ctl_open(struct ctl *c, enum ctl_need need);

/* Closes what ctl_open opened. */
void ctl_close(struct ctl *c);

/* Takes "--name value" out of the words; NULL when it is not there. */
const char *ctl_take(struct ctl_args *args, const char *name);

/* Takes "--name" out of the words. */
bool ctl_take_flag(struct ctl_args *args, const char *name);

/* Are exactly n words left, and is none of them an option? Says so if not. */
bool ctl_left(const struct ctl_args *args, int n);

/* Turns e into an exit code, with a line on stderr unless it is ERR_OK. */
enum ctl_exit ctl_result(struct ctl *c, enum err e, const char *what);

/* Begins, fills and prints a row. Control characters leave as '?'. */
void ctl_row_begin(struct ctl *c);
/* A text cell; "-" or null when s.p is NULL. */
void ctl_row_str(struct ctl *c, const char *name, struct str s);
/* A number cell. */
void ctl_row_int(struct ctl *c, const char *name, int64_t v);
/* A time cell (microseconds; 0: "-" or null). */
void ctl_row_time(struct ctl *c, const char *name, int64_t us);
/* An id cell. */
void ctl_row_id(struct ctl *c, const char *name, const struct id *id);
/* Prints the row to standard output. */
enum err ctl_row_end(struct ctl *c);

#endif
