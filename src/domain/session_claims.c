/* SPDX-License-Identifier: MIT */
/* Claims are merged by who reads JSON; here they are only swapped, and only if
 * nobody else has changed them meanwhile. */
#include "domain/session_claims.h"

#include "crypto/jwt.h"
#include "domain/event.h"
#include "domain/session_state.h"
#include "store/store_audit.h"

#define CLAIMS_NONE "{}"

bool session_claims_reserved(struct str name)
{
    return jwt_reserved(name);
}

static enum err claims_live(struct ctx *c, const struct id *id,
                            struct store_session_state *state_r)
{
    enum err e = session_state_live(c, id, state_r);

    return err_status(e) == 401 ? ERR_NOT_FOUND : e;
}

enum err session_claims_get(struct ctx *c, const struct id *id,
                            struct str *claims_r)
{
    struct store_session_state state;
    enum err e = claims_live(c, id, &state);

    if (e == ERR_OK)
        *claims_r =
            state.row.claims.n > 0 ? state.row.claims : STR(CLAIMS_NONE);
    return e;
}

struct claims_swap {
    struct ctx *c;
    const struct store_session *row;
    struct str claims;
};

static enum err claims_write(void *data)
{
    const struct claims_swap *s = data;
    struct ctx *c = s->c;
    bool done = false;
    enum err e = store_session_claims(c->db, &s->row->id, s->row->claims,
                                      s->claims, &done);

    if (e == ERR_OK && !done)
        e = ERR_CONFLICT;
    return e != ERR_OK ? e
                       : event_record(c, EVENT_CLAIMS_SET, s->row->subject,
                                      &s->row->id, (struct str){NULL, 0});
}

enum err session_claims_put(struct ctx *c, const struct id *id,
                            struct str old_claims, struct str claims)
{
    struct store_session_state state;
    struct claims_swap s = {.c = c, .row = &state.row, .claims = claims};
    enum err e = claims.n > SESSION_CLAIMS_MAX ? ERR_BODY_TOO_LARGE
                                               : claims_live(c, id, &state);

    if (e != ERR_OK)
        return e;
    struct str have =
        state.row.claims.n > 0 ? state.row.claims : STR(CLAIMS_NONE);

    if (!str_eq(have, old_claims))
        return ERR_CONFLICT;
    return str_eq(have, claims) ? ERR_OK : db_transact(c->db, claims_write, &s);
}
