/* SPDX-License-Identifier: MIT */
/* One call of a route: what a handler gets and where it answers. */
#ifndef GATEHOUSE_API_CALL_H
#define GATEHOUSE_API_CALL_H

#include <stdbool.h>

#include "domain/app.h"
#include "domain/app_session.h"
#include "domain/ctx.h"
#include "domain/session.h"
#include "domain/throttle.h"
#include "http/geoip.h"
#include "http/json.h"
#include "http/origin.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "http/useragent.h"

struct oidc; /* oidc/oidc.h */
struct route;

/* The credentials found in a request, each at most once, by the configured
 * transports. {NULL, 0}: not presented. */
struct call_credentials {
    struct str access, refresh, two_factor, step_up;
    struct str session, connection; /* of a sign-in at a provider */
    bool access_by_cookie, refresh_by_cookie, two_factor_by_cookie;
    struct str api_key;
};

/* What the configuration makes of the frontend interface. */
struct fdi_rules {
    struct origin_rules origins;
    const char *same_site; /* of its cookies */
    bool secure;           /* they go by HTTPS alone */
    bool by_header;        /* a request's rid field stands against CSRF */
    bool by_token;         /* or a token of the session's does */
    struct str issuer;     /* its address, as tokens name it */
    struct str website;    /* where its pages are */
};

/* What lasts longer than a request and all calls share (borrowed). */
struct api {
    const struct config *config;
    struct origin_rules origins;
    struct fdi_rules fdi;
    const struct useragent_rules *useragents;
    const struct geoip *geoip; /* NULL: none */
    struct oidc *oidc; /* the process's own; NULL: sign-in by provider is off */
};

/* One call. */
struct call {
    const struct api *api;
    struct ctx *ctx;
    const struct http_request *req;
    struct http_response *res;
    const struct route *route;
    const struct origin_rules *origins; /* whose pages may ask */
    struct str params[ROUTER_PARAMS_MAX];
    struct call_credentials cred;
    struct session_view view; /* when has_session */
    bool has_session;
    struct app app;    /* of a request of another face (api/face.h) */
    bool tenant_given; /* its path named the tenant */
    const struct app_session_view *session; /* of NEED_FRONTEND */
    struct str session_token; /* the access token that is good now */
    bool session_by_header;   /* its tokens travel in header fields */
    int cdi; /* version of the core interface: 504 is 5.4; 0: not of it */
    struct throttle_rate rate; /* what is left; limit 0: not counted */
    struct id attempt;         /* the two-factor token's; nil: none */
    struct json_body body;     /* when the route has fields */
    const char *detail;        /* static text for the problem; NULL: none */
    /* Answers an error in place of the problem; NULL: none does. */
    void (*refuse)(struct call *c, enum err e);
    bool answered; /* res is complete, later steps are left out */
    bool touch;    /* stamp activity after the answer */
};

#endif
