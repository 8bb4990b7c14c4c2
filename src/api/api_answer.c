/* SPDX-License-Identifier: MIT */
/* The small answers that many handlers give. */
#include "api/api_answer.h"

void api_answer_success(struct call *c)
{
    http_json_begin(c->res, 200);
    json_bool(&c->res->json, "success", true);
    http_json_end(c->res);
}

void api_answer_count(struct call *c, uint64_t n)
{
    http_json_begin(c->res, 200);
    json_bool(&c->res->json, "success", true);
    json_int(&c->res->json, "count", (int64_t)n);
    http_json_end(c->res);
}

/* Names of roles need no escape in JSON, so every second piece between quotes
 * is one. */
bool api_answer_is_admin(const struct call *c)
{
    struct str rest = c->view.claims.roles;

    if (!c->has_session)
        return false;
    while (rest.p != NULL) {
        (void)str_cut(&rest, '"');
        if (str_eq(str_cut(&rest, '"'), STR("ADMIN")))
            return true;
    }
    return false;
}

void api_answer_words(struct json_out *j, const char *key, struct str words)
{
    json_open(j, key, '[');
    while (words.n > 0) {
        struct str word = str_cut(&words, ' ');

        if (word.n > 0)
            json_str(j, NULL, word);
    }
    json_close(j, ']');
}

enum err api_answer_invalid(struct call *c, const char *field, enum err e)
{
    c->body.invalid[0] =
        (struct http_invalid){field, err_code(e), err_title(e)};
    c->body.invalid_count = 1;
    return ERR_VALIDATION;
}
