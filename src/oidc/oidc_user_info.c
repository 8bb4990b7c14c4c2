/* SPDX-License-Identifier: MIT */
/* An answer about somebody else must not complete an ID token: a swapped access
 * token would bring another person's address. */
#include "oidc/oidc_user_info.h"

#include "base/buf.h"
#include "http/json.h"
#include "oidc/oidc_net.h"
#include "oidc/oidc_person.h"

#define WHAT "user-info"

static enum err bearer(struct oidc_job *job, struct str access,
                       const char **authorization_r)
{
    struct buf b = buf_new(job->arena);
    struct str text;

    buf_text(&b, "Bearer ");
    buf_str(&b, access);
    enum err e = buf_done(&b, &text);

    if (e == ERR_OK)
        *authorization_r = text.p;
    return e;
}

static enum err read_body(struct oidc_job *job, struct str body, struct str sub,
                          struct oidc_identity *who)
{
    struct json_field fields[1 + OIDC_PERSON_FIELDS] = {
        {"sub", JSON_IDENTIFIER, false, 0, OIDC_PERSON_SUBJECT, oidc_job_plain},
    };
    struct json_value v[1 + OIDC_PERSON_FIELDS];

    oidc_person_fields(job->provider, fields + 1);
    enum err e = json_pick(job->arena, body, fields, 1 + OIDC_PERSON_FIELDS, v);

    if (e != ERR_OK)
        return oidc_job_blame(job, e, "user_info_malformed");
    if (sub.n > 0 && !str_eq(v[0].text, sub))
        return oidc_job_refuse(job, "user_info_of_another");
    return oidc_person_read(job, v + 1, who);
}

enum err oidc_user_info_read(struct oidc_job *job, struct str access,
                             struct str sub, struct oidc_identity *who)
{
    struct fetch_ask ask = {.url = job->at.user_info.p};
    struct fetch_answer answer;
    enum err e = bearer(job, access, &ask.authorization);

    if (e == ERR_OK)
        e = oidc_net_ask(job, job->arena, WHAT, &ask, &answer);
    if (e != ERR_OK)
        return e;
    if (answer.status != 200)
        return oidc_job_refuse(job, "user_info_refused");
    return read_body(job, answer.body, sub, who);
}
