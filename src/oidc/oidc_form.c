/* SPDX-License-Identifier: MIT */
/* A query and a form body are written alike. */
#include "oidc/oidc_form.h"

#include "base/url.h"

void oidc_form_put(struct buf *b, const char *name, struct str value)
{
    if (b->n > 0)
        buf_char(b, '&');
    buf_text(b, name);
    buf_char(b, '=');
    url_escape(b, value);
}
