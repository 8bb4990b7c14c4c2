/* SPDX-License-Identifier: MIT */
/* Long options only: they are read in unit files and web servers' settings by
 * people who did not write them. */
#include "server/options.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"

#ifndef GATEHOUSE_SYSCONFDIR
#define GATEHOUSE_SYSCONFDIR "/etc/gatehouse"
#endif

/* What a flag sets. */
struct options_flag {
    const char *name;
    enum options_action action;
    bool fcgi, single;
};

static const struct options_flag options_flags[] = {
    {"--check-config", OPTIONS_CHECK_CONFIG, false, false},
    {"--show-config", OPTIONS_SHOW_CONFIG, false, false},
    {"--version", OPTIONS_VERSION, false, false},
    {"--help", OPTIONS_HELP, false, false},
    {"--fcgi", OPTIONS_SERVE, true, false},
    {"--single", OPTIONS_SERVE, false, true},
};

static const struct options_flag *options_find(const char *arg)
{
    for (size_t i = 0; i < sizeof(options_flags) / sizeof(options_flags[0]);
         i++)
        if (strcmp(arg, options_flags[i].name) == 0)
            return &options_flags[i];
    return NULL;
}

/* --config FILE or --config=FILE at argv[*i]; NULL when it is something else
 * or FILE is missing. */
static const char *options_config(int argc, char **argv, int *i)
{
    const char *arg = argv[*i];
    const struct str with = STR("--config=");

    if (str_starts(str_of(arg), with) && arg[with.n] != '\0')
        return arg + with.n;
    if (strcmp(arg, "--config") == 0 && *i + 1 < argc)
        return argv[++*i];
    return NULL;
}

bool options_parse(int argc, char **argv, const char *env_config, FILE *errors,
                   struct options *o_r)
{
    bool from_env = env_config != NULL && env_config[0] != '\0';
    struct options o = {.config = from_env ? env_config
                                           : GATEHOUSE_SYSCONFDIR
                                      "/gatehouse.conf"};
    bool fcgi = false;
    bool single = false;

    for (int i = 1; i < argc; i++) {
        const struct options_flag *flag = options_find(argv[i]);
        const char *config = flag == NULL ? options_config(argc, argv, &i) : "";
        if (config == NULL) {
            (void)fprintf(errors, "gatehouse: bad argument %s\n", argv[i]);
            return false;
        }
        if (flag == NULL) {
            o.config = config;
            continue;
        }
        fcgi = fcgi || flag->fcgi;
        single = single || flag->single;
        if (flag->action != OPTIONS_SERVE)
            o.action = flag->action;
    }
    if (single && !fcgi) {
        (void)fputs("gatehouse: --single needs --fcgi\n", errors);
        return false;
    }
    o.mode = single ? OPTIONS_SINGLE : fcgi ? OPTIONS_FCGI : OPTIONS_POOL;
    *o_r = o;
    return true;
}

void options_help(FILE *out)
{
    (void)fputs(
        "Usage: gatehouse [--config FILE] [--fcgi [--single]]\n"
        "       gatehouse [--config FILE] --check-config | --show-config\n"
        "       gatehouse --version | --help\n"
        "\n"
        "Without --fcgi a pool of workers listens on [server] listen, or on\n"
        "the socket that systemd passes.\n"
        "\n"
        "  --config FILE   the configuration (GATEHOUSE_CONF, or\n"
        "                  " GATEHOUSE_SYSCONFDIR "/gatehouse.conf)\n"
        "  --fcgi          the listening socket is descriptor 0, as lighttpd\n"
        "                  passes it; the workers are forked here\n"
        "  --single        with --fcgi: this process is the one worker, as\n"
        "                  Apache mod_fcgid wants it\n"
        "  --check-config  say what is wrong with the configuration\n"
        "  --show-config   print the configuration in force\n"
        "\n"
        "Exit: 0 done, 1 failed, 2 bad arguments, 78 bad configuration.\n",
        out);
}
