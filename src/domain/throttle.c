/* SPDX-License-Identifier: MIT */
/* Throttling by reservation: a try is counted before it is made, so that
 * parallel workers cannot multiply the budget. Lanes keep a stranger's failures
 * away from the owner's own device. */
#include "domain/throttle.h"

#include <string.h>

#include "base/buf.h"
#include "domain/address.h"
#include "domain/event.h"
#include "store/store_event.h"

/* The first bucket of a sign-in is the account's lane, the second the network.
 */
enum { THROTTLE_LANE, THROTTLE_NETWORK, THROTTLE_BUCKETS };

struct throttle_lane {
    const char *name; /* for the event */
    int64_t limit;
};

static enum err throttle_network(struct ctx *c, const char *label,
                                 uint8_t bucket[STORE_HASH_LEN])
{
    struct ip net = ip_customer(&c->client.ip);
    struct digest d;
    enum err e = seal_lookup(
        c->sealer, label, (struct str){(const char *)net.b, sizeof(net.b)}, &d);

    if (e == ERR_OK)
        memcpy(bucket, d.b, STORE_HASH_LEN);
    return e;
}

static enum err throttle_lane(struct ctx *c, struct str email_normal,
                              const struct id *device,
                              uint8_t bucket[STORE_HASH_LEN])
{
    struct digest d;
    enum err e;

    if (id_is_nil(device)) {
        e = address_lookup(c, "throttle-account", email_normal, &d);
    } else {
        struct buf b = buf_new(c->arena);
        struct str value;

        buf_put(&b, device->b, sizeof(device->b));
        buf_str(&b, email_normal);
        e = buf_done(&b, &value);
        if (e == ERR_OK)
            e = address_lookup(c, "throttle-device", value, &d);
    }
    if (e == ERR_OK)
        memcpy(bucket, d.b, STORE_HASH_LEN);
    return e;
}

/* Whole seconds until the window ends, rounded up: a client that comes back at
 * that time is let in. */
static int64_t throttle_wait(int64_t end_us, int64_t now_us)
{
    int64_t wait = (end_us - now_us + CLOCK_SECOND - 1) / CLOCK_SECOND;

    return wait > 1 ? wait : 1;
}

/* ERR_OK, or ERR_TOO_MANY_REQUESTS with the longest wait of the full buckets
 * and *over_r the last full one. *first_r: nothing was full before this try. */
static enum err throttle_take(struct ctx *c, uint8_t (*buckets)[STORE_HASH_LEN],
                              const struct throttle_lane *lanes, unsigned n,
                              const struct throttle_lane **over_r,
                              bool *first_r)
{
    struct store_throttle taken[THROTTLE_BUCKETS];
    int64_t window = c->config->throttle_window * CLOCK_SECOND;
    int64_t wait = 0;
    bool first = true;
    enum err e = store_throttle_take(c->db, c->arena,
                                     (const uint8_t(*)[STORE_HASH_LEN])buckets,
                                     n, window, taken);

    if (e != ERR_OK)
        return e;
    for (unsigned i = 0; i < n; i++) {
        if (taken[i].used <= lanes[i].limit)
            continue;
        int64_t w = throttle_wait(taken[i].window_end_us, taken[i].now_us);

        wait = w > wait ? w : wait;
        first &= taken[i].used == lanes[i].limit + 1;
        *over_r = &lanes[i];
    }
    if (wait == 0)
        return ERR_OK;
    c->retry_after_s = wait;
    *first_r = first;
    return ERR_TOO_MANY_REQUESTS;
}

/* Only the first throttled try of a window is written: the next ones are free
 * for an attacker and must not fill the audit table. */
static void throttle_tell(struct ctx *c, const struct throttle_lane *over,
                          bool first)
{
    struct log_field fields[] = {LOG_TEXT("lane", str_of(over->name)), LOG_END};
    struct str none = {NULL, 0};
    struct str detail = none;

    if (event_detail(c, fields, &detail) != ERR_OK)
        detail = none;
    if (!first)
        event_log(c, EVENT_SIGN_IN_THROTTLED, none, NULL, detail);
    else
        (void)event_record(c, EVENT_SIGN_IN_THROTTLED, none, NULL, detail);
}

