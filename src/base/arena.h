/* SPDX-License-Identifier: MIT */
/* Memory of one request: allocated in a row, wiped and dropped at its end. */
#ifndef GATEHOUSE_BASE_ARENA_H
#define GATEHOUSE_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;

/* A new arena that may hold up to limit bytes. Address space is reserved at
 * once, memory only when used. NULL when out of memory; owned by the caller. */
struct arena *arena_new(size_t limit);

/* n zeroed bytes aligned for any type, or NULL past the limit. They live until
 * arena_reset or arena_free. */
void *arena_alloc(struct arena *a, size_t n);

/* Makes the latest allocation p longer in place, old_n to new_n bytes, the new
 * ones zeroed. false, and nothing changed, when p is not the latest or past the
 * limit. */
bool arena_extend(struct arena *a, const void *p, size_t old_n, size_t new_n);

/* A NUL-terminated copy of s (the NUL is not counted), or NULL past the limit.
 */
char *arena_strdup(struct arena *a, struct str s);

/* The same copy as a str; {NULL, 0} past the limit. */
struct str arena_str(struct arena *a, struct str s);

/* Calls destroy(object) at the next reset, last registered first: for foreign
 * objects (json_object, results) that must die with the request. 0, or -1 past
 * the limit, and then destroy has been called already. */
int arena_defer(struct arena *a, void (*destroy)(void *), void *object);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

/* Runs the registered destructors, wipes what was used and starts anew. */
void arena_reset(struct arena *a);

/* Resets, releases and NULLs *a; safe on NULL. */
void arena_free(struct arena **a);

#endif
