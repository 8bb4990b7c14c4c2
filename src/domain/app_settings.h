/* SPDX-License-Identifier: MIT */
/* Settings of one application or tenant, by the names their back ends know: a
 * JSON object that lies over the configuration. Names nobody here knows are
 * kept and mean nothing. */
#ifndef GATEHOUSE_DOMAIN_APP_SETTINGS_H
#define GATEHOUSE_DOMAIN_APP_SETTINGS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"

/* Lays the settings of core_config, a judged JSON object, over s; what is wrong
 * with one leaves that one as it is. `shared` with those that all tenants of an
 * application have in common. */
void app_settings_lay(const struct config *config, struct arena *a,
                      struct str core_config, bool shared,
                      struct app_settings *s);

/* Is every known setting of core_config of a fitting kind and value, over s as
 * it lies there? ERR_APP_CONFIG with the reason, in the arena. */
enum err app_settings_check(const struct config *config, struct arena *a,
                            struct str core_config, bool shared,
                            struct app_settings s, struct str *reason_r);

/* core_config with the members of change, of which null takes one away. *text_r
 * in the arena. ERR_NO_MEMORY. */
enum err app_settings_merge(struct arena *a, struct str core_config,
                            struct str change, struct str *text_r);

/* change with the hashes of its api_keys in their place, which is how they are
 * kept. ERR_APP_CONFIG with the reason for what can be no list of keys. */
enum err app_settings_hide(struct arena *a, struct str change,
                           struct str *text_r, struct str *reason_r);

#endif
