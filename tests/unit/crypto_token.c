/* SPDX-License-Identifier: MIT */
/* Tokens for tests, made by hand so that they can say anything. */
#include "crypto_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"

#define B64_7 "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"
#define B64_9 "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk"

const struct jwt_rules token_rules = {STR_INIT("https://id.example"),
                                      STR_INIT("shop"), TOKEN_NOW, 60};

static const struct {
    const char *name, *json;
} members[] = {
    {"iss", "\"https://id.example\""},
    {"aud", "\"shop\""},
    {"sub", "\"ann\""},
    {"client_id", "\"web\""},
    {"sid", "\"0190a3f0-1111-7222-8333-444455556666\""},
    {"jti", "\"0190a3f0-1111-7222-8333-777788889999\""},
    {"iat", "1699999990"},
    {"exp", "1700000890"},
    {"auth_time", "1699990000"},
    {"acr", "\"1\""},
    {"amr", "[\"pwd\"]"},
    {"roles", "[\"admin\",\"cook\"]"},
    {"groups", "[]"},
    {"ver", "3"},
    {"rth", "\"" B64_7 "\""},
    {"prh", "\"" B64_9 "\""},
    {"rti", "1699999990000001"},
};

struct jwt_claims token_claims(void)
{
    struct jwt_claims c = {
        .iss = STR("https://id.example"),
        .aud = STR("shop"),
        .sub = STR("ann"),
        .client_id = STR("web"),
        .iat = 1699999990,
        .exp = 1700000890,
        .auth_time = 1699990000,
        .acr = STR("1"),
        .amr = STR("[\"pwd\"]"),
        .roles = STR("[\"admin\",\"cook\"]"),
        .groups = STR("[]"),
        .ver = 3,
        .rti = 1699999990000001,
    };

    assert_true(id_parse(STR("0190a3f0-1111-7222-8333-444455556666"), &c.sid));
    assert_true(id_parse(STR("0190a3f0-1111-7222-8333-777788889999"), &c.jti));
    memset(c.rth.b, 7, sizeof(c.rth.b));
    memset(c.prh.b, 9, sizeof(c.prh.b));
    return c;
}

static struct str done(struct buf *b)
{
    struct str text = {NULL, 0};

    assert_int_equal(buf_done(b, &text), ERR_OK);
    return text;
}

struct str token_header(struct arena *a, const struct key *k)
{
    struct buf b = buf_new(a);

    buf_fmt(&b, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
            key_alg_name(key_alg(k)), key_id(k));
    return done(&b);
}

static void put_member(struct buf *b, const char *name, const char *json)
{
    if (json == NULL)
        return;
    if (b->n > 1)
        buf_char(b, ',');
    buf_char(b, '"');
    buf_text(b, name);
    buf_text(b, "\":");
    buf_text(b, json);
}

struct str token_payload(struct arena *a, const char *name, const char *json)
{
    struct buf b = buf_new(a);
    bool known = name == NULL;

    buf_char(&b, '{');
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        bool same = name != NULL && strcmp(name, members[i].name) == 0;

        put_member(&b, members[i].name, same ? json : members[i].json);
        known = known || same;
    }
    if (!known)
        put_member(&b, name, json);
    buf_char(&b, '}');
    return done(&b);
}

struct str token_b64(struct arena *a, struct str text)
{
    char *out = arena_alloc(a, ENC_B64_LEN(text.n) + 1);

    assert_non_null(out);
    return (struct str){out, enc_b64url((const uint8_t *)text.p, text.n, out)};
}

struct str token_join(struct arena *a, struct str head, struct str payload,
                      struct str signature)
{
    struct buf b = buf_new(a);

    buf_str(&b, head);
    if (payload.p != NULL) {
        buf_char(&b, '.');
        buf_str(&b, payload);
    }
    if (signature.p != NULL) {
        buf_char(&b, '.');
        buf_str(&b, signature);
    }
    return done(&b);
}

struct str token_sign(struct arena *a, const struct key *k, struct str header,
                      struct str payload)
{
    uint8_t signature[KEY_SIGNATURE_MAX];
    struct str head = token_b64(a, header);
    struct str body = token_b64(a, payload);
    struct str input = token_join(a, head, body, (struct str){NULL, 0});
    struct str secret = key_hmac_secret(k);
    struct digest mac;
    size_t n = sizeof(mac.b);

    if (secret.p == NULL) {
        assert_int_equal(key_sign(k, input, signature, &n), ERR_OK);
    } else {
        assert_int_equal(
            digest_hmac((const uint8_t *)secret.p, secret.n, input, &mac),
            ERR_OK);
        memcpy(signature, mac.b, n);
    }
    return token_join(a, head, body,
                      token_b64(a, (struct str){(const char *)signature, n}));
}
