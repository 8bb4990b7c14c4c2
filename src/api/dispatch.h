/* SPDX-License-Identifier: MIT */
/* From request to answer: the one middleware, in a fixed order. */
#ifndef GATEHOUSE_API_DISPATCH_H
#define GATEHOUSE_API_DISPATCH_H

#include <stdbool.h>

#include "api/call.h"

/* Prepares what all calls share from config; texts in a (which must live as
 * long as the config). ERR_NO_MEMORY. */
enum err api_init(struct api *api, struct arena *a, const struct config *config,
                  const struct useragent_rules *useragents);

/* Answers req: always leaves a complete response in res (status 500 at worst).
 * ctx is filled by the worker but for client, which is set here. The call stays
 * in *call_r for dispatch_after. */
void dispatch(const struct api *api, struct ctx *ctx,
              const struct http_request *req, struct http_response *res,
              struct call *call_r);

/* What a web server asks as a gate (FastCGI's Authorizer) before it lets req
 * through to somebody else: the verification of its session, as a request. Or,
 * with req->refused, what it is to say to whom it has not let through. In a,
 * and only while the frontend interface is served. */
struct http_request dispatch_gate(const struct config *config, struct arena *a,
                                  const struct http_request *req);

/* What may wait until the answer is sent: the activity stamp. Never fails. */
void dispatch_after(struct call *call);

#endif
