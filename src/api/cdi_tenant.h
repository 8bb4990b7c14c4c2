/* SPDX-License-Identifier: MIT */
/* The core interface's calls about applications and tenants. Those whose names
 * end in _v2 say which factors count; those without are of older versions. */
#ifndef GATEHOUSE_API_CDI_TENANT_H
#define GATEHOUSE_API_CDI_TENANT_H

#include "api/call.h"
#include "base/err.h"

/* PUT /recipe/multitenancy/app */
enum err cdi_tenant_app_put(struct call *c);
/* PUT /recipe/multitenancy/app/v2 */
enum err cdi_tenant_app_put_v2(struct call *c);
/* POST /recipe/multitenancy/app/remove */
enum err cdi_tenant_app_remove(struct call *c);
/* GET /recipe/multitenancy/app/list */
enum err cdi_tenant_app_list(struct call *c);
/* GET /recipe/multitenancy/app/list/v2 */
enum err cdi_tenant_app_list_v2(struct call *c);
/* PUT /recipe/multitenancy/tenant */
enum err cdi_tenant_put(struct call *c);
/* PUT /recipe/multitenancy/tenant/v2 */
enum err cdi_tenant_put_v2(struct call *c);
/* GET /recipe/multitenancy/tenant */
enum err cdi_tenant_get(struct call *c);
/* GET /recipe/multitenancy/tenant/v2 */
enum err cdi_tenant_get_v2(struct call *c);
/* GET /recipe/multitenancy/tenant/list */
enum err cdi_tenant_list(struct call *c);
/* GET /recipe/multitenancy/tenant/list/v2 */
enum err cdi_tenant_list_v2(struct call *c);
/* POST /recipe/multitenancy/tenant/remove */
enum err cdi_tenant_remove(struct call *c);

#endif
