/* SPDX-License-Identifier: MIT */
/* Device tokens: sealed, bound to realm and address by the place, so that
 * another account's cookie does not open at all. */
#include "domain/device.h"

#include <string.h>

#include "domain/address.h"
#include "domain/sealed_text.h"

#define DEVICE_VERSION 1

enum {
    DEVICE_AT_ID = 1,
    DEVICE_AT_ISSUED = DEVICE_AT_ID + 16,
    DEVICE_LEN = DEVICE_AT_ISSUED + 8
};

enum err device_token_make(struct ctx *c, struct str email_normal,
                           const struct id *device, struct str *token_r)
{
    uint8_t content[DEVICE_LEN] = {DEVICE_VERSION};
    struct digest address;
    enum err e = address_lookup(c, "device", email_normal, &address);

    if (e != ERR_OK)
        return e;
    memcpy(content + DEVICE_AT_ID, device->b, 16);
    sealed_text_number_put(content + DEVICE_AT_ISSUED,
                           (uint64_t)clock_s(&c->clock));
    return sealed_text_make(
        c, SEAL_DEVICE_TOKEN, (struct str){(const char *)address.b, DIGEST_LEN},
        (struct str){(const char *)content, sizeof(content)}, token_r);
}

/* The id in content, or nil when it is too old or from the future. */
static struct id device_parse(struct ctx *c, struct str content)
{
    struct id device = {{0}};
    const uint64_t issued = sealed_text_number(content.p + DEVICE_AT_ISSUED);
    const int64_t now = clock_s(&c->clock);

    if (content.p[0] == DEVICE_VERSION &&
        issued <= (uint64_t)(now + c->config->tokens_leeway) &&
        now - (int64_t)issued <= DEVICE_TOKEN_LIFETIME_S)
        memcpy(device.b, content.p + DEVICE_AT_ID, sizeof(device.b));
    return device;
}

enum err device_known(struct ctx *c, struct str email_normal,
                      struct id *device_r)
{
    static const struct id nil;
    struct digest address;
    struct str content;
    enum err e = address_lookup(c, "device", email_normal, &address);

    if (e == ERR_OK)
        e = sealed_text_open(c, SEAL_DEVICE_TOKEN,
                             (struct str){(const char *)address.b, DIGEST_LEN},
                             c->client.device_token, DEVICE_LEN, &content);
    if (e != ERR_OK && e != ERR_VALIDATION)
        return e;
    *device_r = e == ERR_OK ? device_parse(c, content) : nil;
    return ERR_OK;
}
