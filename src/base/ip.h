/* SPDX-License-Identifier: MIT */
/* IP addresses and networks; IPv4 is kept as its mapped IPv6 form. */
#ifndef GATEHOUSE_BASE_IP_H
#define GATEHOUSE_BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define IP_TEXT_LEN 45

struct ip {
    uint8_t b[16]; /* all zero: unknown */
};

struct ip_net {
    struct ip base;
    unsigned bits; /* 0..128 in the mapped form */
};

/* An IPv4 or IPv6 address, also "[v6]", without port or zone; false else. */
bool ip_parse(struct str s, struct ip *ip_r);

/* The shortest text (RFC 5952; mapped addresses as IPv4) and a NUL; "" for
 * the unknown address. */
void ip_text(const struct ip *ip, char out[IP_TEXT_LEN + 1]);

/* "10.0.0.0/8", "fd00::/8" or a single address; false on anything else or
 * when host bits are set. */
bool ip_net_parse(struct str s, struct ip_net *net_r);

/* Is the address in the network? The unknown address is in none. */
bool ip_in(const struct ip *ip, const struct ip_net *net);

/* The network one customer holds: IPv4 /32, IPv6 /64. */
struct ip ip_customer(const struct ip *ip);

/* All zero? */
bool ip_is_unknown(const struct ip *ip);

#endif
