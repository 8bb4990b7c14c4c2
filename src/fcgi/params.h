/* SPDX-License-Identifier: MIT */
/* From CGI variables to an http_request. */
#ifndef GATEHOUSE_FCGI_PARAMS_H
#define GATEHOUSE_FCGI_PARAMS_H

#include <stddef.h>

#include "base/arena.h"
#include "fcgi/fcgi.h"
#include "http/request.h"

/* Reads the NULL-ended list of NAME=VALUE into a request that lives in a, and
 * the announced length of the body (0 when none or too large). What is wrong
 * goes to r_r->fault, the first fault found. */
void params_read(struct arena *a, char *const *envp,
                 const struct fcgi_rules *rules, struct http_request *r_r,
                 size_t *body_r);

#endif
