/* SPDX-License-Identifier: MIT */
/* Where mailed links lead: a page of the operator's or a built-in one. */
#ifndef GATEHOUSE_DOMAIN_LINK_H
#define GATEHOUSE_DOMAIN_LINK_H

#include "base/err.h"
#include "domain/ctx.h"

/* What a link is for. */
enum link_kind {
    LINK_VERIFY_EMAIL,
    LINK_RESET_PASSWORD,
    LINK_SIGN_OUT_DEVICE,
    LINK_COUNT
};

/* The path of the built-in page. Static text. */
const char *link_path(enum link_kind kind);

/* The address of the page with ?token= behind it. */
enum err link_url(struct ctx *c, enum link_kind kind, struct str token,
                  struct str *url_r);

#endif
