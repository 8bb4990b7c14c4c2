/* SPDX-License-Identifier: MIT */
/* What back ends ask a core before anything else: versions, whether it is
 * alive, what it is allowed to do. */
#ifndef GATEHOUSE_API_CDI_META_H
#define GATEHOUSE_API_CDI_META_H

#include "api/call.h"
#include "base/err.h"

/* GET /apiversion: the versions of the interface. */
enum err cdi_meta_versions(struct call *c);
/* / and /hello by every method: the database is asked. */
enum err cdi_meta_hello(struct call *c);
/* GET /config: where the configuration stands is nobody's business. */
enum err cdi_meta_config(struct call *c);
/* GET /telemetry: there is none. */
enum err cdi_meta_telemetry(struct call *c);
/* GET /requests/stats: none are kept. */
enum err cdi_meta_stats(struct call *c);
/* PUT, DELETE /ee/license: nothing is for sale, so any does. */
enum err cdi_meta_license(struct call *c);
/* GET /ee/license: none is needed. */
enum err cdi_meta_license_get(struct call *c);
/* GET /ee/featureflag: what others charge for, and is served. */
enum err cdi_meta_features(struct call *c);

#endif
