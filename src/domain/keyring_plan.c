/* SPDX-License-Identifier: MIT */
/* A key's state is read off its times: published (created_us), signing
 * (active_us), retired (retired_us), forgotten (expires_us). */
#include "domain/keyring_plan.h"

#include "base/clock.h"
#include "crypto/keys.h"

bool keyring_plan_signs(const struct store_key *k, int64_t now_us)
{
    return k->revoked_us == 0 && k->active_us <= now_us &&
           (k->retired_us == 0 || now_us < k->retired_us);
}

/* The key with no end set: the signer, or its published successor. */
static const struct store_key *keyring_plan_last(const struct keyring_row *rows)
{
    const struct store_key *last = NULL;

    for (; rows != NULL; rows = rows->next) {
        if (rows->k.revoked_us == 0 && rows->k.retired_us == 0 &&
            (last == NULL || rows->k.active_us > last->active_us))
            last = &rows->k;
    }
    return last;
}

/* Without a successor (it was revoked) the next one follows when the signer
 * ends, so that it is published ahead too; without a signer it signs at once.
 */
static int64_t keyring_plan_gap(const struct keyring_row *rows, int64_t now_us)
{
    int64_t end = now_us;

    for (; rows != NULL; rows = rows->next) {
        if (keyring_plan_signs(&rows->k, now_us) && rows->k.retired_us > end)
            end = rows->k.retired_us;
    }
    return end;
}

struct keyring_plan keyring_plan(const struct config *config,
                                 const struct keyring_row *rows, int64_t now_us,
                                 enum keyring_when when)
{
    const struct store_key *last = keyring_plan_last(rows);
    int64_t ahead = config->keys_publish_ahead * CLOCK_SECOND;
    struct keyring_plan nothing = {false, 0};

    if (when == KEYRING_NOW)
        return (struct keyring_plan){true, now_us};
    if (when == KEYRING_AHEAD && last != NULL)
        return (struct keyring_plan){true, now_us + ahead};
    if (last == NULL)
        return (struct keyring_plan){true, keyring_plan_gap(rows, now_us)};
    if (last->active_us > now_us)
        return nothing;
    if (!str_eq(last->alg,
                str_of(key_alg_name((enum key_alg)config->tokens_algorithm))))
        return (struct keyring_plan){true, now_us + ahead};
    int64_t due = last->active_us + config->keys_rotation * CLOCK_SECOND;

    if (now_us < due - ahead)
        return nothing;
    if (due < now_us + ahead)
        due = now_us + ahead;
    return (struct keyring_plan){true, due};
}

int64_t keyring_plan_expires(const struct config *config, int64_t retired_us)
{
    return retired_us +
           (config->tokens_access_lifetime + config->tokens_leeway) *
               CLOCK_SECOND;
}
