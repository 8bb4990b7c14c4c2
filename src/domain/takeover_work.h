/* SPDX-License-Identifier: MIT */
/* What the parts of a takeover share; for the files of takeover alone. */
#ifndef GATEHOUSE_DOMAIN_TAKEOVER_WORK_H
#define GATEHOUSE_DOMAIN_TAKEOVER_WORK_H

#include "domain/app.h"
#include "domain/takeover.h"
#include "store/store_source.h"
#include "store/store_takeover.h"

/* A tenant that has been taken over. */
struct takeover_tenant {
    struct app app;
    struct takeover_tenant *next;
};

/* A whole takeover. */
struct takeover_work {
    struct ctx *c; /* realm_id: whose row is at work */
    struct db *source;
    const struct takeover_options *options;
    const struct takeover_sink *sink;
    struct arena *lasting;           /* beyond a page */
    struct takeover_tenant *tenants; /* in lasting */
    struct takeover_count count;     /* of the page */
    const char *reason;              /* why a row is skipped; NULL: it is not */
    enum store_put done;
};

/* Takes one row over: sets w->done, or w->reason, which is no error. */
typedef enum err takeover_take(struct takeover_work *w,
                               const struct store_source_row *row);

takeover_take takeover_take_tenant, takeover_take_secret, takeover_take_key,
    takeover_take_map, takeover_take_user, takeover_take_verified,
    takeover_take_reset, takeover_take_proof, takeover_take_metadata,
    takeover_take_role, takeover_take_permission, takeover_take_user_role,
    takeover_take_device, takeover_take_session;

/* The tenant of those names, and w->c->realm_id with it; NULL, and w->reason
 * set, when there is none. tenant empty: "public". */
const struct app *takeover_app(struct takeover_work *w, struct str app,
                               struct str tenant);

/* Is text a JSON object (w->reason)? */
bool takeover_object(struct takeover_work *w, struct str text);

/* Is a user's id one that fits (w->reason)? */
bool takeover_user_fits(struct takeover_work *w, struct str user);

#endif
