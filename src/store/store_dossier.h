/* SPDX-License-Identifier: MIT */
/* All that rows say of one person, for a copy of it and for its erasure. */
#ifndef GATEHOUSE_STORE_STORE_DOSSIER_H
#define GATEHOUSE_STORE_STORE_DOSSIER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "store/store_event.h"
#include "store/store_session.h"

/* A session with what a list of live ones leaves out. Texts {NULL, 0}: none. */
struct store_dossier_session {
    struct store_session row; /* times, device, address, methods */
    struct str device_word;   /* "desktop" and so on */
    struct str revoked_reason, country, city;
    struct str data; /* JSON kept with it */
};

/* Something with a name and times: a trusted device, a country, a factor. */
struct store_dossier_fact {
    struct str name;
    int64_t since_us, until_us; /* 0: no end */
};

/* Calls each for every session of an account, ended ones too, oldest first. */
enum err store_dossier_sessions(
    struct db *db, struct arena *a, const struct id *account,
    enum err (*each)(void *data, const struct store_dossier_session *s),
    void *data);

/* Which facts. */
enum store_dossier_facts {
    STORE_DOSSIER_DEVICES,   /* trusted devices, by id */
    STORE_DOSSIER_COUNTRIES, /* used from */
    STORE_DOSSIER_FACTORS,   /* "totp", and a "recovery-code" each */
    STORE_DOSSIER_PROVIDERS, /* connected ones, by name */
    STORE_DOSSIER_TENANTS,   /* signs in there */
    STORE_DOSSIER_EXTERNAL,  /* ids of back ends' own */
    STORE_DOSSIER_ROLES,     /* of an application: tenant/role */
    STORE_DOSSIER_CODES,     /* devices that make codes for an application */
    STORE_DOSSIER_METADATA,  /* of an application: name is a JSON object */
    STORE_DOSSIER_COUNT
};

/* Calls each for every fact of a kind. */
enum err store_dossier_facts(
    struct db *db, struct arena *a, enum store_dossier_facts which,
    const struct id *account,
    enum err (*each)(void *data, const struct store_dossier_fact *fact),
    void *data);

/* The application an account belongs to, and the id its back ends have given
 * the person ({NULL, 0}: none). ERR_NO_ROW. */
enum err store_dossier_names(struct db *db, struct arena *a,
                             const struct id *account, int64_t *app_id_r,
                             struct str *external_r);

/* Calls each for a subject's events behind the id `after`, oldest first, at
 * most limit. e->kind has a NUL behind it. */
enum err store_dossier_events(struct db *db, struct arena *a,
                              const struct store_event *after, int64_t limit,
                              enum err (*each)(void *data,
                                               const struct store_event *e),
                              void *data);

/* Gives a subject's events to another name and takes address, browser and
 * detail out of them; *count_r events. Events are only ever appended and
 * deleted, so they are written anew. */
enum err store_dossier_rename(struct db *db, int64_t realm_id,
                              struct str subject, struct str other,
                              uint64_t *count_r);

#endif
