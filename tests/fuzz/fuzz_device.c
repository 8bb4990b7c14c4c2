/* SPDX-License-Identifier: MIT */
/* Device cookies: the first line is the address, the rest a cookie, and also
 * the content of one that is sealed here. */
#include "fuzz.h"

#include <string.h>

#include "base/enc.h"
#include "domain/address.h"
#include "domain/device.h"
#include "fuzz_token.h"

static struct sealer *sealer;
static const struct config config = {.tokens_leeway = 60};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    sealer = fuzz_sealer();
    return 0;
}

static int64_t now_us(void *data)
{
    (void)data;
    return 1700000000 * CLOCK_SECOND;
}

static struct id known(struct ctx *c, struct str address, struct str token)
{
    struct id device;

    c->client.device_token = token;
    FUZZ_CHECK(device_known(c, address, &device) == ERR_OK);
    return device;
}

/* The content as a cookie: well sealed, whatever it says. */
static void check_content(struct ctx *c, struct str address, struct str content)
{
    struct digest place;
    struct str sealed;
    struct id device;

    FUZZ_CHECK(address_lookup(c, "device", address, &place) == ERR_OK);
    FUZZ_CHECK(seal(sealer, c->arena, SEAL_DEVICE_TOKEN,
                    (struct str){(const char *)place.b, sizeof(place.b)},
                    content, &sealed) == ERR_OK);
    char *text = arena_alloc(c->arena, ENC_B64_LEN(sealed.n) + 1);

    FUZZ_CHECK(text != NULL);
    size_t n = enc_b64url((const uint8_t *)sealed.p, sealed.n, text);

    device = known(c, address, (struct str){text, n});
    if (!id_is_nil(&device))
        FUZZ_CHECK(content.n == 25 &&
                   memcmp(content.p + 1, device.b, sizeof(device.b)) == 0);
}

static void check_round(struct ctx *c, struct str address, struct str said)
{
    struct id device = {{1}};
    struct id got;
    struct str token;

    memcpy(device.b, said.p, said.n < sizeof(device) ? said.n : sizeof(device));
    FUZZ_CHECK(device_token_make(c, address, &device, &token) == ERR_OK);
    got = known(c, address, token);
    FUZZ_CHECK(id_eq(&got, &device));
    got = known(c, STR("somebody@else.example"), token);
    FUZZ_CHECK(id_is_nil(&got) || str_starts(address, STR("somebody@")));
    c->realm_id++;
    got = known(c, address, token);
    FUZZ_CHECK(id_is_nil(&got));
    c->realm_id--;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx c = {.arena = fuzz_arena(),
                    .sealer = sealer,
                    .config = &config,
                    .clock = {now_us, NULL},
                    .realm_id = 7};
    struct str rest = fuzz_text(data, size);
    struct str address = fuzz_line(&rest);

    (void)known(&c, address, rest);
    if (rest.p == NULL)
        return 0;
    check_content(&c, address, rest);
    check_round(&c, address, rest);
    return 0;
}
