/* SPDX-License-Identifier: MIT */
/* Search by what the store can tell without opening a seal: an address only
 * whole, by its hash. */
#include "domain/account_search.h"

#include <string.h>

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/address.h"

enum err account_find(struct ctx *c, const struct id *id,
                      struct account *account_r)
{
    struct store_account row;
    enum err e = store_account_by_id(c->db, c->arena, id, &row);

    if (e == ERR_NO_ROW || (e == ERR_OK && row.realm_id != c->realm_id))
        return ERR_USER_NOT_FOUND;
    return e != ERR_OK ? e : account_read(c, &row, account_r);
}

struct account_searching {
    struct ctx *c;
    account_found *each;
    void *data;
};

static enum err account_search_row(void *data, const struct store_account *row,
                                   int64_t active_us)
{
    const struct account_searching *s = data;
    struct account account;
    enum err e = account_read(s->c, row, &account);

    return e != ERR_OK ? e : s->each(s->data, &account, active_us);
}

/* What is no address has no account. */
enum err account_search(struct ctx *c, struct str email,
                        struct store_search *search, account_found *each,
                        void *data, int64_t *total_r)
{
    struct account_searching s = {c, each, data};
    struct digest address;
    struct str normal;
    enum err e = ERR_OK;

    search->realm_id = c->realm_id;
    search->by_email = email.n > 0;
    if (email.n > 0) {
        e = normal_email(c->arena, email, &normal);
        if (e == ERR_OK)
            e = address_lookup(c, ACCOUNT_LOOKUP, normal, &address);
        if (e == ERR_OK)
            memcpy(search->email_hash, address.b, STORE_HASH_LEN);
    }
    if (e == ERR_EMAIL_INVALID) {
        *total_r = 0;
        return ERR_OK;
    }
    return e != ERR_OK ? e
                       : store_account_search(c->db, c->arena, search,
                                              &(struct store_search_sink){
                                                  account_search_row, &s},
                                              total_r);
}
