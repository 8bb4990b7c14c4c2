/* SPDX-License-Identifier: MIT */
/* Questions a back end asks of a core as such, not of its users. */
#include "api/cdi_meta.h"

#include "api/cdi.h"

enum err cdi_meta_versions(struct call *c)
{
    cdi_begin(c, NULL);
    cdi_versions(&c->res->json, "versions");
    cdi_end(c);
    return ERR_OK;
}

/* Probes count what is not 200, and know 500 for a database that is away. */
enum err cdi_meta_hello(struct call *c)
{
    enum err e = cdi_admit_all(c);

    if (e == ERR_OK)
        e = db_ready_lately(c->ctx->db);
    if (e == ERR_UNAVAILABLE || e == ERR_SCHEMA)
        return cdi_text(c, 500, STR("The database does not answer"));
    return e == ERR_OK ? cdi_text(c, 200, STR("Hello")) : e;
}

enum err cdi_meta_config(struct call *c)
{
    enum err e = cdi_admit_all(c);

    return e == ERR_OK ? cdi_status(c, "NOT_ALLOWED") : e;
}

enum err cdi_meta_telemetry(struct call *c)
{
    cdi_begin(c, NULL);
    json_bool(&c->res->json, "exists", false);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_meta_stats(struct call *c)
{
    struct json_out *j = &c->res->json;

    cdi_begin(c, "OK");
    json_int(j, "atMinute", clock_s(&c->ctx->clock) / 60);
    json_words(j, "averageRequestsPerSecond", STR(""));
    json_words(j, "peakRequestsPerSecond", STR(""));
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_meta_license(struct call *c)
{
    return cdi_status(c, "OK");
}

enum err cdi_meta_license_get(struct call *c)
{
    return cdi_status(c, "NO_LICENSE_KEY_FOUND_ERROR");
}

enum err cdi_meta_features(struct call *c)
{
    struct json_out *j = &c->res->json;

    cdi_begin(c, "OK");
    json_words(j, "features", STR("account_linking mfa multi_tenancy"));
    json_open(j, "usageStats", '{');
    json_close(j, '}');
    cdi_end(c);
    return ERR_OK;
}
