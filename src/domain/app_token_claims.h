/* SPDX-License-Identifier: MIT */
/* What an access token of an application says, as JSON and back. */
#ifndef GATEHOUSE_DOMAIN_APP_TOKEN_CLAIMS_H
#define GATEHOUSE_DOMAIN_APP_TOKEN_CLAIMS_H

#include "domain/app_token.h"

/* Writes t as one object; t->claims. ERR_APP_PAYLOAD. */
enum err app_token_claims_write(struct arena *a, struct app_token *t);

/* Reads an object that nobody has judged yet, of t->form.
 * ERR_ACCESS_TOKEN_INVALID. */
enum err app_token_claims_read(struct arena *a, struct str json,
                               struct app_token *t);

#endif
