/* SPDX-License-Identifier: MIT */
/* Password arenas and User-Agent rules outlive a reload: they are mapped or
 * compiled once and shared by all that was forked since. */
#include "server/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/dispatch.h"
#include "base/log.h"

#define SERVICE_ARENA ((size_t)1 << 20)

int service_log(const struct config *config)
{
    return log_open((enum log_sink)config->log_sink,
                    (enum log_format)config->log_format,
                    (enum log_level)config->log_level, config->log_file);
}

static enum err service_failed(const char *what, enum err e)
{
    log_msg(LOG_LEVEL_ERROR, "server.start_failed", "%s: %s", what,
            err_name(e));
    return e;
}

/* A file that is not what it should be must not go unnoticed until somebody
 * asks where a session is. */
static enum err service_geoip(struct service *s)
{
    const char *why;
    enum err e = geoip_open(s->config->geoip_database, &s->geoip, &why);

    if (e == ERR_VALIDATION)
        log_msg(LOG_LEVEL_ERROR, "server.start_failed",
                "geoip.database: %s: %s", s->config->geoip_database, why);
    return e == ERR_OK || e == ERR_VALIDATION
               ? e
               : service_failed("geoip.database", e);
}

/* What a reload replaces. */
static enum err service_build(struct service *s)
{
    const struct config_secret *keys = &s->config->keys_sealing_key_file;

    s->arena = arena_new(SERVICE_ARENA);
    if (s->arena == NULL)
        return service_failed("memory", ERR_NO_MEMORY);
    enum err e = sealer_new((struct str){keys->value, keys->n}, &s->sealer);
    if (e != ERR_OK)
        return service_failed("keys.sealing_key_file", e);
    e = api_init(&s->api, s->arena, s->config, s->useragents);
    if (e != ERR_OK)
        return service_failed("api", e);
    e = service_geoip(s);
    s->api.geoip = s->geoip;
    return e;
}

static void service_unbuild(struct service *s)
{
    sealer_free(&s->sealer);
    geoip_close(&s->geoip);
    arena_free(&s->arena);
    config_free(&s->config);
}

enum err service_open(struct config *config, const char *path,
                      struct service *s_r)
{
    struct service s = {.path = path, .config = config};
    const struct password_params params = {
        (uint32_t)config->passwords_memory_kib,
        (uint32_t)config->passwords_passes};
    enum err e =
        useragent_rules_load(config->http_useragent_rules, &s.useragents);

    if (e != ERR_OK)
        (void)service_failed("http.useragent_rules", e);
    if (e == ERR_OK) {
        e = hasher_new(&params, (unsigned)config->passwords_parallel_hashes,
                       &s.hasher);
        if (e == ERR_OK)
            e = hasher_firebase(
                s.hasher,
                str_trim(str_of(config->cdi_firebase_signer_key_file.value)));
        if (e != ERR_OK)
            (void)service_failed("password arenas", e);
    }
    if (e == ERR_OK)
        e = service_build(&s);
    if (e != ERR_OK) {
        service_close(&s);
        return e;
    }
    *s_r = s;
    return ERR_OK;
}

/* Logs a text line by line. */
static void service_log_lines(enum log_level level, const char *event,
                              const char *text)
{
    struct str rest = str_of(text);

    while (rest.p != NULL) {
        struct str line = str_cut(&rest, '\n');
        if (line.n > 0)
            log_event(level, event,
                      (struct log_field[]){LOG_TEXT("msg", line), LOG_END});
    }
}

/* The new configuration with old's values where a restart is needed; NULL,
 * logged, when it is not good. */
static struct config *service_config(const struct service *s)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (out == NULL)
        return NULL;
    struct config *fresh = config_load(s->path, out);
    if (fresh != NULL)
        fresh = config_reload(s->config, fresh, out);
    bool good = fresh != NULL;
    (void)fclose(out);
    service_log_lines(good ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR,
                      good ? "config.needs_restart" : "config.bad", text);
    free(text);
    return fresh;
}

enum err service_reload(struct service *s)
{
    struct service fresh = {
        .path = s->path, .hasher = s->hasher, .useragents = s->useragents};

    fresh.config = service_config(s);
    if (fresh.config == NULL)
        return ERR_VALIDATION;
    enum err e = service_build(&fresh);
    if (e != ERR_OK) {
        service_unbuild(&fresh);
        return e;
    }
    if (service_log(fresh.config) != 0)
        log_msg(LOG_LEVEL_WARNING, "log.open_failed", "%s: %s",
                fresh.config->log_file, strerror(errno));
    service_unbuild(s);
    *s = fresh;
    return ERR_OK;
}

void service_close(struct service *s)
{
    service_unbuild(s);
    hasher_free(&s->hasher);
    useragent_rules_free(&s->useragents);
}
