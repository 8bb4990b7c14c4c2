/* SPDX-License-Identifier: MIT */
/* Rows that come from another service's database: each is put once, and what
 * stands already is left alone or, if it is to be replaced, made the same. */
#ifndef GATEHOUSE_STORE_STORE_TAKEOVER_H
#define GATEHOUSE_STORE_STORE_TAKEOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "store/store_session.h"

/* What putting a row has done. */
enum store_put { STORE_PUT_KEPT, STORE_PUT_ADDED, STORE_PUT_CHANGED };

/* A tenant. app_id 0: it is its application's first, "public". */
struct store_put_tenant {
    struct str app, tenant;
    int64_t app_id;
    struct str core_config;
    struct str first_factors, second_factors; /* {NULL, 0}: none told */
    int64_t created_us;
};

/* Makes a tenant. */
enum err store_put_tenant(struct db *db, const struct store_put_tenant *t);

/* Gives a tenant's row these settings and factors; *put_r. */
enum err store_put_tenant_change(struct db *db, int64_t realm_id,
                                 const struct store_put_tenant *t,
                                 enum store_put *put_r);

/* An account of the realm. */
struct store_put_account {
    struct id id, primary; /* nil: linked to nobody */
    int64_t realm_id;
    bool member; /* of the realm's own tenant */
    uint8_t email_hash[STORE_HASH_LEN];
    uint8_t contact_hash[STORE_HASH_LEN];   /* of one whom a provider knows */
    struct str email_sealed, password_hash; /* {NULL, 0}: none */
    int64_t created_us;
};

/* Makes an account; ERR_DUPLICATE_ROW for its id as for its address. */
enum err store_put_account(struct db *db, const struct store_put_account *acc);

/* Gives an account of the same realm address, password and primary of acc; all
 * its access tokens end when that changes anything. *put_r. */
enum err store_put_account_change(struct db *db,
                                  const struct store_put_account *acc,
                                  enum store_put *put_r);

/* Where the account of that id is. ERR_NO_ROW. */
enum err store_put_account_realm(struct db *db, const struct id *id,
                                 int64_t *realm_id_r);

/* A further tenant of an account. ERR_DUPLICATE_ROW: of this account's too. */
enum err store_put_membership(struct db *db, int64_t realm_id,
                              const struct id *account,
                              const uint8_t email_hash[STORE_HASH_LEN],
                              int64_t created_us);

/* The account has proved its address, if it is the one of that hash or, of one
 * that only a provider opens, of contact. */
enum err store_put_proved(struct db *db, const struct id *account,
                          const uint8_t email_hash[STORE_HASH_LEN],
                          const uint8_t contact[STORE_HASH_LEN],
                          int64_t now_us);

/* What an application keeps by names of its own. */
struct store_put_text {
    int64_t realm_id;      /* the application's or, of a user's role, the
                            * tenant's */
    int64_t app_id;        /* of a user's role */
    struct str name, more; /* user and role; role and permission; ids */
    struct str text;       /* {NULL, 0}: none */
    bool replace;
};

/* An external id of a user: name, more; text is its information.
 * ERR_DUPLICATE_ROW when either has another partner. */
enum err store_put_map(struct db *db, const struct store_put_text *t,
                       enum store_put *put_r);
/* A user's metadata: name, text. */
enum err store_put_metadata(struct db *db, const struct store_put_text *t,
                            enum store_put *put_r);
/* A role: name. */
enum err store_put_role(struct db *db, const struct store_put_text *t,
                        enum store_put *put_r);
/* A role's permission: name, more. */
enum err store_put_permission(struct db *db, const struct store_put_text *t,
                              enum store_put *put_r);
/* A user's role: name, more. */
enum err store_put_user_role(struct db *db, const struct store_put_text *t,
                             enum store_put *put_r);

/* An address a user has proved, by the application's hash of it. */
enum err store_put_verified(struct db *db, int64_t app_id, struct str user,
                            const uint8_t email_hash[STORE_HASH_LEN],
                            enum store_put *put_r);

/* A device that makes codes. */
struct store_put_device {
    int64_t app_id;
    struct id id; /* what the secret is sealed to */
    struct str user, name, secret_sealed;
    int64_t period_s, skew, created_us;
    bool verified, replace;
};

/* Puts a device; *put_r. */
enum err store_put_device(struct db *db, const struct store_put_device *d,
                          enum store_put *put_r);

/* A session of an application. */
struct store_put_session {
    struct id id, account; /* nil: of nobody's */
    int64_t realm_id;
    struct str user, payload, data;
    uint8_t refresh_cur[STORE_HASH_LEN];
    int64_t created_us, expires_us;
    bool fixed;   /* signed by a static key */
    bool replace; /* also one that has moved on here */
};

/* Puts a session. One that stands already takes the state of s when it has not
 * moved on here since it was put, while s has; *put_r. */
enum err store_put_session(struct db *db, const struct store_put_session *s,
                           enum store_put *put_r);

/* Has the application a session whose tokens its own secret encrypts? */
enum err store_put_sessions(struct db *db, int64_t app_id, bool *any_r);

/* Replaces the application's secret of that name. */
enum err store_put_secret(struct db *db, int64_t app_id, struct str name,
                          struct str sealed, int64_t now_us);

#endif
