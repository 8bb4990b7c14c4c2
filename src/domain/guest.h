/* SPDX-License-Identifier: MIT */
/* Guests: accounts with a name and nothing else, that may become users. */
#ifndef GATEHOUSE_DOMAIN_GUEST_H
#define GATEHOUSE_DOMAIN_GUEST_H

#include "base/err.h"
#include "domain/ctx.h"
#include "domain/sign_in.h"

/* Makes a guest and begins a session. ERR_GUESTS_OFF, ERR_NAME_INVALID,
 * ERR_TOO_MANY_REQUESTS. */
enum err guest_create(struct ctx *c, struct str name, struct signed_in *in_r);

/* Makes the guest of that session a user of the same id, with new tokens for
 * the same session; older access tokens are over. With mail the address is the
 * account's once its mailbox has answered, and nobody learns whether it is
 * taken; without, it is at once. ERR_GUEST_NOT_FOUND, ERR_GUEST_IS_USER,
 * ERR_EMAIL_INVALID, ERR_PASSWORD_*, ERR_TOO_MANY_REQUESTS; with mail
 * ERR_MAIL_COOLDOWN, without ERR_GUEST_EMAIL_TAKEN. */
enum err guest_convert(struct ctx *c, const struct store_session *session,
                       struct str email, struct str password,
                       struct signed_in *in_r);

/* Deletes up to limit guests whose last session ended long ago; *count_r. */
enum err guest_purge(struct ctx *c, int64_t now_us, int64_t limit,
                     uint64_t *count_r);

#endif
