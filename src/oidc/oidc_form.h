/* SPDX-License-Identifier: MIT */
/* Names and values of a query or a form. */
#ifndef GATEHOUSE_OIDC_OIDC_FORM_H
#define GATEHOUSE_OIDC_OIDC_FORM_H

#include "base/buf.h"
#include "base/str.h"

/* Appends name=value, behind an & when b has something already; escaped in the
 * way that reads the same in a query and in a form (url_escape). */
void oidc_form_put(struct buf *b, const char *name, struct str value);

#endif
