/* SPDX-License-Identifier: MIT */
/* Refresh token generations: what a presented token is, by pure rules. */
#ifndef GATEHOUSE_DOMAIN_LINEAGE_H
#define GATEHOUSE_DOMAIN_LINEAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store_session.h"

/* A presented refresh token, as far as its place in the family matters. */
struct lineage_token {
    uint8_t key[STORE_HASH_LEN]; /* hash of the hash of its text */
    uint8_t
        parent[STORE_HASH_LEN]; /* generation it was issued from; zero: none */
    int64_t issued_us;
};

/* How generations follow each other. */
struct lineage_rules {
    /* How long a parent is still taken after a child of it: 0, not at all. Of
     * a lineage that rotates it is counted from the rotation. */
    int64_t overlap_us;
    /* A token that is refreshed is used up by that; else by the first use of
     * a child. */
    bool rotates;
};

enum lineage_verdict {
    LINEAGE_CURRENT, /* member of the current generation: issue a child */
    LINEAGE_PROMOTE, /* first use of a child: move the row on, then issue */
    LINEAGE_OVERLAP, /* the parent within the overlap: issue a sibling */
    LINEAGE_THEFT,   /* anything else */
    LINEAGE_COUNT
};

/* What the reuse of a token that is judged LINEAGE_THEFT is. */
enum lineage_reuse {
    LINEAGE_REUSE_STALE,  /* of an older generation, or none of the family */
    LINEAGE_REUSE_RECENT, /* of the parent, too late */
    LINEAGE_REUSE_ORPHAN  /* of a child of the parent, displaced by another */
};

/* Judges token against the row at now_us. */
enum lineage_verdict lineage_judge(const struct store_lineage *row,
                                   const struct lineage_token *token,
                                   const struct lineage_rules *rules,
                                   int64_t now_us);

/* Tells thefts apart. */
enum lineage_reuse lineage_reuse(const struct store_lineage *row,
                                 const struct lineage_token *token);

/* The row after token (judged LINEAGE_PROMOTE) was used first. */
struct store_lineage lineage_promoted(const struct store_lineage *row,
                                      const struct lineage_token *token);

/* The row after token (judged LINEAGE_CURRENT or LINEAGE_PROMOTE, of a lineage
 * that rotates) has been answered with child at now_us. */
struct store_lineage lineage_rotated(const struct store_lineage *row,
                                     const struct lineage_token *token,
                                     const struct lineage_token *child,
                                     int64_t now_us);

/* The parent of what is issued now in answer to token, given the verdict and
 * the row (already promoted where it had to be). */
const uint8_t *lineage_parent(const struct store_lineage *row,
                              enum lineage_verdict verdict);

#endif