/* A known device counts in its network but is not held back by it: its own lane
 * bounds it, and a stranger behind the same address must not lock it out. */
enum err throttle_login(struct ctx *c, struct str email_normal,
                        const struct id *known_device,
                        struct throttle_hold *hold_r)
{
    const bool known = !id_is_nil(known_device);
    const struct throttle_lane lanes[THROTTLE_BUCKETS] = {
        {known ? "device" : "account", known
                                           ? c->config->throttle_device_limit
                                           : c->config->throttle_account_limit},
        {"network", known ? INT64_MAX : c->config->throttle_network_limit}};
    struct throttle_hold hold = {.count = THROTTLE_BUCKETS};
    const struct throttle_lane *over = &lanes[THROTTLE_LANE];
    bool first = false;
    enum err e = throttle_lane(c, email_normal, known_device,
                               hold.bucket[THROTTLE_LANE]);

    if (e == ERR_OK)
        e = throttle_network(c, "throttle-network",
                             hold.bucket[THROTTLE_NETWORK]);
    if (e == ERR_OK)
        e = throttle_take(c, hold.bucket, lanes, hold.count, &over, &first);
    if (e == ERR_TOO_MANY_REQUESTS)
        throttle_tell(c, over, first);
    if (e == ERR_OK)
        *hold_r = hold;
    return e;
}

enum err throttle_factor(struct ctx *c, const struct id *account,
                         const struct id *device, struct throttle_hold *hold_r)
{
    const bool known = !id_is_nil(device);
    const struct throttle_lane lane = {
        "second factor", known ? c->config->throttle_device_limit
                               : c->config->throttle_account_limit};
    const struct throttle_lane *over = &lane;
    struct throttle_hold hold = {.count = 1};
    struct buf b = buf_new(c->arena);
    struct digest d;
    struct str value;
    bool first = false;

    buf_put(&b, account->b, sizeof(account->b));
    buf_put(&b, device->b, sizeof(device->b));
    enum err e = buf_done(&b, &value);

    if (e == ERR_OK)
        e = address_lookup(c, "throttle-factor", value, &d);
    if (e != ERR_OK)
        return e;
    memcpy(hold.bucket[0], d.b, STORE_HASH_LEN);
    e = throttle_take(c, hold.bucket, &lane, 1, &over, &first);
    if (e == ERR_TOO_MANY_REQUESTS)
        throttle_tell(c, over, first);
    if (e == ERR_OK)
        *hold_r = hold;
    return e;
}

enum err throttle_register(struct ctx *c)
{
    const struct throttle_lane lane = {"network",
                                       c->config->throttle_register_limit};
    const struct throttle_lane *over = &lane;
    uint8_t bucket[1][STORE_HASH_LEN];
    bool first = false;
    enum err e = throttle_network(c, "throttle-register", bucket[0]);

    return e != ERR_OK ? e : throttle_take(c, bucket, &lane, 1, &over, &first);
}

/* One bucket of a limit of its own. */
static enum err throttle_one(struct ctx *c,
                             const uint8_t bucket[STORE_HASH_LEN],
                             int64_t limit, int64_t window_s)
{
    struct store_throttle taken;
    uint8_t buckets[1][STORE_HASH_LEN];

    memcpy(buckets[0], bucket, STORE_HASH_LEN);
    enum err e = store_throttle_take(c->db, c->arena,
                                     (const uint8_t(*)[STORE_HASH_LEN])buckets,
                                     1, window_s * CLOCK_SECOND, &taken);

    if (e != ERR_OK || taken.used <= limit)
        return e;
    c->retry_after_s = throttle_wait(taken.window_end_us, taken.now_us);
    return ERR_TOO_MANY_REQUESTS;
}

