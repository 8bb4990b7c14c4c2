/* SPDX-License-Identifier: MIT */
/* The faces of the service beside its own: the core interface (CDI), in which
 * back ends name application and tenant in the path, and the frontend
 * interface (FDI). Their rows stand in the same table as all others. */
#ifndef GATEHOUSE_API_FACE_H
#define GATEHOUSE_API_FACE_H

#include "base/str.h"
#include "config/config.h"
#include "http/request.h"

/* Where a path leads. */
struct face {
    unsigned mark;   /* ROUTE_CDI or ROUTE_FDI; 0: neither */
    struct str path; /* as the route table has it */
    struct str app, tenant;
    bool tenant_given; /* the path named one */
};

/* Judges a path that is none of the service's own rows. Letters of either case
 * are the same and one slash at the end is no part of it, so path_r of a CDI
 * path is a copy in a; with a NULL (nobody answers by it, as when a lane is
 * looked for) the path is taken as it stands. */
struct face face_of(const struct config *config, struct arena *a,
                    struct str path);

#endif
