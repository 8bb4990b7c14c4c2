/* SPDX-License-Identifier: MIT */
/* Which factors a session has seen, and whether they suffice (st-mfa):
 * {"c":{factor:seconds since 1970 UTC},"v":boolean}. */
#ifndef GATEHOUSE_API_FDI_MFA_H
#define GATEHOUSE_API_FDI_MFA_H

#include <stdbool.h>

#include "api/call.h"
#include "api/fdi_claims.h"
#include "api/fdi_factors.h"
#include "base/err.h"
#include "base/json_write.h"

/* How a session stands. Texts in the arena. */
struct fdi_mfa {
    struct fdi_second second; /* what its user has to show */
    struct str set_up;        /* factors its user has, blank-separated */
    struct str email;         /* of its login method; {NULL, 0}: none */
    struct app tenant;        /* of the session, whatever the path's */
    bool satisfied;
};

/* Writes the claim of a session that a password begins. */
void fdi_mfa_start(struct call *c, struct json_out *j,
                   const struct fdi_second *second);

/* Looks up again how c->session stands, with a code that was right just now or
 * without, and lets its tokens say so. ERR_SESSION_INVALID. */
enum err fdi_mfa_sync(struct call *c, bool totp, struct fdi_mfa *mfa_r);

/* Has c->session seen what it has to? By its token; where that tells nothing
 * and fdi.totp is on, as fdi_mfa_sync. */
enum err fdi_mfa_check(struct call *c, bool *good_r);

/* The claim that fails when not. */
struct fdi_flaw fdi_mfa_flaw(void);

/* May a TOTP device be set up? Not in a session that has still to show what
 * its user has: the device would be a way around. */
bool fdi_mfa_may_set_up(const struct fdi_mfa *mfa);

#endif
