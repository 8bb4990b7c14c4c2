/* SPDX-License-Identifier: MIT */
/* Addresses in one form, so that an IPv4 client is the same client whether it
 * comes as 192.0.2.1 or as ::ffff:192.0.2.1. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <string.h>

#define IP_V4_AT 12
#define IP_V4_BITS 96u

static const uint8_t ip_v4_prefix[IP_V4_AT] = {0, 0, 0, 0, 0,    0,
                                               0, 0, 0, 0, 0xff, 0xff};

static bool ip_is_v4(const struct ip *ip)
{
    return memcmp(ip->b, ip_v4_prefix, sizeof(ip_v4_prefix)) == 0;
}

static bool ip_parse_v4(const char *text, struct ip *ip_r)
{
    struct in_addr v4;

    if (inet_pton(AF_INET, text, &v4) != 1)
        return false;
    memcpy(ip_r->b, ip_v4_prefix, sizeof(ip_v4_prefix));
    memcpy(ip_r->b + IP_V4_AT, &v4, sizeof(v4));
    return true;
}

static bool ip_parse_v6(const char *text, struct ip *ip_r)
{
    struct in6_addr v6;

    if (inet_pton(AF_INET6, text, &v6) != 1)
        return false;
    memcpy(ip_r->b, &v6, sizeof(ip_r->b));
    return true;
}

bool ip_parse(struct str s, struct ip *ip_r)
{
    char text[IP_TEXT_LEN + 1] = "";
    bool bracket = s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';

    if (bracket)
        s = (struct str){s.p + 1, s.n - 2};
    if (s.n == 0 || s.n > IP_TEXT_LEN || memchr(s.p, '\0', s.n) != NULL)
        return false;
    memcpy(text, s.p, s.n);
    return ip_parse_v6(text, ip_r) || (!bracket && ip_parse_v4(text, ip_r));
}

void ip_text(const struct ip *ip, char out[IP_TEXT_LEN + 1])
{
    bool v4 = ip_is_v4(ip);

    out[0] = '\0';
    if (!ip_is_unknown(ip))
        (void)inet_ntop(v4 ? AF_INET : AF_INET6, ip->b + (v4 ? IP_V4_AT : 0),
                        out, IP_TEXT_LEN + 1);
}

/* Do the first bits of a and b agree? */
static bool ip_same(const struct ip *a, const struct ip *b, unsigned bits)
{
    unsigned bytes = bits / 8;

    if (memcmp(a->b, b->b, bytes) != 0)
        return false;
    return bits % 8 == 0 || (a->b[bytes] ^ b->b[bytes]) >> (8 - bits % 8) == 0;
}

static bool ip_host_bits(const struct ip_net *net)
{
    static const struct ip zero = {{0}};
    struct ip host = net->base;

    memset(host.b, 0, net->bits / 8);
    if (net->bits % 8 != 0)
        host.b[net->bits / 8] &= (uint8_t)(0xffu >> net->bits % 8);
    return !ip_same(&host, &zero, 128);
}

bool ip_net_parse(struct str s, struct ip_net *net_r)
{
    struct str rest = s;
    struct str address = str_cut(&rest, '/');
    struct ip_net net = {.bits = 128};
    bool v6 = address.n > 0 && memchr(address.p, ':', address.n) != NULL;
    unsigned most = v6 ? 128 : 32;
    uint64_t bits = most;

    if (str_starts(address, STR("[")) || !ip_parse(address, &net.base))
        return false;
    if (rest.p != NULL && !str_uint(rest, most, &bits))
        return false;
    net.bits = (unsigned)bits + (v6 ? 0 : IP_V4_BITS);
    if (ip_host_bits(&net))
        return false;
    *net_r = net;
    return true;
}

bool ip_in(const struct ip *ip, const struct ip_net *net)
{
    return !ip_is_unknown(ip) && ip_same(ip, &net->base, net->bits);
}

/* The loopback ::1 stays itself: as ::/64 it would be the unknown address. */
struct ip ip_customer(const struct ip *ip)
{
    static const struct ip zero = {{0}};
    struct ip customer = *ip;

    if (!ip_same(ip, &zero, 64))
        memset(customer.b + 8, 0, 8);
    return customer;
}

bool ip_is_unknown(const struct ip *ip)
{
    static const struct ip zero = {{0}};

    return ip_same(ip, &zero, 128);
}
