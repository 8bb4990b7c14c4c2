/* SPDX-License-Identifier: MIT */
/* The members that say who somebody is, by their configured names. */
#ifndef GATEHOUSE_OIDC_OIDC_PERSON_H
#define GATEHOUSE_OIDC_OIDC_PERSON_H

#include "http/json.h"
#include "oidc/oidc.h"
#include "oidc/oidc_job.h"

#define OIDC_PERSON_FIELDS 5
#define OIDC_PERSON_SUBJECT 255 /* bytes (OpenID Connect Core 1.0, 2) */

/* Declares OIDC_PERSON_FIELDS members in out. */
void oidc_person_fields(const struct config_provider *p,
                        struct json_field out[OIDC_PERSON_FIELDS]);

/* Reads what was picked for them into subject, email, email_verified, name and
 * locale; what is filled already stays, an address together with what is said
 * of it. ERR_SUB_CLAIM_MISSING when no subject is known then. */
enum err oidc_person_read(struct oidc_job *job,
                          const struct json_value v[OIDC_PERSON_FIELDS],
                          struct oidc_identity *who);

#endif
