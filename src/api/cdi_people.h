/* SPDX-License-Identifier: MIT */
/* The handlers of the core interface for what applications keep of users. */
#ifndef GATEHOUSE_API_CDI_PEOPLE_H
#define GATEHOUSE_API_CDI_PEOPLE_H

#include "api/call.h"
#include "base/err.h"

/* GET /recipe/user/metadata */
enum err cdi_metadata_get(struct call *c);
/* PUT /recipe/user/metadata */
enum err cdi_metadata_put(struct call *c);
/* POST /recipe/user/metadata/remove */
enum err cdi_metadata_remove(struct call *c);

/* PUT /recipe/role */
enum err cdi_role_put(struct call *c);
/* POST /recipe/role/remove */
enum err cdi_role_remove(struct call *c);
/* GET /recipe/roles */
enum err cdi_role_list(struct call *c);
/* GET /recipe/role/permissions */
enum err cdi_role_permissions(struct call *c);
/* POST /recipe/role/permissions/remove */
enum err cdi_role_permissions_remove(struct call *c);
/* GET /recipe/permission/roles */
enum err cdi_role_by_permission(struct call *c);
/* GET /recipe/role/users */
enum err cdi_role_users(struct call *c);
/* PUT /recipe/user/role */
enum err cdi_role_give(struct call *c);
/* POST /recipe/user/role/remove */
enum err cdi_role_take(struct call *c);
/* GET /recipe/user/roles */
enum err cdi_role_of_user(struct call *c);

/* POST /recipe/totp/device */
enum err cdi_totp_make(struct call *c);
/* POST /recipe/totp/device/import */
enum err cdi_totp_import(struct call *c);
/* PUT /recipe/totp/device */
enum err cdi_totp_rename(struct call *c);
/* POST /recipe/totp/device/remove */
enum err cdi_totp_remove(struct call *c);
/* GET /recipe/totp/device/list */
enum err cdi_totp_list(struct call *c);
/* POST /recipe/totp/device/verify */
enum err cdi_totp_device_verify(struct call *c);
/* POST /recipe/totp/verify */
enum err cdi_totp_verify(struct call *c);

/* GET /recipe/accountlinking/user/primary/check */
enum err cdi_link_primary_ask(struct call *c);
/* POST /recipe/accountlinking/user/primary */
enum err cdi_link_primary(struct call *c);
/* GET /recipe/accountlinking/user/link/check */
enum err cdi_link_ask(struct call *c);
/* POST /recipe/accountlinking/user/link */
enum err cdi_link(struct call *c);
/* POST /recipe/accountlinking/user/unlink */
enum err cdi_link_part(struct call *c);
/* POST /recipe/signinup */
enum err cdi_thirdparty_enter(struct call *c);
/* GET /recipe/users/by-email: before 4.0. */
enum err cdi_thirdparty_by_email(struct call *c);

#endif
