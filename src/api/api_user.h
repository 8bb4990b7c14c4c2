/* SPDX-License-Identifier: MIT */
/* The handlers of administration: people, their rights and their sessions. */
#ifndef GATEHOUSE_API_API_USER_H
#define GATEHOUSE_API_API_USER_H

#include "api/call.h"
#include "base/err.h"
#include "domain/account.h"

/* An account as administrators see it, as an object. */
void api_user_put(struct json_out *j, const char *key,
                  const struct account *account);

/* The account the path names; what is no id is nobody's. ERR_USER_NOT_FOUND. */
enum err api_user_param(const struct call *c, unsigned at, struct id *id_r);

/* Answers with the account as it is now. */
enum err api_user_answer(struct call *c, const struct id *id);

/* GET /api/users */
enum err api_user_search(struct call *c);
/* GET /api/users/{id}: all of it for administrators, else an overview. */
enum err api_user_get(struct call *c);
/* DELETE /api/users/{id} */
enum err api_user_delete(struct call *c);
/* POST /api/users/{id}/disable */
enum err api_user_disable(struct call *c);
/* POST /api/users/{id}/enable */
enum err api_user_enable(struct call *c);
/* GET /api/users/{id}/sessions */
enum err api_user_sessions(struct call *c);
/* DELETE /api/users/{id}/sessions/{sid} */
enum err api_user_session_revoke(struct call *c);
/* DELETE /api/users/{id}/sessions */
enum err api_user_sessions_revoke(struct call *c);
/* DELETE /api/sessions: everybody's. */
enum err api_user_everybody_out(struct call *c);

/* POST /api/guests */
enum err api_guest_create(struct call *c);
/* POST /api/guests/convert-to-user */
enum err api_guest_convert(struct call *c);

/* GET /api/admins */
enum err api_admin_list(struct call *c);
/* POST /api/admins/{id} */
enum err api_admin_grant(struct call *c);
/* DELETE /api/admins/{id} */
enum err api_admin_revoke(struct call *c);
/* PUT /api/users/{id}/roles/{role} */
enum err api_role_grant(struct call *c);
/* DELETE /api/users/{id}/roles/{role} */
enum err api_role_revoke(struct call *c);

/* POST /api/groups */
enum err api_group_create(struct call *c);
/* GET /api/groups */
enum err api_group_list(struct call *c);
/* GET /api/groups/{key} */
enum err api_group_get(struct call *c);
/* PUT /api/groups/{key} */
enum err api_group_update(struct call *c);
/* DELETE /api/groups/{key} */
enum err api_group_delete(struct call *c);
/* POST /api/groups/{key}/members/{id} */
enum err api_group_add(struct call *c);
/* DELETE /api/groups/{key}/members/{id} */
enum err api_group_remove(struct call *c);

#endif
