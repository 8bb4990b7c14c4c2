/* SPDX-License-Identifier: MIT */
/* Takes the users, sessions and keys of a SuperTokens database over, so that
 * nobody has to sign in again: tokens issued there are good here. It may be
 * ended at any time and run again: what stands already is left alone. */
#ifndef GATEHOUSE_DOMAIN_TAKEOVER_H
#define GATEHOUSE_DOMAIN_TAKEOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/ctx.h"

/* How it is done. */
struct takeover_options {
    bool dry_run; /* everything but the end: nothing stays */
    bool replace; /* what stands here already takes the source's state */
};

/* What has become of the rows of one table. */
struct takeover_count {
    const char *table; /* of the source */
    int64_t read, added, changed, kept, skipped;
};

/* A row that cannot be taken over. */
struct takeover_skip {
    const char *table;
    struct str app, id; /* in clear, but never a token, an address or a key */
    const char *reason;
};

/* Who is told. */
struct takeover_sink {
    enum err (*counted)(void *data, const struct takeover_count *count);
    void (*skipped)(void *data, const struct takeover_skip *skip);
    void *data;
};

/* Reads source (a DB_SOURCE handle) and writes c->db, in pieces that stand each
 * for itself. Resets c->arena. A dry run is one transaction, given up at its
 * end. ERR_UNAVAILABLE, and ERR_SCHEMA when a table or column is missing on
 * either side. */
enum err takeover_run(struct ctx *c, struct db *source,
                      const struct takeover_options *options,
                      const struct takeover_sink *sink);

#endif
