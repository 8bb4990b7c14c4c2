/* SPDX-License-Identifier: MIT */
/* The background job, in pieces short enough to be done between requests. */
#include "domain/janitor.h"

#include "base/log.h"
#include "domain/app_keys.h"
#include "domain/guest.h"
#include "domain/keyring.h"
#include "domain/reseal.h"
#include "store/store_event.h"

#define JANITOR_LEASE "janitor"
#define JANITOR_LEASE_MIN_S 30
#define JANITOR_RESEALS 4 /* pieces at once: a few milliseconds */

/* Rows of a kind that are older than this can go; 0: they stay. */
static int64_t janitor_before(const struct config *config,
                              enum store_purge what, int64_t now_us)
{
    switch (what) {
    case STORE_PURGE_SESSION_EXPIRED:
    case STORE_PURGE_SESSION_REVOKED:
        return now_us - config->sessions_retention * CLOCK_SECOND;
    case STORE_PURGE_EVENT:
        if (config->sessions_audit_retention == 0)
            return 0;
        return now_us - config->sessions_audit_retention * CLOCK_SECOND;
    case STORE_PURGE_OUTBOX:
        return now_us - config->mail_retention * CLOCK_SECOND;
    case STORE_PURGE_TOKEN:
    case STORE_PURGE_THROTTLE:
    case STORE_PURGE_KEY:
    case STORE_PURGE_CHALLENGE:
    case STORE_PURGE_TRUST:
    case STORE_PURGE_APP_TOKEN:
    case STORE_PURGE_APP_TOTP_CODE:
    case STORE_PURGE_COUNT:
        break;
    }
    return now_us;
}

/* One batch of each kind. */
static enum err janitor_batch(struct ctx *c, uint64_t *count_r, bool *more_r)
{
    int64_t batch = c->config->janitor_batch;
    uint64_t sum = 0;
    bool more = false;
    int64_t now;
    enum err e = store_now(c->db, c->arena, &now);

    for (unsigned what = 0; what < STORE_PURGE_COUNT && e == ERR_OK; what++) {
        int64_t before = janitor_before(c->config, (enum store_purge)what, now);
        uint64_t count = 0;

        if (before <= 0)
            continue;
        e = store_purge(c->db, (enum store_purge)what, before, batch, &count);
        sum += count;
        more |= count >= (uint64_t)batch;
    }
    if (e == ERR_OK) {
        uint64_t count = 0;

        e = guest_purge(c, now, batch, &count);
        sum += count;
        more |= count >= (uint64_t)batch;
    }
    if (e != ERR_OK)
        return e;
    *count_r = sum;
    *more_r = more;
    return ERR_OK;
}

/* Re-sealing, if it has been ordered. A host without the key gives the lease
 * away, since another may have it. */
static enum err janitor_reseal(struct ctx *c, const struct id *owner,
                               bool *more_r)
{
    bool more = true, foreign = false;
    enum err e = ERR_OK;

    for (int i = 0; i < JANITOR_RESEALS && more && e == ERR_OK; i++) {
        if (i > 0)
            arena_reset(c->arena);
        e = reseal_step(c, &more, &foreign);
    }
    if (e == ERR_OK && foreign)
        e = store_lease_release(c->db, JANITOR_LEASE, owner);
    if (e == ERR_OK)
        *more_r |= more;
    return e;
}

enum err janitor_tick(struct ctx *c, const struct id *owner, bool *more_r)
{
    int64_t life = 2 * c->config->janitor_interval;
    uint64_t count = 0;
    bool mine = false, changed = false, more = false;

    if (life < JANITOR_LEASE_MIN_S)
        life = JANITOR_LEASE_MIN_S;
    enum err e = store_lease_take(c->db, JANITOR_LEASE, owner,
                                  life * CLOCK_SECOND, &mine);

    if (e != ERR_OK)
        return e;
    if (!mine) {
        *more_r = false;
        return ERR_OK;
    }
    /* Old rows are no reason to keep a key too long, nor the reverse. */
    enum err rotated = keyring_rotate(c, KEYRING_WHEN_DUE, &changed);

    if (rotated == ERR_OK && c->app_keys != NULL)
        rotated = app_keys_ahead(c);

    e = janitor_batch(c, &count, &more);
    if (count > 0)
        log_event(
            LOG_LEVEL_INFO, "janitor.purged",
            (struct log_field[]){LOG_INT("rows", (int64_t)count), LOG_END});
    if (e == ERR_OK)
        e = rotated;
    if (e == ERR_OK)
        e = janitor_reseal(c, owner, &more);
    if (e == ERR_OK)
        *more_r = more;
    return e;
}

void janitor_leave(struct ctx *c, const struct id *owner)
{
    enum err e = store_lease_release(c->db, JANITOR_LEASE, owner);

    if (e != ERR_OK)
        log_msg(LOG_LEVEL_NOTICE, "janitor.lease_kept", "%s", err_name(e));
}

enum err janitor_purge(struct ctx *c, uint64_t *count_r)
{
    uint64_t sum = 0;
    bool more = true;

    while (more) {
        uint64_t count = 0;
        enum err e = janitor_batch(c, &count, &more);

        if (e != ERR_OK)
            return e;
        sum += count;
    }
    *count_r = sum;
    return ERR_OK;
}
