/* SPDX-License-Identifier: MIT */
/* Judges URLs before a library takes them apart in its own way: what two
 * readers could read differently is refused. */
#include "base/url.h"

#include <string.h>

#include "base/ip.h"

/* Everything between :// and the path, query or fragment. */
static struct str authority(struct str url)
{
    struct str rest = url;
    size_t n = 0;

    (void)str_cut(&rest, ':');
    if (!str_starts(rest, STR("//")))
        return (struct str){NULL, 0};
    rest = (struct str){rest.p + 2, rest.n - 2};
    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' &&
           rest.p[n] != '#')
        n++;
    return (struct str){rest.p, n};
}

/* Without brackets and port. */
static struct str host_of(struct str url)
{
    struct str host = authority(url);

    if (host.n == 0 || host.p[0] != '[')
        return str_cut(&host, ':');
    struct str inner = {host.p + 1, host.n - 1};
    return str_cut(&inner, ']');
}

bool url_is_loopback(struct str host)
{
    struct ip ip;
    struct ip_net four, six;

    if (str_eq(host, STR("localhost")))
        return true;
    return ip_parse(host, &ip) && ip_net_parse(STR("127.0.0.0/8"), &four) &&
           ip_net_parse(STR("::1/128"), &six) &&
           (ip_in(&ip, &four) || ip_in(&ip, &six));
}

/* What has no place in a URL (RFC 3986, appendix A) could end it where it is
 * shown or sent; a fragment is never sent. */
static bool is_clean(struct str url)
{
    static const char strange[] = "\"<>\\^`{|}#";
    struct str at = authority(url);

    for (size_t i = 0; i < url.n; i++) {
        if (url.p[i] <= ' ' || url.p[i] >= 0x7f ||
            memchr(strange, url.p[i], sizeof(strange) - 1) != NULL)
            return false;
    }
    return at.n > 0 && memchr(at.p, '@', at.n) == NULL;
}

bool url_may_be_asked(struct str url)
{
    struct str host = host_of(url);

    if (!is_clean(url) || host.n == 0)
        return false;
    return str_starts(url, STR("https://")) ||
           (str_starts(url, STR("http://")) && url_is_loopback(host));
}

void url_escape(struct buf *b, struct str text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (memchr(plain, c, sizeof(plain) - 1) != NULL) {
            buf_char(b, (char)c);
            continue;
        }
        buf_char(b, '%');
        buf_char(b, digits[c >> 4]);
        buf_char(b, digits[c & 15]);
    }
}
