/* SPDX-License-Identifier: MIT */
/* Which generation a refresh token belongs to. RFC 9700 section 4.14.2 wants
 * reuse detected; a lost answer and two tabs must not look like it. With
 * overlap_us 0 every generation has exactly one member and a used parent is
 * dead at once. Where a lineage rotates, the answer itself uses the token up,
 * and within the overlap a later answer takes an earlier one's place. */
#include "domain/lineage.h"

#include <stdbool.h>
#include <string.h>

static const uint8_t lineage_none[STORE_HASH_LEN];

/* Keys are hashes of hashes, so an early exit tells nothing of use. A zero key
 * stands for NULL and is equal to nothing. */
static bool lineage_same(const uint8_t *key, const uint8_t *of_row)
{
    return memcmp(of_row, lineage_none, STORE_HASH_LEN) != 0 &&
           memcmp(key, of_row, STORE_HASH_LEN) == 0;
}

/* Is token a child of `parent` issued together with the one used first? Either
 * may have been issued before the other. */
static bool lineage_sibling(const struct lineage_token *token,
                            const uint8_t *parent, int64_t first_us,
                            int64_t overlap_us)
{
    return overlap_us > 0 && lineage_same(token->parent, parent) &&
           token->issued_us >= first_us - overlap_us &&
           token->issued_us <= first_us + overlap_us;
}

static enum lineage_verdict
lineage_judge_rotated(const struct store_lineage *row,
                      const struct lineage_token *token, int64_t overlap_us,
                      int64_t now_us)
{
    if (lineage_same(token->key, row->cur))
        return LINEAGE_CURRENT;
    if (lineage_same(token->parent, row->cur))
        return LINEAGE_PROMOTE;
    return lineage_same(token->key, row->prev) &&
                   now_us <= row->cur_issued_us + overlap_us
               ? LINEAGE_OVERLAP
               : LINEAGE_THEFT;
}

enum lineage_verdict lineage_judge(const struct store_lineage *row,
                                   const struct lineage_token *token,
                                   const struct lineage_rules *rules,
                                   int64_t now_us)
{
    const int64_t overlap_us = rules->overlap_us;

    if (rules->rotates)
        return lineage_judge_rotated(row, token, overlap_us, now_us);
    if (lineage_same(token->key, row->cur) ||
        lineage_sibling(token, row->prev, row->cur_issued_us, overlap_us))
        return LINEAGE_CURRENT;
    if (lineage_same(token->parent, row->cur))
        return LINEAGE_PROMOTE;
    if (overlap_us > 0 && now_us <= row->cur_issued_us + overlap_us &&
        (lineage_same(token->key, row->prev) ||
         lineage_sibling(token, row->grand, row->prev_issued_us, overlap_us)))
        return LINEAGE_OVERLAP;
    return LINEAGE_THEFT;
}

enum lineage_reuse lineage_reuse(const struct store_lineage *row,
                                 const struct lineage_token *token)
{
    if (lineage_same(token->key, row->prev))
        return LINEAGE_REUSE_RECENT;
    return lineage_same(token->parent, row->prev) ? LINEAGE_REUSE_ORPHAN
                                                  : LINEAGE_REUSE_STALE;
}

struct store_lineage lineage_promoted(const struct store_lineage *row,
                                      const struct lineage_token *token)
{
    struct store_lineage next;

    memcpy(next.grand, row->prev, STORE_HASH_LEN);
    memcpy(next.prev, row->cur, STORE_HASH_LEN);
    next.prev_issued_us = row->cur_issued_us;
    memcpy(next.cur, token->key, STORE_HASH_LEN);
    next.cur_issued_us = token->issued_us;
    return next;
}

struct store_lineage lineage_rotated(const struct store_lineage *row,
                                     const struct lineage_token *token,
                                     const struct lineage_token *child,
                                     int64_t now_us)
{
    struct store_lineage next = *row;

    if (!lineage_same(token->key, row->cur))
        next = lineage_promoted(row, token);
    memcpy(next.grand, next.prev, STORE_HASH_LEN);
    memcpy(next.prev, token->key, STORE_HASH_LEN);
    next.prev_issued_us = next.cur_issued_us;
    memcpy(next.cur, child->key, STORE_HASH_LEN);
    next.cur_issued_us = now_us;
    return next;
}

const uint8_t *lineage_parent(const struct store_lineage *row,
                              enum lineage_verdict verdict)
{
    return verdict == LINEAGE_OVERLAP ? row->prev : row->cur;
}
