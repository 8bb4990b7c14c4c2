/* SPDX-License-Identifier: MIT */
/* Addresses and networks: one text for each, and a network holds its base. */
#include "fuzz.h"

#include <string.h>

#include "base/ip.h"

static bool same(const struct ip *a, const struct ip *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static void check_address(const struct ip *ip)
{
    char text[IP_TEXT_LEN + 1];
    char again_text[IP_TEXT_LEN + 1];
    struct ip again;
    struct ip customer = ip_customer(ip);
    struct ip twice = ip_customer(&customer);

    ip_text(ip, text);
    FUZZ_CHECK((text[0] == '\0') == ip_is_unknown(ip));
    FUZZ_CHECK(same(&customer, &twice));
    if (ip_is_unknown(ip))
        return;
    FUZZ_CHECK(!ip_is_unknown(&customer));
    FUZZ_CHECK(ip_parse(str_of(text), &again) && same(ip, &again));
    ip_text(&again, again_text);
    FUZZ_CHECK(strcmp(text, again_text) == 0);
}

static void check_net(const struct ip_net *net, const struct ip *ip)
{
    struct ip_net wider = *net;

    FUZZ_CHECK(net->bits <= 128);
    for (size_t i = net->bits; i < 128; i++)
        FUZZ_CHECK((net->base.b[i / 8] >> (7 - i % 8) & 1) == 0);
    FUZZ_CHECK(ip_in(&net->base, net) || ip_is_unknown(&net->base));
    if (wider.bits > 0)
        wider.bits--;
    FUZZ_CHECK(!ip_in(ip, net) || ip_in(ip, &wider));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = fuzz_text(data, size);
    struct str first = str_cut(&rest, '\n');
    struct ip ip = {{0}};
    struct ip_net net = {.bits = 999};
    bool address = ip_parse(first, &ip);

    if (address)
        check_address(&ip);
    if (ip_net_parse(first, &net))
        check_net(&net, &ip);
    else
        FUZZ_CHECK(net.bits == 999);
    /* An address alone is a network, but for brackets. */
    if (address && first.p[0] != '[')
        FUZZ_CHECK(net.bits == 128 && same(&net.base, &ip));
    if (ip_net_parse(rest, &net))
        check_net(&net, &ip);
    return 0;
}
