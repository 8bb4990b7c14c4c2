/* SPDX-License-Identifier: MIT */
/* What all processes of a server share: made before the fork, replaced as a
 * whole by a reload. */
#ifndef GATEHOUSE_SERVER_SERVICE_H
#define GATEHOUSE_SERVER_SERVICE_H

#include "api/call.h"
#include "base/arena.h"
#include "base/err.h"
#include "config/config.h"
#include "crypto/password.h"
#include "crypto/seal.h"
#include "http/geoip.h"
#include "http/useragent.h"

struct service {
    const char *path;      /* of the configuration */
    struct config *config; /* owned, as all below */
    struct arena *arena;   /* texts of api */
    struct api api;
    struct sealer *sealer;
    struct hasher *hasher;
    struct useragent_rules *useragents;
    struct geoip *geoip;
};

/* Opens the log as config says; -1 with errno set. */
int service_log(const struct config *config);

/* Makes everything from config (taken over, also on failure). ERR_VALIDATION
 * (logged): a key or rule file does not fit; ERR_NO_MEMORY. Release with
 * service_close. */
enum err service_open(struct config *config, const char *path,
                      struct service *s_r);

/* Reads the configuration again. On any problem all stays as it is and the
 * reasons are logged: ERR_VALIDATION, ERR_NO_MEMORY. */
enum err service_reload(struct service *s);

/* Releases everything; safe on a zeroed one. */
void service_close(struct service *s);

#endif
