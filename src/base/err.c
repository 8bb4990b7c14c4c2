/* SPDX-License-Identifier: MIT */
/* What each error means to a client and to the log. */
#include "base/err.h"

#include <assert.h>
#include <stddef.h>

#include "base/log.h"

struct err_row {
    const char *name;
    int status;
    int level;
    const char *code;
    const char *title;
};

static const struct err_row err_rows[] = {
#define ERR(name, status, code, title, level)                                  \
    {#name, status, LOG_LEVEL_##level, code, title},
#include "base/err.def"
#undef ERR
};
static_assert(sizeof(err_rows) / sizeof(err_rows[0]) == ERR_COUNT,
              "one row per error");

/* A value outside the list is a bug; a client sees an internal error. */
static const struct err_row *err_row(enum err e)
{
    return &err_rows[(size_t)e < ERR_COUNT ? e : ERR_INTERNAL];
}

int err_status(enum err e)
{
    return err_row(e)->status;
}

const char *err_code(enum err e)
{
    return err_row(e)->code;
}

const char *err_title(enum err e)
{
    return err_row(e)->title;
}

int err_level(enum err e)
{
    return err_row(e)->level;
}

const char *err_name(enum err e)
{
    return err_row(e)->name;
}
