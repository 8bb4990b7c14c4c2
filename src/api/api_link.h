/* SPDX-License-Identifier: MIT */
/* What the handlers behind mailed links share. */
#ifndef GATEHOUSE_API_API_LINK_H
#define GATEHOUSE_API_API_LINK_H

#include "api/call.h"
#include "base/err.h"

/* The token of a mailed link: the body's field at that index, or else the query
 * parameter `token`. A validation problem when neither is there;
 * ERR_BAD_REQUEST for two. */
enum err api_link_token(struct call *c, size_t field, struct str *token_r);

/* {"name":n} */
void api_link_number(struct call *c, const char *name, int64_t n);

#endif
