/* SPDX-License-Identifier: MIT */
/* Users in answers of the core and frontend interfaces, and the core
 * interface's questions about them. */
#ifndef GATEHOUSE_API_CDI_USER_H
#define GATEHOUSE_API_CDI_USER_H

#include "api/call.h"
#include "base/json_write.h"
#include "domain/app_user.h"

/* Writes a user as an object (key NULL: an element) in the form of that version
 * of the core interface: 504 is 5.4. Before 4.0 a user is one login method,
 * which account names (NULL: the first). */
void cdi_user_put(struct json_out *j, const char *key,
                  const struct app_user *user, const struct id *account,
                  int version);

/* The whole answer OK with a user and the id of the login method that account
 * is. */
enum err cdi_user_answer(struct call *c, const struct app_user *user,
                         const struct id *account);

/* GET /user/id. */
enum err cdi_user_by_id(struct call *c);
/* GET /recipe/user: before 4.0, by id or address. */
enum err cdi_user_old(struct call *c);
/* GET /users/by-accountinfo. */
enum err cdi_user_by_info(struct call *c);
/* GET /users. */
enum err cdi_user_list(struct call *c);
/* GET /users/count. */
enum err cdi_user_count(struct call *c);
/* GET /user/search/tags. */
enum err cdi_user_search_tags(struct call *c);
/* POST /user/remove. */
enum err cdi_user_remove(struct call *c);

#endif
