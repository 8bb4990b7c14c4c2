/* SPDX-License-Identifier: MIT */
/* Query parameters: typed, bounded, and blamed by name when they are wrong. All
 * give ERR_VALIDATION for a wrong value (with the entry), ERR_BAD_REQUEST for
 * one that comes twice or is badly written. */
#ifndef GATEHOUSE_API_API_QUERY_H
#define GATEHOUSE_API_API_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "api/call.h"
#include "base/err.h"

/* Text of at most max bytes; {NULL, 0} when absent. */
enum err api_query_text(struct call *c, const char *name, size_t max,
                        struct str *text_r);

/* A number of 0 to max; fallback when absent. */
enum err api_query_int(struct call *c, const char *name, int64_t max,
                       int64_t fallback, int64_t *number_r);

/* A time (RFC 3339, UTC) as microseconds; 0 when absent. */
enum err api_query_time(struct call *c, const char *name, int64_t *us_r);

/* An id; the nil one when absent. */
enum err api_query_id(struct call *c, const char *name, struct id *id_r);

/* Up to max words with commas between. */
enum err api_query_words(struct call *c, const char *name, struct str *words,
                         size_t max, size_t *count_r);

/* A page: its number from 0 and its size, at most 100. */
struct api_page {
    int64_t number, size;
};

/* page and size (20 when absent); rows beyond `reach` are out of range. */
enum err api_query_page(struct call *c, int64_t reach, struct api_page *page_r);

/* "page":{size,number,totalElements,totalPages} */
void api_query_put_page(struct json_out *j, const struct api_page *page,
                        int64_t total);

/* Blames a parameter; ERR_VALIDATION, to be returned. */
enum err api_query_wrong(struct call *c, const char *name);

#endif
