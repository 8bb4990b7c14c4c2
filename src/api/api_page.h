/* SPDX-License-Identifier: MIT */
/* Built-in pages behind mailed links. Opening one does nothing, for mail
 * scanners open links too: a button posts the token. A further page is a row in
 * api_page.def, its texts in api_page_text.def and a row in the route table. */
#ifndef GATEHOUSE_API_API_PAGE_H
#define GATEHOUSE_API_API_PAGE_H

#include "api/call.h"
#include "base/err.h"

enum api_page {
#define PAGE(name, endpoint, asks) API_PAGE_##name,
#include "api/api_page.def"
#undef PAGE
    API_PAGE_COUNT
};

/* Answers with a page in the client's language. ERR_NO_MEMORY. */
enum err api_page(struct call *c, enum api_page page);

/* GET /account/verify-email */
enum err api_page_verify_email(struct call *c);
/* GET /account/reset-password */
enum err api_page_reset_password(struct call *c);
/* GET /account/sign-out-device */
enum err api_page_sign_out_device(struct call *c);

#endif
