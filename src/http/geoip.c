/* SPDX-License-Identifier: MIT */
/* Nothing in the file is trusted: a value of another type, length or range than
 * it should have is one that is not there. */
#include "http/geoip.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_MAXMINDDB
#include <maxminddb.h>
#include <math.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define GEOIP_CITY_MAX 128 /* bytes */
#define GEOIP_E6 1e6

struct geoip {
    MMDB_s db;
};

enum err geoip_open(const char *path, struct geoip **g_r, const char **why_r)
{
    struct geoip *g;

    *why_r = NULL;
    *g_r = NULL;
    if (path[0] == '\0')
        return ERR_OK;
    g = calloc(1, sizeof(*g));
    if (g == NULL)
        return ERR_NO_MEMORY;
    int status = MMDB_open(path, MMDB_MODE_MMAP, &g->db);

    if (status != MMDB_SUCCESS) {
        *why_r = MMDB_strerror(status);
        free(g);
        return ERR_VALIDATION;
    }
    *g_r = g;
    return ERR_OK;
}

void geoip_close(struct geoip **g)
{
    if (*g == NULL)
        return;
    MMDB_close(&(*g)->db);
    free(*g);
    *g = NULL;
}

/* Addresses that are nobody's in particular. */
static bool geoip_private(const struct ip *ip)
{
    static const struct str nets[] = {
        STR_INIT("10.0.0.0/8"),
        STR_INIT("172.16.0.0/12"),
        STR_INIT("192.168.0.0/16"),
        STR_INIT("127.0.0.0/8"),
        STR_INIT("169.254.0.0/16"),
        STR_INIT("100.64.0.0/10"),
        STR_INIT("::1"),
        STR_INIT("fc00::/7"),
        STR_INIT("fe80::/10"),
    };

    for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
        struct ip_net net;

        if (ip_net_parse(nets[i], &net) && ip_in(ip, &net))
            return true;
    }
    return ip_is_unknown(ip);
}

static MMDB_lookup_result_s geoip_look(const struct geoip *g,
                                       const struct ip *ip, int *status_r)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    const void *address = &six;

    memcpy(&six.sin6_addr, ip->b, sizeof(ip->b));
    if (memcmp(ip->b, mapped, sizeof(mapped)) == 0) {
        memcpy(&four.sin_addr, ip->b + 12, 4);
        address = &four;
    }
    return MMDB_lookup_sockaddr(&g->db, address, status_r);
}

static bool geoip_get(MMDB_lookup_result_s *found, const char *const *path,
                      uint32_t type, MMDB_entry_data_s *data)
{
    return MMDB_aget_value(&found->entry, data, path) == MMDB_SUCCESS &&
           data->has_data && data->type == type;
}

/* Two capital letters, or nothing. */
static enum err geoip_country(MMDB_lookup_result_s *found, struct arena *a,
                              struct str *country_r)
{
    static const char *const path[] = {"country", "iso_code", NULL};
    MMDB_entry_data_s data;
    char *text;

    if (!geoip_get(found, path, MMDB_DATA_TYPE_UTF8_STRING, &data) ||
        data.data_size != 2)
        return ERR_OK;
    for (unsigned i = 0; i < 2; i++) {
        if (data.utf8_string[i] < 'A' || data.utf8_string[i] > 'Z')
            return ERR_OK;
    }
    text = arena_alloc(a, 3);
    if (text == NULL)
        return ERR_NO_MEMORY;
    memcpy(text, data.utf8_string, 2);
    text[2] = '\0';
    *country_r = (struct str){text, 2};
    return ERR_OK;
}

static enum err geoip_city(MMDB_lookup_result_s *found, struct arena *a,
                           struct str *city_r)
{
    static const char *const path[] = {"city", "names", "en", NULL};
    MMDB_entry_data_s data;
    struct str name;
    char *text;

    if (!geoip_get(found, path, MMDB_DATA_TYPE_UTF8_STRING, &data))
        return ERR_OK;
    name = (struct str){data.utf8_string, data.data_size};
    if (name.n == 0 || name.n > GEOIP_CITY_MAX || !str_utf8(name) ||
        str_has_control(name))
        return ERR_OK;
    text = arena_alloc(a, name.n + 1);
    if (text == NULL)
        return ERR_NO_MEMORY;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    *city_r = (struct str){text, name.n};
    return ERR_OK;
}

/* A NaN is in no range. */
static bool geoip_degrees(MMDB_lookup_result_s *found, const char *name,
                          double most, int64_t *e6_r)
{
    const char *const path[] = {"location", name, NULL};
    MMDB_entry_data_s data;

    if (!geoip_get(found, path, MMDB_DATA_TYPE_DOUBLE, &data) ||
        !(data.double_value >= -most && data.double_value <= most))
        return false;
    *e6_r = llround(data.double_value * GEOIP_E6);
    return true;
}

enum err geoip_find(const struct geoip *g, struct arena *a, const struct ip *ip,
                    struct geoip_place *place_r)
{
    struct geoip_place place = {.measured = false};
    int status = MMDB_SUCCESS;

    *place_r = place;
    if (g == NULL || geoip_private(ip))
        return ERR_OK;
    MMDB_lookup_result_s found = geoip_look(g, ip, &status);

    if (status != MMDB_SUCCESS || !found.found_entry)
        return ERR_OK;
    enum err e = geoip_country(&found, a, &place.country);

    if (e != ERR_OK || place.country.n == 0)
        return e;
    e = geoip_city(&found, a, &place.city);
    place.measured =
        geoip_degrees(&found, "latitude", 90, &place.latitude_e6) &&
        geoip_degrees(&found, "longitude", 180, &place.longitude_e6);
    if (e == ERR_OK)
        *place_r = place;
    return e;
}

#else

struct geoip {
    char none;
};

enum err geoip_open(const char *path, struct geoip **g_r, const char **why_r)
{
    *g_r = NULL;
    *why_r = path[0] == '\0' ? NULL : "built without libmaxminddb";
    return path[0] == '\0' ? ERR_OK : ERR_VALIDATION;
}

void geoip_close(struct geoip **g)
{
    *g = NULL;
}

enum err geoip_find(const struct geoip *g, struct arena *a, const struct ip *ip,
                    struct geoip_place *place_r)
{
    (void)g;
    (void)a;
    (void)ip;
    *place_r = (struct geoip_place){.measured = false};
    return ERR_OK;
}

#endif
