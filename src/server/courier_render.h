/* SPDX-License-Identifier: MIT */
/* Messages from templates: files an operator can replace, read anew for every
 * message. doc/mail.md tells their form. */
#ifndef GATEHOUSE_SERVER_COURIER_RENDER_H
#define GATEHOUSE_SERVER_COURIER_RENDER_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "config/config.h"
#include "domain/outbox.h"

#define COURIER_TEMPLATE_MAX 65536 /* bytes of a file */

/* Where templates come from and what they may say of the site. */
struct courier_templates {
    const char *folders[2]; /* the first goes before; "" : none */
    const char *default_locale;
    struct str app, url;
};

/* A message to read. */
struct courier_text {
    struct str subject; /* one line; empty for a text message */
    struct str text;
    struct str html; /* empty: none */
};

/* The templates of this configuration. Borrows from it. */
struct courier_templates courier_render_templates(const struct config *config);

/* The message in the nearest language there is: the tag itself, then without
 * its last pieces, then the default. ERR_NOT_FOUND when there is no template,
 * ERR_VALIDATION when one has no subject or is too big, ERR_NO_MEMORY. In a. */
enum err courier_render(struct arena *a, const struct courier_templates *t,
                        const struct outbox_message *m,
                        struct courier_text *text_r);

/* One template filled in: {{value}} is replaced, escaped if html, and a line
 * that begins with {{?value}} is dropped when that value is empty, one with
 * {{!value}} when it is not. Unknown values are empty. In a; ERR_NO_MEMORY. */
enum err courier_render_fill(struct arena *a, struct str template,
                             const struct courier_templates *t,
                             const struct outbox_message *m, bool html,
                             struct str *out_r);

#endif
