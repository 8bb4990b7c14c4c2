/* SPDX-License-Identifier: MIT */
/* A key's age decides, so every process comes to the same answer alone. */
#include "domain/app_keys_plan.h"

#include "base/clock.h"

bool app_keys_plan_due(const struct app_settings *s, int64_t newest_us,
                       int64_t now_us)
{
    return now_us - newest_us >= s->key_rotation_us - s->key_overlap_us;
}

/* A token signed in the key's last moment lives as long as any; twice, because
 * the lifetime may have been longer when it was signed. */
bool app_keys_plan_verifies(const struct app_settings *s, int64_t created_us,
                            int64_t now_us)
{
    return now_us - created_us <
           s->key_rotation_us + 2 * s->access_lifetime_s * CLOCK_SECOND;
}

bool app_keys_plan_waits(const struct app_settings *s, int64_t newest_us,
                         int64_t previous_us, int64_t now_us)
{
    return now_us - newest_us < s->key_overlap_us &&
           now_us - previous_us < s->key_rotation_us;
}

int64_t app_keys_plan_max_age(const struct app_settings *s, int64_t newest_us,
                              int64_t now_us)
{
    int64_t left =
        (newest_us + s->key_rotation_us - s->key_overlap_us - now_us) /
        CLOCK_SECOND;

    return left > 1 ? left : 1;
}
