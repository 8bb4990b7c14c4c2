/* SPDX-License-Identifier: MIT */
/* Failures are told to the operator here, where it is known what was asked;
 * people only learn that the provider cannot be reached. */
#include "oidc/oidc_net.h"

#include "base/log.h"

#define LATE_S 30

enum err oidc_net_useless(struct oidc_job *job, const char *what,
                          const char *why)
{
    log_event(LOG_LEVEL_WARNING, "oidc.unavailable",
              (const struct log_field[]){
                  LOG_TEXT("provider", str_of(job->provider->name)),
                  LOG_TEXT("asked", str_of(what)), LOG_TEXT("why", str_of(why)),
                  LOG_END});
    job->why = why;
    return ERR_PROVIDER_UNAVAILABLE;
}

static bool is_json(struct str type)
{
    return str_eq(type, STR("application/json")) ||
           str_eq(type, STR("application/jwk-set+json"));
}

/* Whoever let one wait in vain would let the next one wait as well, and hold up
 * those who sign in at others: they share the processes that wait. */
static bool is_late(const struct oidc_job *job)
{
    int64_t since = job->now_s - job->site->late_s;

    return job->site->late_s != 0 && since >= 0 && since < LATE_S;
}

enum err oidc_net_ask(struct oidc_job *job, struct arena *a, const char *what,
                      struct fetch_ask *ask, struct fetch_answer *answer_r)
{
    struct fetch_answer answer = {0};

    if (is_late(job))
        return oidc_net_useless(job, what, "late_before");
    ask->ca_file = job->provider->ca_file == NULL ? "" : job->provider->ca_file;
    enum err e = fetch(job->o->fetch, a, ask, &answer);

    job->site->late_s = answer.late ? job->now_s : 0;
    if (e == ERR_UNAVAILABLE) {
        e = oidc_net_useless(job, what,
                             answer.why == NULL ? "no_answer" : answer.why);
        /* libcurl's sentence is for the log; a browser is told a word. */
        job->why = "no_answer";
        return e;
    }
    if (e != ERR_OK)
        return e;
    if (answer.status == 200 && !is_json(answer.content_type))
        return oidc_net_useless(job, what, "no_json");
    if (answer.status != 200 && (answer.status < 400 || answer.status > 403))
        return oidc_net_useless(job, what, "status");
    *answer_r = answer;
    return ERR_OK;
}
