/* SPDX-License-Identifier: MIT */
/* Finds providers; a handful, so a walk is enough. */
#include "config/provider.h"

const struct config_provider *config_provider(const struct config *c,
                                              struct str name)
{
    for (size_t i = 0; i < c->provider_count; i++) {
        if (str_eq(str_of(c->providers[i].name), name))
            return &c->providers[i];
    }
    return NULL;
}
