/* SPDX-License-Identifier: MIT */
/* Who asks, through which proxies. Lines: the peer, X-Forwarded-Proto, and each
 * further one an X-Forwarded-For. */
#include "fuzz.h"

#include <string.h>

#include "http/request.h"

#define FIELDS_MAX 6

static struct ip_net trusted[2];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FUZZ_CHECK(ip_net_parse(STR("10.0.0.0/8"), &trusted[0]));
    FUZZ_CHECK(ip_net_parse(STR("fd00::/8"), &trusted[1]));
    return 0;
}

static bool is_trusted(const struct ip *ip)
{
    return ip_in(ip, &trusted[0]) || ip_in(ip, &trusted[1]);
}

/* Does an element of the list say this address? */
static bool is_said(const struct ip *ip, struct str chain)
{
    struct ip said;

    while (chain.p != NULL)
        if (ip_parse(str_trim(str_cut(&chain, ',')), &said) &&
            memcmp(&said, ip, sizeof(said)) == 0)
            return true;
    return false;
}

static void add(struct http_request *r, const char *name, struct str value)
{
    if (value.p != NULL)
        r->fields[r->field_count++] = (struct http_pair){str_of(name), value};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_pair fields[FIELDS_MAX];
    struct http_request r = {.fields = fields};
    struct str rest = fuzz_text(data, size);
    struct str peer = fuzz_line(&rest);
    bool param = size % 2 == 0;

    if (!ip_parse(peer, &r.peer))
        memset(&r.peer, 0, sizeof(r.peer));
    add(&r, "X_FORWARDED_PROTO", fuzz_line(&rest));
    size_t alone = r.field_count + 1;

    while (rest.p != NULL && r.field_count < FIELDS_MAX)
        add(&r, "X_FORWARDED_FOR", fuzz_line(&rest));
    http_origin_of(&r, trusted, 2, param);
    bool same = memcmp(&r.client, &r.peer, sizeof(r.peer)) == 0;

    FUZZ_CHECK(is_trusted(&r.peer) || (same && r.https == param));
    FUZZ_CHECK(same || r.field_count == alone);
    FUZZ_CHECK(same || is_said(&r.client, fields[alone - 1].value));
    return 0;
}
