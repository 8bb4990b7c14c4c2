/* SPDX-License-Identifier: MIT */
/* Behind the signature: the payload, and the header where the first line is not
 * "-", signed here with our own key. Claims that are taken are strictly typed,
 * and making a token of them gives them back. */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/json_scan.h"
#include "crypto/jwt_claims.h"
#include "fuzz_token.h"

#define YEAR_10000 INT64_C(253402300800)

static const struct json_limits wide = {
    .depth = 16, .keys = 64, .string = 65536};
static struct key *key;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    key = fuzz_key_hmac();
    return 0;
}

static void put_part(struct arena *a, struct buf *b, const void *p, size_t n)
{
    char *text = arena_alloc(a, ENC_B64_LEN(n) + 1);

    FUZZ_CHECK(text != NULL);
    buf_put(b, text, enc_b64url(p, n, text));
}

static struct str sign(struct arena *a, struct str header, struct str payload)
{
    struct str secret = key_hmac_secret(key);
    struct buf b = buf_new(a);
    struct digest mac;
    struct str token;

    put_part(a, &b, header.p, header.n);
    buf_char(&b, '.');
    put_part(a, &b, payload.p, payload.n);
    FUZZ_CHECK(buf_done(&b, &token) == ERR_OK);
    FUZZ_CHECK(digest_hmac((const uint8_t *)secret.p, secret.n, token, &mac) ==
               ERR_OK);
    buf_char(&b, '.');
    put_part(a, &b, mac.b, sizeof(mac.b));
    FUZZ_CHECK(buf_done(&b, &token) == ERR_OK);
    return token;
}

static struct str sound_header(struct arena *a)
{
    struct buf b = buf_new(a);
    struct str header;

    buf_fmt(&b, "{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
            key_id(key));
    FUZZ_CHECK(buf_done(&b, &header) == ERR_OK);
    return header;
}

static bool same_texts(const struct jwt_claims *x, const struct jwt_claims *y)
{
    return str_eq(x->iss, y->iss) && str_eq(x->aud, y->aud) &&
           str_eq(x->sub, y->sub) && str_eq(x->acr, y->acr) &&
           str_eq(x->client_id, y->client_id) && str_eq(x->amr, y->amr) &&
           str_eq(x->roles, y->roles) && str_eq(x->groups, y->groups) &&
           str_eq(x->custom, y->custom);
}

static bool same_numbers(const struct jwt_claims *x, const struct jwt_claims *y)
{
    return id_eq(&x->sid, &y->sid) && id_eq(&x->jti, &y->jti) &&
           x->iat == y->iat && x->exp == y->exp &&
           x->auth_time == y->auth_time && x->ver == y->ver &&
           x->rti == y->rti && memcmp(&x->rth, &y->rth, sizeof(x->rth)) == 0 &&
           memcmp(&x->prh, &y->prh, sizeof(x->prh)) == 0;
}

/* An array of nothing but strings: outside of them stand only commas. */
static void check_strings(struct str list)
{
    bool inside = false;

    FUZZ_CHECK(list.n >= 2 && list.p[0] == '[' && list.p[list.n - 1] == ']');
    for (size_t i = 1; i + 1 < list.n; i++) {
        if (list.p[i] == '"')
            inside = !inside;
        else if (inside)
            i += list.p[i] == '\\';
        else
            FUZZ_CHECK(list.p[i] == ',');
    }
    FUZZ_CHECK(!inside);
}

static void check_list(struct arena *a, struct str list)
{
    struct buf b = buf_new(a);
    struct str object;

    buf_text(&b, "{\"a\":");
    buf_str(&b, list);
    buf_char(&b, '}');
    FUZZ_CHECK(buf_done(&b, &object) == ERR_OK);
    check_strings(list);
    FUZZ_CHECK(json_scan(a, object, &wide) == ERR_OK);
}

static void check_claims(struct arena *a, const struct jwt_claims *c)
{
    FUZZ_CHECK(str_eq(c->iss, fuzz_rules.iss) &&
               str_eq(c->aud, fuzz_rules.aud));
    FUZZ_CHECK(c->sub.n > 0 && c->client_id.n > 0);
    FUZZ_CHECK(c->iat >= 0 && c->iat <= fuzz_rules.now + fuzz_rules.leeway);
    FUZZ_CHECK(c->exp > fuzz_rules.now && c->exp < YEAR_10000);
    FUZZ_CHECK(c->auth_time >= 0 && c->ver >= 0 && c->rti >= 0);
    check_list(a, c->amr);
    check_list(a, c->roles);
    check_list(a, c->groups);
    if (c->custom.n > 0)
        FUZZ_CHECK(json_scan(a, c->custom, &wide) == ERR_OK);
}

/* Escapes may make the text longer than a token may be. */
static void check_again(struct arena *a, const struct jwt_claims *c)
{
    struct jwt_claims again;
    struct str token;
    enum err e = jwt_make(a, key, c, &token);

    FUZZ_CHECK(e == ERR_OK || e == ERR_VALIDATION);
    if (e != ERR_OK)
        return;
    FUZZ_CHECK(jwt_verify(a, token, key, &fuzz_rules, &again) == ERR_OK);
    FUZZ_CHECK(same_texts(c, &again) && same_numbers(c, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct str payload = fuzz_text(data, size);
    struct str header = fuzz_line(&payload);
    struct jwt_claims c;
    int64_t nbf = -1;

    if (header.p == NULL)
        header = sound_header(a);
    struct str token = sign(a, header, payload);
    enum err e = jwt_verify(a, token, key, &fuzz_rules, &c);

    FUZZ_CHECK(e == ERR_OK || e == ERR_ACCESS_TOKEN_INVALID ||
               e == ERR_ACCESS_TOKEN_EXPIRED);
    if (e != ERR_OK)
        return 0;
    FUZZ_CHECK(json_scan(a, header, &json_limits_default) == ERR_OK);
    FUZZ_CHECK(json_scan(a, payload, &json_limits_default) == ERR_OK);
    FUZZ_CHECK(jwt_claims_read(a, payload, &c, &nbf) == ERR_OK);
    FUZZ_CHECK(nbf >= 0 && nbf <= fuzz_rules.now + fuzz_rules.leeway);
    check_claims(a, &c);
    check_again(a, &c);
    return 0;
}
