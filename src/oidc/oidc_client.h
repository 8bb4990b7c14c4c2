/* SPDX-License-Identifier: MIT */
/* How we show a provider which client we are (RFC 6749 section 2.3, RFC 7523).
 */
#ifndef GATEHOUSE_OIDC_OIDC_CLIENT_H
#define GATEHOUSE_OIDC_OIDC_CLIENT_H

#include "base/buf.h"
#include "oidc/oidc_job.h"

/* Appends what the configured way wants to the form, or sets *authorization_r
 * to a header field's value (else it stays). ERR_PROVIDER_UNAVAILABLE: our key
 * is of no use; ERR_NO_MEMORY, ERR_NO_RANDOM. */
enum err oidc_client_prove(struct oidc_job *job, struct buf *form,
                           const char **authorization_r);

#endif
