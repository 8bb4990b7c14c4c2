/* SPDX-License-Identifier: MIT */
/* Device tokens: sealed, bound to realm and address by the place, so that
 * another account's cookie does not open at all. */
#include "domain/device.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "domain/address.h"

#define DEVICE_VERSION 1

enum {
    DEVICE_AT_ID = 1,
    DEVICE_AT_ISSUED = DEVICE_AT_ID + 16,
    DEVICE_LEN = DEVICE_AT_ISSUED + 8,
    DEVICE_SEALED = DEVICE_LEN + SEAL_OVERHEAD
};

enum err device_token_make(struct ctx *c, struct str email_normal,
                           const struct id *device, struct str *token_r)
{
    uint8_t content[DEVICE_LEN] = {DEVICE_VERSION};
    struct digest address;
    struct str sealed;
    uint64_t now = (uint64_t)clock_s(&c->clock);

    memcpy(content + DEVICE_AT_ID, device->b, 16);
    for (unsigned i = 0; i < 8; i++)
        content[DEVICE_AT_ISSUED + i] = (uint8_t)(now >> (56 - 8 * i));
    enum err e = address_lookup(c, "device", email_normal, &address);

    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, SEAL_DEVICE_TOKEN,
                 (struct str){(const char *)address.b, DIGEST_LEN},
                 (struct str){(const char *)content, sizeof(content)}, &sealed);
    if (e != ERR_OK)
        return e;
    char *text = arena_alloc(c->arena, ENC_B64_LEN(sealed.n) + 1);

    if (text == NULL)
        return ERR_NO_MEMORY;
    token_r->n = enc_b64url((const uint8_t *)sealed.p, sealed.n, text);
    token_r->p = text;
    return ERR_OK;
}

/* The id in content, or nil when it is too old or from the future. */
static struct id device_parse(struct ctx *c, struct str content)
{
    struct id device = {{0}};
    uint64_t issued = 0;

    if (content.n != DEVICE_LEN || content.p[0] != DEVICE_VERSION)
        return device;
    for (unsigned i = 0; i < 8; i++)
        issued = issued << 8 | (uint8_t)content.p[DEVICE_AT_ISSUED + i];
    int64_t now = clock_s(&c->clock);

    if (issued <= (uint64_t)(now + c->config->tokens_leeway) &&
        now - (int64_t)issued <= DEVICE_TOKEN_LIFETIME_S)
        memcpy(device.b, content.p + DEVICE_AT_ID, sizeof(device.b));
    return device;
}

enum err device_known(struct ctx *c, struct str email_normal,
                      struct id *device_r)
{
    static const struct id nil;
    uint8_t sealed[DEVICE_SEALED];
    struct digest address;
    struct str content;
    size_t n;

    if (c->client.device_token.n != ENC_B64_LEN(sizeof(sealed)) ||
        !enc_unb64url(c->client.device_token, sealed, sizeof(sealed), &n)) {
        *device_r = nil;
        return ERR_OK;
    }
    enum err e = address_lookup(c, "device", email_normal, &address);

    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, SEAL_DEVICE_TOKEN,
                      (struct str){(const char *)address.b, DIGEST_LEN},
                      (struct str){(const char *)sealed, n}, &content);
    if (e != ERR_OK && e != ERR_VALIDATION)
        return e;
    *device_r = e == ERR_OK ? device_parse(c, content) : nil;
    return ERR_OK;
}
