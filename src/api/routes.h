/* SPDX-License-Identifier: MIT */
/* THE route table: a row per method and path, its cross-cutting checks are
 * columns; dispatch.c reads them in a fixed order. */
#ifndef GATEHOUSE_API_ROUTES_H
#define GATEHOUSE_API_ROUTES_H

#include <stddef.h>

#include "api/call.h"
#include "base/err.h"

/* What a route needs to be opened. */
enum route_need {
    NEED_NONE,
    NEED_ACCESS,          /* a good access token of a live session */
    NEED_ACCESS_OPTIONAL, /* none is fine; one that is presented must be good */
    NEED_ANY_OPTIONAL, /* access or refresh token; a bad one counts as none */
    NEED_REFRESH,      /* a refresh token is presented; the handler opens it */
    NEED_TWO_FACTOR,   /* a two-factor token; its attempt may be over */
    NEED_TWO_FACTOR_AND_ACCESS, /* the same and, judged after it, an access
                                 * token */
    NEED_ACCESS_OR_TWO_FACTOR, /* an access token, or else a two-factor token */
    NEED_API_KEY,
    NEED_CORE_KEY, /* a key of the core interface, or none where it is open */
    NEED_FRONTEND, /* a session of the frontend interface */
    NEED_COUNT
};

/* When the origin of a cookie-borne request is checked. */
enum route_csrf {
    CSRF_NONE,   /* changes nothing, or takes no cookie at all */
    CSRF_COOKIE, /* when a credential the route takes came as a cookie */
    CSRF_ALWAYS, /* also without one (sign-in: login CSRF) when a browser asks
                  */
    CSRF_COUNT
};

/* What the body is. */
enum route_body {
    BODY_NONE,     /* ignored */
    BODY_JSON,     /* an object of the declared fields; empty if it has none */
    BODY_FORM,     /* the declared fields as a form, or as BODY_JSON */
    BODY_RAW_JSON, /* any object, which the handler keeps as text */
    BODY_CDI, /* an object; the declared fields are picked, others ignored */
    BODY_COUNT
};

/* Marks of a row. */
#define ROUTE_PLAIN 1u   /* also without HTTPS: probes ask from inside */
#define ROUTE_HASHES 2u  /* hashes a password: waits in the relay for it */
#define ROUTE_STEP_UP 4u /* also needs a fresh proof: a step-up token */
#define ROUTE_STEP_UP_OTHERS                                                   \
    8u /* the same if step_up.revoke_others says so                            \
        */
#define ROUTE_ADMIN                                                            \
    16u /* role ADMIN, and for changes a fresh proof if                        \
         * step_up.admin says so */

#define ROUTE_PENDING                                                          \
    32u /* also for a session that waits for a fresh proof                     \
         */

#define ROUTE_OUTBOUND                                                         \
    64u /* asks another server: waits among those that do, see server/relay */

#define ROUTE_PROVIDERS                                                        \
    128u /* is there only with sign-in by providers (oauth2.enabled)           \
          */

#define ROUTE_CDI                                                              \
    256u /* of the core interface (cdi.enabled), see api/face.h                \
          */
#define ROUTE_FDI                                                              \
    512u /* of the frontend interface (fdi.enabled): /auth stands for          \
          * fdi.base_path */
#define ROUTE_FDI_BASE "/auth"
#define ROUTE_FACES (ROUTE_CDI | ROUTE_FDI)

/* A row. */
struct route {
    const char *pattern;
    size_t pattern_n; /* bytes */
    enum http_method method;
    enum route_need need;
    enum route_csrf csrf;
    enum route_body body;
    const struct json_field *fields; /* of BODY_JSON and BODY_FORM */
    size_t field_count;
    enum err (*handle)(struct call *c); /* an error is answered as a problem */
    const char *name; /* stable, for log, metrics and docs; aliases share it */
    const char *summary; /* one line, for the docs */
    unsigned marks;      /* ROUTE_* or 0 */
};

/* Words for the docs: "access", "cookie", "json" and so on. Static text. */
const char *routes_need_text(enum route_need need);
/* What a row's marks add to its need: ", step-up" and so on. Static text. */
const char *routes_marks_text(const struct route *row);
/* The word of a CSRF rule. */
const char *routes_csrf_text(enum route_csrf csrf);
/* The word of a kind of body. */
const char *routes_body_text(enum route_body body);

/* The table and its length. */
const struct route *routes_all(size_t *count_r);

/* The row for method and path among those of a face (ROUTE_CDI, ROUTE_FDI, 0:
 * the service's own); HEAD finds the GET row. NULL with
 * *allow_r 0: no such path; NULL with a bit per enum http_method in *allow_r:
 * the path takes only these. */
const struct route *routes_find(unsigned face, enum http_method method,
                                struct str path,
                                struct str params_r[ROUTER_PARAMS_MAX],
                                unsigned *allow_r);

/* Which of those marks has who asks at path of a face by a method that is not
 * known yet: those of the POST row, or else of every row that answers there;
 * 0: no row with one of them does. */
unsigned routes_marks(unsigned face, struct str path, unsigned wanted);

#endif
