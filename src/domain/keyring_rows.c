/* SPDX-License-Identifier: MIT */
/* A signing key at rest is sealed and bound to its kid. */
#include "domain/keyring_rows.h"

struct keyring_rows_list {
    struct arena *arena;
    struct keyring_row **tail;
};

static enum err keyring_rows_each(void *data, const struct store_key *k)
{
    struct keyring_rows_list *list = data;
    struct keyring_row *row = arena_alloc(list->arena, sizeof(*row));

    if (row == NULL)
        return ERR_NO_MEMORY;
    row->k = *k;
    *list->tail = row;
    list->tail = &row->next;
    return ERR_OK;
}

enum err keyring_rows(struct ctx *c, struct keyring_row **rows_r)
{
    struct keyring_row *rows = NULL;
    struct keyring_rows_list list = {c->arena, &rows};
    enum err e =
        store_key_list(c->db, c->arena, c->realm_id, keyring_rows_each, &list);

    if (e == ERR_OK)
        *rows_r = rows;
    return e;
}

static enum err keyring_rows_alg(struct str name, enum key_alg *alg_r)
{
    for (unsigned a = 0; a < KEY_ALG_COUNT; a++) {
        if (str_eq(name, str_of(key_alg_name((enum key_alg)a)))) {
            *alg_r = (enum key_alg)a;
            return ERR_OK;
        }
    }
    return ERR_VALIDATION;
}

enum err keyring_rows_open(struct ctx *c, const struct store_key *row,
                           struct key **key_r)
{
    struct key *key = NULL;
    struct str der;
    enum key_alg alg;
    enum err e = keyring_rows_alg(row->alg, &alg);

    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, SEAL_SIGNING_KEY, row->kid,
                      row->sealed, &der);
    if (e == ERR_OK)
        e = key_import(alg, der, &key);
    if (e == ERR_OK && !str_eq(row->kid, str_of(key_id(key)))) {
        key_free(&key);
        e = ERR_VALIDATION;
    }
    if (e == ERR_OK)
        *key_r = key;
    return e;
}

enum err keyring_rows_seal(struct ctx *c, const struct key *key,
                           int64_t created_us, int64_t active_us,
                           struct store_key *row_r)
{
    struct store_key row = {.kid = str_of(key_id(key)),
                            .realm_id = c->realm_id,
                            .alg = str_of(key_alg_name(key_alg(key))),
                            .created_us = created_us,
                            .active_us = active_us};
    struct str der;
    enum err e = key_export(key, c->arena, &der);

    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, SEAL_SIGNING_KEY, row.kid, der,
                 &row.sealed);
    if (e == ERR_OK)
        *row_r = row;
    return e;
}
