/* SPDX-License-Identifier: MIT */
/* Texts become rows, mails and lines of the log: their lengths are those of the
 * columns, and control characters are not taken. */
#include "oidc/oidc_person.h"

#define EMAIL_MAX 320
#define NAME_MAX 400
#define LOCALE_MAX 64

enum { P_SUBJECT, P_EMAIL, P_VERIFIED, P_NAME, P_LOCALE };
_Static_assert(P_LOCALE + 1 == OIDC_PERSON_FIELDS, "a field each");

void oidc_person_fields(const struct config_provider *p,
                        struct json_field out[OIDC_PERSON_FIELDS])
{
    out[P_SUBJECT] =
        (struct json_field){p->subject_claim,    JSON_IDENTIFIER, false, 0,
                            OIDC_PERSON_SUBJECT, oidc_job_plain};
    out[P_EMAIL] = (struct json_field){p->email_claim, JSON_STRING,   false, 0,
                                       EMAIL_MAX,      oidc_job_plain};
    out[P_VERIFIED] = (struct json_field){
        p->email_verified_claim, JSON_FLAG, false, 0, 0, NULL};
    out[P_NAME] = (struct json_field){p->name_claim, JSON_STRING,   false, 0,
                                      NAME_MAX,      oidc_job_plain};
    out[P_LOCALE] = (struct json_field){"locale", JSON_STRING, false,
                                        0,        LOCALE_MAX,  oidc_job_plain};
}

/* claim "": the operator wants none. */
static void fill(struct str *text, const char *claim, struct str value)
{
    if (text->n == 0 && value.n > 0 && claim[0] != '\0')
        *text = value;
}

enum err oidc_person_read(struct oidc_job *job,
                          const struct json_value v[OIDC_PERSON_FIELDS],
                          struct oidc_identity *who)
{
    const struct config_provider *p = job->provider;
    bool told = who->email.n > 0;

    fill(&who->subject, p->subject_claim, v[P_SUBJECT].text);
    fill(&who->email, p->email_claim, v[P_EMAIL].text);
    fill(&who->name, p->name_claim, v[P_NAME].text);
    fill(&who->locale, "locale", v[P_LOCALE].text);
    if (!told && who->email.n > 0)
        who->email_verified =
            p->email_trusted ||
            (p->email_verified_claim[0] != '\0' && v[P_VERIFIED].boolean);
    if (who->subject.n > 0)
        return ERR_OK;
    job->why = "no_subject";
    return ERR_SUB_CLAIM_MISSING;
}
