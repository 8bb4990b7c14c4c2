/* SPDX-License-Identifier: MIT */
/* Forms as SDKs send them: {"formFields":[{"id":…,"value":…},…]}, judged in
 * the words their users know. */
#ifndef GATEHOUSE_API_FDI_FORM_H
#define GATEHOUSE_API_FDI_FORM_H

#include <stdbool.h>

#include "api/call.h"
#include "base/err.h"

/* What a form has to have. */
struct fdi_form_rule {
    bool email, password;
    bool strict; /* the password is judged, else only that it is there */
};

struct fdi_form {
    struct str email, password; /* the address without blanks around it */
};

/* The body as a JSON object; "{}" when there is none of that type.
 * ERR_MALFORMED_JSON. */
enum err fdi_form_body(struct call *c, struct str *object_r);

/* Reads the form of a body. Where its shape is wrong: a refusal of 400; where a
 * field is: the answer FIELD_ERROR (c->answered). */
enum err fdi_form_read(struct call *c, struct str body,
                       const struct fdi_form_rule *rule,
                       struct fdi_form *form_r);

/* Answers FIELD_ERROR about one field (c->answered). */
enum err fdi_form_error(struct call *c, const char *id, const char *text);

/* Has a body that member? */
bool fdi_form_has(struct str body, const char *name);

/* A string member of a body; missing and wrong are the refusals' texts. */
enum err fdi_form_text(struct call *c, struct str body, const char *name,
                       const char *const refusals[2], struct str *text_r);

#endif
