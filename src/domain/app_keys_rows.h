/* SPDX-License-Identifier: MIT */
/* An application's keys and its refresh secret at rest: made, sealed, opened.
 */
#ifndef GATEHOUSE_DOMAIN_APP_KEYS_ROWS_H
#define GATEHOUSE_DOMAIN_APP_KEYS_ROWS_H

#include "crypto/keys.h"
#include "crypto/secret.h"
#include "domain/app.h"
#include "domain/ctx.h"
#include "store/store_app_key.h"

/* Name of the refresh secret among an application's secrets. */
#define APP_KEYS_SECRET "refresh"

struct app_keys_row {
    struct store_app_key k;
    struct app_keys_row *next;
};

/* Every key row of the application, newest first; in the arena. */
enum err app_keys_rows(struct ctx *c, const struct app *app,
                       struct app_keys_row **rows_r);

/* Opens and parses a row. ERR_VALIDATION when seal or content are not sound.
 * Owned by the caller. */
enum err app_keys_rows_open(struct ctx *c, const struct store_app_key *row,
                            struct key **key_r);

/* Makes the static key, or the dynamic one that is due, unless there is one by
 * now: one for all processes and hosts. Dynamic keys that verify no more go.
 * Not within a transaction. */
enum err app_keys_rows_make(struct ctx *c, const struct app *app, bool fixed);

/* The refresh secret, made when there is none. Not within a transaction. Owned
 * by the caller. */
enum err app_keys_rows_secret(struct ctx *c, const struct app *app,
                              struct secret *secret_r);

/* What the refresh secret is sealed to, as re-sealing tells it from the row. */
enum err app_keys_rows_secret_place(struct ctx *c, const struct app *app,
                                    struct str *place_r);

#endif
