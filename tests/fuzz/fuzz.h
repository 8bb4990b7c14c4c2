/* SPDX-License-Identifier: MIT */
/* What every fuzz target shares. A target is one file with the two functions
 * libFuzzer calls; replay.c calls them with the stored corpus instead. */
#ifndef GATEHOUSE_TESTS_FUZZ_H
#define GATEHOUSE_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* Called once at the start, by targets that have something to prepare. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Called with every input; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program as a finding unless the condition holds. */
#define FUZZ_CHECK(holds)                                                      \
    do {                                                                       \
        if (!(holds))                                                          \
            fuzz_broken(__FILE__, __LINE__, #holds);                           \
    } while (0)

/* Tells which condition does not hold, and aborts. */
_Noreturn void fuzz_broken(const char *file, int line, const char *what);

/* The same arena every time, emptied. */
struct arena *fuzz_arena(void);

/* The input as text. */
struct str fuzz_text(const uint8_t *data, size_t size);

/* The next line of *rest, without its newline; {NULL, 0} at the end, and for
 * the line "-", so that an input can leave something out. */
struct str fuzz_line(struct str *rest);

/* Does part lie inside whole? True of {NULL, 0}. */
bool fuzz_is_slice(struct str part, struct str whole);

/* Is c among the characters of set? */
bool fuzz_among(char c, const char *set);

/* Has s none of the bytes of set, nor a NUL? */
bool fuzz_free_of(struct str s, const char *set);

/* A number of two bytes at the end of *s, which they are taken from; 0 when
 * there are none. Readable inputs stay readable with it behind them. */
size_t fuzz_number(struct str *s);

#endif
