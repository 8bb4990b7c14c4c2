/* SPDX-License-Identifier: MIT */
/* One request to a provider and its answer, judged as far as all answers are.
 */
#ifndef GATEHOUSE_OIDC_OIDC_NET_H
#define GATEHOUSE_OIDC_OIDC_NET_H

#include "oidc/oidc_job.h"

/* Asks with the provider's authorities; what names the question in the log.
 * ERR_OK: an answer of status 200 with a JSON body, or one of 400 to 403,
 * whose body may be anything. ERR_PROVIDER_UNAVAILABLE: everything else, with
 * a line in the log, where neither body nor address stand. */
enum err oidc_net_ask(struct oidc_job *job, struct arena *a, const char *what,
                      struct fetch_ask *ask, struct fetch_answer *answer_r);

/* Notes in the log, and in job, that what was asked is of no use. */
enum err oidc_net_useless(struct oidc_job *job, const char *what,
                          const char *why);

#endif
