/* SPDX-License-Identifier: MIT */
/* Access tokens of applications: the input is one, and the claims of one in
 * each form. What is read is the same when it is written and read again. */
#include "fuzz.h"

#include <string.h>

#include "base/json_read.h"
#include "base/json_scan.h"
#include "domain/app_token.h"
#include "domain/app_token_claims.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static bool same_text(struct str x, struct str y)
{
    return (x.p == NULL) == (y.p == NULL) && str_eq(x, y);
}

static bool same(struct arena *a, const struct app_token *x,
                 const struct app_token *y)
{
    bool payload = false;

    FUZZ_CHECK(json_read_same(a, x->payload, y->payload, &payload) == ERR_OK);
    return payload && same_text(x->sub, y->sub) &&
           same_text(x->rsub, y->rsub) && same_text(x->handle, y->handle) &&
           same_text(x->tenant, y->tenant) && same_text(x->hash1, y->hash1) &&
           same_text(x->parent, y->parent) &&
           same_text(x->anti_csrf, y->anti_csrf) &&
           x->created_ms == y->created_ms && x->expiry_ms == y->expiry_ms;
}

/* Depth and numbers of members beyond what a body may have. */
static void check_payload(struct arena *a, const struct app_token *t)
{
    const struct json_limits wide = {32, 1088, t->claims.n};

    FUZZ_CHECK(json_scan(a, t->payload, &wide) == ERR_OK);
    FUZZ_CHECK(app_token_payload(a, t->form, t->payload) == ERR_OK);
}

static void check_again(struct arena *a, const struct app_token *t)
{
    struct app_token written = *t;
    struct app_token again = {.form = t->form};

    check_payload(a, t);
    FUZZ_CHECK(app_token_claims_write(a, &written) == ERR_OK);
    FUZZ_CHECK(app_token_claims_read(a, written.claims, &again) == ERR_OK);
    FUZZ_CHECK(same(a, t, &again));
}

static void check_claims(struct arena *a, struct str json,
                         enum app_token_form form)
{
    struct app_token t = {.form = form};
    enum err e = app_token_claims_read(a, json, &t);

    FUZZ_CHECK(e == ERR_OK || e == ERR_ACCESS_TOKEN_INVALID);
    if (e == ERR_OK)
        check_again(a, &t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx c = {.arena = fuzz_arena()};
    struct str text = fuzz_text(data, size);
    struct app_token t = {.form = APP_TOKEN_V2};
    enum err e = app_token_parse(&c, text, &t);

    FUZZ_CHECK(e == ERR_OK || e == ERR_ACCESS_TOKEN_INVALID);
    if (e == ERR_OK)
        check_again(c.arena, &t);
    for (unsigned f = APP_TOKEN_V2; f <= APP_TOKEN_V5; f++)
        check_claims(c.arena, text, (enum app_token_form)f);
    return 0;
}
