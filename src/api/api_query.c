/* SPDX-License-Identifier: MIT */
/* Query parameters are judged like fields of a body, with the same answer. */
#include "api/api_query.h"

#include "base/clock.h"

#define QUERY_PAGE_SIZE 20
#define QUERY_PAGE_MAX 100

enum err api_query_wrong(struct call *c, const char *name)
{
    c->body.invalid[0] = (struct http_invalid){
        name, "WRONG_VALUE", "This parameter has a wrong value"};
    c->body.invalid_count = 1;
    return ERR_VALIDATION;
}

enum err api_query_text(struct call *c, const char *name, size_t max,
                        struct str *text_r)
{
    struct str text;
    enum err e = http_query(c->ctx->arena, c->req, str_of(name), &text);

    if (e != ERR_OK)
        return e;
    if (text.p != NULL &&
        (text.n == 0 || text.n > max || str_has_control(text)))
        return api_query_wrong(c, name);
    *text_r = text;
    return ERR_OK;
}

enum err api_query_int(struct call *c, const char *name, int64_t max,
                       int64_t fallback, int64_t *number_r)
{
    struct str text;
    uint64_t number = (uint64_t)fallback;
    enum err e = api_query_text(c, name, 20, &text);

    if (e != ERR_OK)
        return e;
    if (text.p != NULL && !str_uint(text, (uint64_t)max, &number))
        return api_query_wrong(c, name);
    *number_r = (int64_t)number;
    return ERR_OK;
}

enum err api_query_time(struct call *c, const char *name, int64_t *us_r)
{
    struct str text;
    int64_t us = 0;
    enum err e = api_query_text(c, name, 64, &text);

    if (e != ERR_OK)
        return e;
    if (text.p != NULL && !clock_rfc3339_parse(text, &us))
        return api_query_wrong(c, name);
    *us_r = us;
    return ERR_OK;
}

enum err api_query_id(struct call *c, const char *name, struct id *id_r)
{
    struct str text;
    struct id id = {{0}};
    enum err e = api_query_text(c, name, ID_TEXT_LEN, &text);

    if (e != ERR_OK)
        return e;
    if (text.p != NULL && !id_parse(text, &id))
        return api_query_wrong(c, name);
    *id_r = id;
    return ERR_OK;
}

enum err api_query_words(struct call *c, const char *name, struct str *words,
                         size_t max, size_t *count_r)
{
    struct str rest;
    size_t count = 0;
    enum err e = api_query_text(c, name, max * 65, &rest);

    if (e != ERR_OK)
        return e;
    while (rest.p != NULL) {
        struct str word = str_cut(&rest, ',');

        if (word.n == 0 || count == max)
            return api_query_wrong(c, name);
        words[count++] = word;
    }
    *count_r = count;
    return ERR_OK;
}

enum err api_query_page(struct call *c, int64_t reach, struct api_page *page_r)
{
    struct api_page page;
    enum err e = api_query_int(c, "page", reach, 0, &page.number);

    if (e == ERR_OK)
        e = api_query_int(c, "size", QUERY_PAGE_MAX, QUERY_PAGE_SIZE,
                          &page.size);
    if (e != ERR_OK)
        return e;
    if (page.size == 0)
        return api_query_wrong(c, "size");
    if (page.number * page.size >= reach)
        return api_query_wrong(c, "page");
    *page_r = page;
    return ERR_OK;
}

void api_query_put_page(struct json_out *j, const struct api_page *page,
                        int64_t total)
{
    json_open(j, "page", '{');
    json_int(j, "size", page->size);
    json_int(j, "number", page->number);
    json_int(j, "totalElements", total);
    json_int(j, "totalPages", (total + page->size - 1) / page->size);
    json_close(j, '}');
}
