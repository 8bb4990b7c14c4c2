/* SPDX-License-Identifier: MIT */
/* The core interface's calls about what belongs to a tenant: users and
 * providers of sign-in. */
#ifndef GATEHOUSE_API_CDI_MEMBER_H
#define GATEHOUSE_API_CDI_MEMBER_H

#include "api/call.h"
#include "base/err.h"

/* POST /recipe/multitenancy/tenant/user */
enum err cdi_member_add(struct call *c);
/* POST /recipe/multitenancy/tenant/user/remove */
enum err cdi_member_drop(struct call *c);
/* PUT /recipe/multitenancy/config/thirdparty */
enum err cdi_member_provider_put(struct call *c);
/* POST /recipe/multitenancy/config/thirdparty/remove */
enum err cdi_member_provider_drop(struct call *c);

#endif
