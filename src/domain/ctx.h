/* SPDX-License-Identifier: MIT */
/* What every rule needs: the worker's lasting things and this request's. */
#ifndef GATEHOUSE_DOMAIN_CTX_H
#define GATEHOUSE_DOMAIN_CTX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/ip.h"
#include "base/str.h"
#include "config/config.h"
#include "crypto/password.h"
#include "crypto/seal.h"
#include "store/db.h"
#include "store/store_session.h"

struct app_cache;   /* domain/app_cache.h */
struct app_keys;    /* domain/app_keys.h */
struct keyring;     /* domain/keyring.h */
struct token_cache; /* domain/token_cache.h */

/* Where a request comes from, as far as rules care. */
struct client {
    struct ip ip;
    struct str user_agent, browser, os; /* may be empty */
    enum store_device_type device_type;
    struct str device_token; /* the device cookie; {NULL, 0}: none */
    struct str request_id;
    struct str locale; /* BCP 47, of a sane form; empty: none */
    bool locale_asked; /* by the locale parameter, not only the browser's */
    struct str place;  /* "Berlin, DE" by the GeoIP file; empty: unknown */
    struct store_place where;
    /* Fills in browser, os, device_type, place and where, which is dear; NULL
     * when there is nothing (more) to fill in. */
    enum err (*identify)(void *data);
    void *identify_data;
    bool places; /* addresses tell places: there is a GeoIP file */
};

/* The circumstances of one piece of work. Borrowed throughout. */
struct ctx {
    const struct config *config;
    struct db *db;
    struct keyring *keyring;
    struct token_cache *cache;   /* NULL: none */
    struct app_cache *app_cache; /* NULL: none */
    struct app_keys *app_keys;   /* NULL: no applications are served */
    const struct sealer *sealer;
    struct hasher *hasher;
    struct clock clock; /* the database's: hosts must agree on times */
    struct arena *arena;
    struct client client;
    int64_t realm_id;
    struct str actor; /* administrator who acts, NUL behind; empty: nobody */
    /* Whose owner is told by which ways the account opens, once the answer has
     * gone, so that its time tells nothing; nil: nobody's. */
    struct id tell_account;
    int64_t retry_after_s; /* set beside ERR_TOO_MANY_REQUESTS and 503s */
};

#endif
