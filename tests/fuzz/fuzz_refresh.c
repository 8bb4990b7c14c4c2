/* SPDX-License-Identifier: MIT */
/* Refresh tokens: the input is one, and what a token made here says. */
#include "fuzz.h"

#include <string.h>

#include "domain/refresh_token.h"
#include "fuzz_token.h"

static struct sealer *sealer;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    sealer = fuzz_sealer();
    return 0;
}

static bool same(const struct refresh_token *x, const struct refresh_token *y)
{
    const struct lineage_token *k = &x->lineage;
    const struct lineage_token *l = &y->lineage;

    return id_eq(&x->session_id, &y->session_id) &&
           memcmp(&x->hash, &y->hash, sizeof(x->hash)) == 0 &&
           memcmp(k->key, l->key, sizeof(k->key)) == 0 &&
           memcmp(k->parent, l->parent, sizeof(k->parent)) == 0 &&
           k->issued_us == l->issued_us;
}

static void check_shut(struct ctx *c, struct str text)
{
    struct refresh_token token;

    FUZZ_CHECK(refresh_token_open(c, text, &token) ==
               ERR_REFRESH_TOKEN_INVALID);
}

/* Opens in its realm only, and not when a character is another. */
static void check_bound(struct ctx *c, struct str text, size_t number)
{
    char *copy = arena_strdup(c->arena, text);

    FUZZ_CHECK(copy != NULL);
    copy[number % text.n] = copy[number % text.n] == 'A' ? 'B' : 'A';
    check_shut(c, (struct str){copy, text.n});
    c->realm_id++;
    check_shut(c, text);
    c->realm_id--;
}

static void check_round(struct ctx *c, struct str said, size_t number)
{
    struct {
        struct id session;
        uint8_t parent[STORE_HASH_LEN];
        int64_t issued_us;
    } in = {.issued_us = 0};
    struct refresh_token made;
    struct refresh_token opened;
    struct str text;

    if (said.n > 0)
        memcpy(&in, said.p, said.n < sizeof(in) ? said.n : sizeof(in));
    FUZZ_CHECK(refresh_token_make(c, &in.session, in.parent, in.issued_us,
                                  &text, &made) == ERR_OK);
    FUZZ_CHECK(refresh_token_open(c, text, &opened) == ERR_OK);
    FUZZ_CHECK(same(&made, &opened));
    FUZZ_CHECK(opened.lineage.issued_us == in.issued_us);
    FUZZ_CHECK(id_eq(&opened.session_id, &in.session));
    check_bound(c, text, number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx c = {.arena = fuzz_arena(), .sealer = sealer, .realm_id = 7};
    struct str text = fuzz_text(data, size);
    struct refresh_token token;
    enum err e = refresh_token_open(&c, text, &token);

    FUZZ_CHECK(e == ERR_OK || e == ERR_REFRESH_TOKEN_INVALID);
    if (e == ERR_OK)
        check_bound(&c, text, size / 2);
    size_t number = fuzz_number(&text);

    check_round(&c, text, number);
    return 0;
}
