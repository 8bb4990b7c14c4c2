/* SPDX-License-Identifier: MIT */
/* Handlers of one's own account, and how people are shown. */
#ifndef GATEHOUSE_API_API_PERSON_H
#define GATEHOUSE_API_API_PERSON_H

#include "api/call.h"
#include "base/err.h"
#include "domain/account.h"

/* Answers with a person: id, name, email, roles and so on; active_us is when
 * the person was last seen (0: not told). */
void api_person_answer(struct call *c, const struct account *account,
                       int64_t active_us);

/* What a rule answers about a new password or an address, as a problem of the
 * body's field of that name; other errors as they are. */
enum err api_person_blame(struct call *c, const char *field, enum err e);

/* GET /api/users/me */
enum err api_person_get(struct call *c);
/* PUT /api/users/me */
enum err api_person_put(struct call *c);
/* DELETE /api/users/me */
enum err api_person_delete(struct call *c);
/* PUT /api/users/me/email */
enum err api_person_email(struct call *c);
/* PUT, POST /api/users/me/password and alias */
enum err api_person_password(struct call *c);
/* GET /api/auth/me, by the names of another family of clients */
enum err api_person_me(struct call *c);
/* POST /api/auth/complete-profile */
enum err api_person_complete(struct call *c);

/* POST /api/auth/email/verification */
enum err api_email_verify(struct call *c);
/* POST /api/auth/email/verification/send */
enum err api_email_send(struct call *c);
/* GET /api/auth/email/verification/cooldown */
enum err api_email_cooldown(struct call *c);

/* POST /api/auth/password/reset-request */
enum err api_reset_request(struct call *c);
/* GET /api/auth/password/reset/cooldown */
enum err api_reset_cooldown(struct call *c);
/* POST /api/auth/password/reset */
enum err api_reset(struct call *c);

#endif
