/* SPDX-License-Identifier: MIT */
/* A private database and two workers on it, for tests of src/domain. */
#ifndef GATEHOUSE_TESTS_DOMAIN_WORLD_H
#define GATEHOUSE_TESTS_DOMAIN_WORLD_H

#include <stdint.h>

#include "domain/account.h"
#include "domain/session.h"
#include "domain/sign_in.h"

#define WORLD_PASSWORD "correct horse battery"

struct st_mysql;

struct world {
    struct config *config; /* tests change its members */
    struct sealer *sealer;
    struct hasher *hasher;
    struct ctx a, b;         /* two workers: own connection, keys and cache */
    int64_t clock_offset_us; /* added to the workers' clock */
    struct st_mysql *raw;    /* for looking behind the curtain */
    char dir[64], socket[192];
    unsigned accounts; /* made so far, for fresh addresses */
    struct str email;  /* of the account world_sign_in uses */
    char email_text[64];
};

/* Group set-up and tear-down: server, schema, workers. */
int world_up(void **state);
/* Stops the server and removes its files. */
int world_down(void **state);
/* Test set-up: defaults in the configuration and a fresh account. */
int world_fresh(void **state);

/* Runs a statement on the side; fails the test when it does not work. */
void world_sql(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The integer a query answers. */
int64_t world_number(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Events of that kind since the test began. */
int64_t world_events(struct world *w, const char *kind);

/* Makes a session's row older by seconds, as if that time had passed. */
void world_age(struct world *w, const struct id *session, int64_t seconds);

/* Signs the test's account in; the device token goes into the context. */
struct tokens world_sign_in(struct world *w, struct ctx *c);
/* The same call, whatever it answers. */
enum err world_try(struct world *w, struct ctx *c, const char *password,
                   struct signed_in *in_r);

/* session_check by its answer alone. */
enum err world_check(struct ctx *c, struct str access);

#endif
