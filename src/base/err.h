/* SPDX-License-Identifier: MIT */
/* The one error list; every fallible function returns one of these. */
#ifndef GATEHOUSE_BASE_ERR_H
#define GATEHOUSE_BASE_ERR_H

enum err {
#define ERR(name, status, code, title, level) ERR_##name,
#include "base/err.def"
#undef ERR
    ERR_COUNT
};

/* The HTTP status (RFC 9110) an error is answered with; 500 for a value
 * outside the list. */
int err_status(enum err e);

/* The stable UPPER_SNAKE code a client may test for. Static text. */
const char *err_code(enum err e);

/* The public title, also sent as `error`. Static text. */
const char *err_title(enum err e);

/* The log level (enum log_level) the edge logs it with. */
int err_level(enum err e);

/* The enumerator's name without ERR_, for logs. Static text. */
const char *err_name(enum err e);

#endif
