/* SPDX-License-Identifier: MIT */
/* Checks origins strictly: one that no browser sends would match nothing. */
#include "config/origin.h"

#include <string.h>

#include "base/ip.h"

#define HOST_MAX 253
#define LABEL_MAX 63

/* RFC 1123, 2.1, in lower case; names in other scripts come as xn-- (RFC 5890),
 * which is also how browsers send them. */
static bool is_label(struct str label)
{
    const struct str allowed = STR("abcdefghijklmnopqrstuvwxyz0123456789-");
    for (size_t i = 0; i < label.n; i++) {
        if (memchr(allowed.p, label.p[i], allowed.n) == NULL)
            return false;
    }
    return label.n > 0 && label.n <= LABEL_MAX && label.p[0] != '-' &&
           label.p[label.n - 1] != '-';
}

bool origin_is_host_name(struct str host)
{
    if (host.n > HOST_MAX)
        return false;
    do {
        if (!is_label(str_cut(&host, '.')))
            return false;
    } while (host.p != NULL);
    return true;
}

/* Browsers write an IPv6 address in its one shortest form (RFC 5952). */
static bool is_v6(struct str host)
{
    struct ip ip;
    char text[IP_TEXT_LEN + 1];
    if (host.n < 4 || host.p[host.n - 1] != ']' || !ip_parse(host, &ip))
        return false;
    ip_text(&ip, text);
    return str_eq(str_of(text), (struct str){host.p + 1, host.n - 2});
}

/* Cuts scheme:// off; the port a browser leaves out goes to *port_r. */
static bool cut_scheme(struct str *url, uint64_t *port_r)
{
    const struct str https = STR("https://");
    const struct str http = STR("http://");
    bool secure = str_starts(*url, https);
    if (!secure && !str_starts(*url, http))
        return false;
    size_t n = secure ? https.n : http.n;
    *url = (struct str){url->p + n, url->n - n};
    *port_r = secure ? 443 : 80;
    return true;
}

static struct str cut_host(struct str *rest)
{
    size_t n = 0;
    bool v6 = rest->n > 0 && rest->p[0] == '[';
    while (n < rest->n && rest->p[n] != (v6 ? ']' : ':'))
        n++;
    if (v6 && n < rest->n)
        n++;
    struct str host = {rest->p, n};
    *rest = (struct str){rest->p + n, rest->n - n};
    return host;
}

const char *origin_problem(struct str url)
{
    uint64_t usual = 0;
    uint64_t port = 0;
    if (!cut_scheme(&url, &usual))
        return "must begin with https:// or http://";
    if (memchr(url.p, '/', url.n) != NULL)
        return "must have no path, not even a closing /";
    struct str host = cut_host(&url);
    if (!is_v6(host) && !origin_is_host_name(host))
        return "must have a host name in lower case (or an IP address)";
    if (url.n == 0)
        return NULL;
    if (!str_uint((struct str){url.p + 1, url.n - 1}, 65535, &port) ||
        port == 0 || url.p[0] != ':')
        return "must have a port of 1 to 65535 behind the host, or none";
    /* RFC 6454, 6.2: a browser leaves the scheme's own port out. */
    return port == usual ? "must not name the scheme's own port" : NULL;
}

struct str origin_host(struct str url)
{
    uint64_t usual = 0;
    if (!cut_scheme(&url, &usual))
        return (struct str){NULL, 0};
    return cut_host(&url);
}
