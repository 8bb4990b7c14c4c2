/* SPDX-License-Identifier: MIT */
/* A directory with a configuration in it, for the tests of src/config. */
#ifndef GATEHOUSE_TESTS_CONFIG_FIXTURE_H
#define GATEHOUSE_TESTS_CONFIG_FIXTURE_H

#include "config/config.h"

struct fixture {
    char dir[64];
    char *errors; /* what the last load wrote */
};

/* What a configuration needs at least. */
#define FIXTURE_NEEDED                                                         \
    "[http]\npublic_url = https://id.example.org\n"                            \
    "[keys]\nsealing_key_file = seal.key\n"

/* cmocka's setup: an empty directory with a good seal.key. */
int fixture_setup(void **state);

/* cmocka's teardown. */
int fixture_teardown(void **state);

/* Writes dir/name with that text and mode. */
void fixture_write(const struct fixture *f, const char *name, const char *text,
                   unsigned mode);

/* dir/name, in static memory until the next call. */
const char *fixture_path(const struct fixture *f, const char *name);

/* Loads dir/gatehouse.conf; errors hold what was told, without dir. */
struct config *fixture_load(struct fixture *f);

/* Writes gatehouse.conf with text and loads it. */
struct config *fixture_take(struct fixture *f, const char *text);

/* config_show as text; the caller frees it. */
char *fixture_show(const struct config *c);

#endif