enum err throttle_limit(struct ctx *c, const char *label, struct str value,
                        int64_t limit, int64_t window_s)
{
    struct digest d;
    enum err e = address_lookup(c, label, value, &d);

    return e != ERR_OK ? e : throttle_one(c, d.b, limit, window_s);
}

enum err throttle_limit_network(struct ctx *c, const char *label, int64_t limit,
                                int64_t window_s)
{
    uint8_t bucket[STORE_HASH_LEN];
    enum err e = throttle_network(c, label, bucket);

    return e != ERR_OK ? e : throttle_one(c, bucket, limit, window_s);
}

#define THROTTLE_MINUTE (60 * CLOCK_SECOND)

/* What was used comes back gradually: a client that waits a little may ask a
 * little. */
static enum err throttle_flow(struct ctx *c, const uint8_t *bucket,
                              int64_t limit, enum err over,
                              struct throttle_rate *rate_r)
{
    struct store_throttle taken;
    int64_t each = THROTTLE_MINUTE / limit;
    enum err e = store_throttle_flow(c->db, c->arena, bucket, each,
                                     THROTTLE_MINUTE, &taken);

    if (e != ERR_OK)
        return e;
    int64_t room = taken.now_us + THROTTLE_MINUTE - taken.window_end_us;

    *rate_r = (struct throttle_rate){limit, room > 0 ? room / each : 0,
                                     (taken.window_end_us + CLOCK_SECOND - 1) /
                                         CLOCK_SECOND};
    if (taken.used != 0)
        return ERR_OK;
    rate_r->left = 0;
    c->retry_after_s = throttle_wait(taken.now_us + each - room, taken.now_us);
    return over;
}

enum err throttle_request(struct ctx *c, struct throttle_rate *rate_r)
{
    uint8_t bucket[STORE_HASH_LEN];
    enum err e = throttle_network(c, "throttle-request", bucket);

    return e != ERR_OK
               ? e
               : throttle_flow(c, bucket, c->config->throttle_request_limit,
                               ERR_IP_RATE_LIMIT, rate_r);
}

enum err throttle_account_request(struct ctx *c, struct str subject,
                                  struct throttle_rate *rate_r)
{
    struct digest d;
    enum err e = address_lookup(c, "throttle-account-request", subject, &d);

    return e != ERR_OK
               ? e
               : throttle_flow(c, d.b,
                               c->config->throttle_account_request_limit,
                               ERR_USER_RATE_LIMIT, rate_r);
}

enum err throttle_cooldown(struct ctx *c, const char *label, struct str value)
{
    enum err e = throttle_limit(c, label, value, 1, c->config->mail_cooldown);

    return e == ERR_TOO_MANY_REQUESTS ? ERR_MAIL_COOLDOWN : e;
}

enum err throttle_cooldown_left(struct ctx *c, const char *label,
                                struct str value, int64_t *left_s_r)
{
    struct store_throttle held;
    struct digest d;
    enum err e = address_lookup(c, label, value, &d);

    if (e == ERR_OK)
        e = store_throttle_look(c->db, d.b, &held);
    if (e == ERR_NO_ROW || (e == ERR_OK && held.window_end_us <= held.now_us)) {
        *left_s_r = 0;
        return ERR_OK;
    }
    if (e == ERR_OK)
        *left_s_r = throttle_wait(held.window_end_us, held.now_us);
    return e;
}

static enum err throttle_give(struct ctx *c, const struct throttle_hold *hold,
                              bool clear)
{
    return store_throttle_release(
        c->db, (const uint8_t(*)[STORE_HASH_LEN])hold->bucket, hold->count,
        clear);
}

enum err throttle_release(struct ctx *c, const struct throttle_hold *hold)
{
    return throttle_give(c, hold, true);
}

void throttle_return(struct ctx *c, const struct throttle_hold *hold)
{
    enum err e = throttle_give(c, hold, false);

    if (e != ERR_OK)
        log_msg(LOG_LEVEL_NOTICE, "throttle.not_returned", "%s", err_name(e));
}
