/* SPDX-License-Identifier: MIT */
/* Names and values of a query or a form. */
#ifndef GATEHOUSE_OIDC_OIDC_FORM_H
#define GATEHOUSE_OIDC_OIDC_FORM_H

#include "base/buf.h"
#include "base/str.h"

/* Appends text with everything but unreserved characters (RFC 3986 2.3) as
 * %XX, which reads the same in a query and in a form. */
void oidc_form_escape(struct buf *b, struct str text);

/* Appends name=value, behind an & when b has something already. */
void oidc_form_put(struct buf *b, const char *name, struct str value);

#endif
