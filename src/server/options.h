/* SPDX-License-Identifier: MIT */
/* The command line of gatehouse(8). */
#ifndef GATEHOUSE_SERVER_OPTIONS_H
#define GATEHOUSE_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

enum options_action {
    OPTIONS_SERVE,
    OPTIONS_CHECK_CONFIG,
    OPTIONS_SHOW_CONFIG,
    OPTIONS_VERSION,
    OPTIONS_HELP
};

enum options_mode {
    OPTIONS_POOL,  /* own listening socket, or systemd's */
    OPTIONS_FCGI,  /* the listening socket is descriptor 0 */
    OPTIONS_SINGLE /* the same, and this process is the one worker */
};

struct options {
    enum options_action action;
    enum options_mode mode;
    const char *config; /* path of the configuration */
};

/* Reads the arguments; config comes from --config, else from env_config (may be
 * NULL), else from the default place. false, and a line to errors, when they
 * are not understood. */
bool options_parse(int argc, char **argv, const char *env_config, FILE *errors,
                   struct options *o_r);

/* Writes the usage. */
void options_help(FILE *out);

#endif
