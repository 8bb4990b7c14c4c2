/* SPDX-License-Identifier: MIT */
/* Refresh token generations: what a presented token is, by pure rules. */
#ifndef GATEHOUSE_DOMAIN_LINEAGE_H
#define GATEHOUSE_DOMAIN_LINEAGE_H

#include <stdint.h>

#include "store/store_session.h"

/* A presented refresh token, as far as its place in the family matters. */
struct lineage_token {
    uint8_t key[STORE_HASH_LEN]; /* hash of the hash of its text */
    uint8_t
        parent[STORE_HASH_LEN]; /* generation it was issued from; zero: none */
    int64_t issued_us;
};

enum lineage_verdict {
    LINEAGE_CURRENT, /* member of the current generation: issue a child */
    LINEAGE_PROMOTE, /* first use of a child: move the row on, then issue */
    LINEAGE_OVERLAP, /* the parent within the overlap: issue a sibling */
    LINEAGE_THEFT,   /* anything else */
    LINEAGE_COUNT
};

/* Judges token against the row at now_us with overlap_us (0: none). */
enum lineage_verdict lineage_judge(const struct store_lineage *row,
                                   const struct lineage_token *token,
                                   int64_t overlap_us, int64_t now_us);

/* The row after token (judged LINEAGE_PROMOTE) was used first. */
struct store_lineage lineage_promoted(const struct store_lineage *row,
                                      const struct lineage_token *token);

/* The parent of what is issued now in answer to token, given the verdict and
 * the row (already promoted where it had to be). */
const uint8_t *lineage_parent(const struct store_lineage *row,
                              enum lineage_verdict verdict);

#endif
