/* SPDX-License-Identifier: MIT */
/* The order in which a server comes to life, and the reverse at its end. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/secret.h"
#include "server/listen.h"
#include "server/master.h"
#include "server/options.h"
#include "server/process.h"
#include "server/scoreboard.h"
#include "server/service.h"
#include "server/signals.h"
#include "server/worker.h"

enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 /* EX_CONFIG */ };

#define MAIN_FIRST_PASSED 3 /* SD_LISTEN_FDS_START */

/* mod_fcgid: this process is the worker. */
static int main_single(struct service *s, const struct listen *listen)
{
    struct scoreboard_slot slot = {.served = 0};
    const struct worker_seat seat = {
        .listen = listen, .slot = &slot, .takes = RELAY_NONE, .alone = true};
    enum worker_end end;

    do {
        end = worker_run(s, &seat);
        /* A bad configuration is logged, and the old one stays. */
        if (end == WORKER_RELOAD)
            (void)service_reload(s);
    } while (end == WORKER_RELOAD);
    return end == WORKER_FAILED ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int main_pool(struct service *s, const struct listen *listen)
{
    if (process_pid_write(s->config->server_pid_file) != 0) {
        log_msg(LOG_LEVEL_ERROR, "server.start_failed", "%s: %s",
                s->config->server_pid_file, strerror(errno));
        return EXIT_FAILURE;
    }
    int code = master_run(s, listen);
    /* Read again: a reload has replaced the texts, not this key. */
    if (s->config->server_pid_file[0] != '\0')
        (void)unlink(s->config->server_pid_file);
    return code;
}

static enum err main_listen(const struct options *o, const struct config *c,
                            int passed, struct listen *l_r)
{
    if (o->mode != OPTIONS_POOL)
        return listen_inherit(0, l_r);
    if (passed > 0)
        return listen_inherit(MAIN_FIRST_PASSED, l_r);
    return listen_open(c, l_r);
}

static int main_serve(const struct options *o, struct service *s, int passed)
{
    struct listen listen;

    if (main_listen(o, s->config, passed, &listen) != ERR_OK)
        return EXIT_FAILURE;
    /* Spawned by a web server: its death is our end. */
    if (o->mode != OPTIONS_POOL)
        (void)process_follow(getppid());
    int code = o->mode == OPTIONS_SINGLE ? main_single(s, &listen)
                                         : main_pool(s, &listen);
    listen_close(&listen);
    return code;
}

static int main_run(const struct options *o, struct config *config)
{
    struct service service = {.path = NULL};
    int passed = o->mode == OPTIONS_POOL ? listen_activated() : 0;

    process_harden(MAIN_FIRST_PASSED + passed);
    signals_block();
    if (o->action == OPTIONS_SERVE && service_log(config) != 0) {
        (void)fprintf(stderr, "gatehouse: log: %s\n", strerror(errno));
        config_free(&config);
        return EXIT_FAILURE;
    }
    if (crypto_init() != ERR_OK) {
        log_msg(LOG_LEVEL_ERROR, "server.start_failed", "no random numbers");
        config_free(&config);
        return EXIT_FAILURE;
    }
    enum err e = service_open(config, o->config, &service);
    if (e != ERR_OK)
        return e == ERR_VALIDATION ? EXIT_CONFIG : EXIT_FAILURE;
    int code = o->action == OPTIONS_SERVE ? main_serve(o, &service, passed)
                                          : EXIT_SUCCESS;
    service_close(&service);
    return code;
}

int main(int argc, char **argv)
{
    struct options o;

    if (!options_parse(argc, argv, getenv("GATEHOUSE_CONF"), stderr, &o))
        return EXIT_USAGE;
    if (o.action == OPTIONS_HELP) {
        options_help(stdout);
        return EXIT_SUCCESS;
    }
    if (o.action == OPTIONS_VERSION) {
        (void)puts("gatehouse " PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    struct config *config = config_load(o.config, stderr);
    if (config == NULL)
        return EXIT_CONFIG;
    if (o.action == OPTIONS_SHOW_CONFIG) {
        config_show(config, stdout);
        config_free(&config);
        return EXIT_SUCCESS;
    }
    return main_run(&o, config);
}
