/* SPDX-License-Identifier: MIT */
/* One-time codes in bodies: clients send them as text and as numbers. */
#include "api/api_code.h"

const char *api_code_check(struct str json)
{
    char first = '\0';

    if (json.n > 0)
        first = json.p[0];

    if (first == '"' || (first >= '0' && first <= '9') ||
        str_eq(json, STR("null")))
        return NULL;
    return "WRONG_TYPE";
}

enum err api_code(struct call *c, const struct json_value *v, unsigned digits,
                  struct str *code_r)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str text = v->text;
    const bool quoted = v->present && text.n >= 2 && text.p[0] == '"';

    if (!v->present || str_eq(text, STR("null")) || str_eq(text, STR("\"\""))) {
        *code_r = (struct str){NULL, 0};
        return ERR_OK;
    }
    if (quoted)
        text = (struct str){text.p + 1, text.n - 2};
    for (size_t n = text.n; !quoted && n < digits; n++)
        buf_char(&b, '0');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != ' ')
            buf_char(&b, text.p[i]);
    }
    return buf_done(&b, code_r);
}
