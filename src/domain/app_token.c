/* SPDX-License-Identifier: MIT */
/* The outer form of an application's access tokens. The key is chosen by the
 * kid and decides the algorithm; there is but one. */
#include "domain/app_token.h"

#include "base/enc.h"
#include "base/json_read.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "domain/app_keys.h"
#include "domain/app_token_claims.h"

/* The whole header of the oldest form, which names no key. */
#define TOKEN_HEADER_V2 "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"version\":\"2\"}"
#define TOKEN_HEADER_V2_64                                                     \
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsInZlcnNpb24iOiIyIn0="

static const struct json_limits token_header_limits = {2, 16, 512};

/* A token taken apart: decoded header, payload and signature, and what was
 * signed. */
struct token_parts {
    struct str header, payload, signature, input;
    bool old; /* of the oldest form */
};

static void token_put_part(struct arena *a, struct buf *b, struct str bytes,
                           bool old)
{
    const uint8_t *in = (const uint8_t *)bytes.p;
    char *text = arena_alloc(a, ENC_B64_PADDED_LEN(bytes.n) + 1);

    if (text == NULL) {
        b->failed = true;
        return;
    }
    buf_put(b, text,
            old ? enc_b64(in, bytes.n, text) : enc_b64url(in, bytes.n, text));
}

static enum err token_header(struct arena *a, const struct app_token *t,
                             struct str kid, struct str *json_r)
{
    struct buf b = buf_new(a);
    struct json_out j = json_out(&b);
    const char version[] = {(char)('0' + (int)t->form), '\0'};

    if (t->form == APP_TOKEN_V2) {
        *json_r = STR(TOKEN_HEADER_V2);
        return ERR_OK;
    }
    json_open(&j, NULL, '{');
    json_str(&j, "alg", STR("RS256"));
    json_str(&j, "kid", kid);
    json_str(&j, "typ", STR("JWT"));
    json_str(&j, "version", str_of(version));
    json_close(&j, '}');
    return buf_done(&b, json_r);
}

static enum err token_sign(struct ctx *c, const struct app_token *t,
                           const struct app_key *key, struct str *text_r)
{
    const bool old = t->form == APP_TOKEN_V2;
    uint8_t signature[KEY_SIGNATURE_MAX];
    struct buf b = buf_new(c->arena);
    struct str header, input;
    size_t n = 0;
    enum err e = token_header(c->arena, t, key->kid, &header);

    if (e != ERR_OK)
        return e;
    token_put_part(c->arena, &b, header, old);
    buf_char(&b, '.');
    token_put_part(c->arena, &b, t->claims, old);
    e = buf_done(&b, &input);
    if (e == ERR_OK)
        e = key_sign(key->key, input, signature, &n);
    if (e != ERR_OK)
        return e;
    buf_char(&b, '.');
    token_put_part(c->arena, &b, (struct str){(const char *)signature, n}, old);
    return buf_done(&b, text_r);
}

enum err app_token_make(struct ctx *c, const struct app *app,
                        struct app_token *t, struct str *text_r)
{
    struct app_key key;

    if (t->form == APP_TOKEN_V2) {
        t->fixed = false;
    } else {
        t->created_ms -= t->created_ms % 1000;
        t->expiry_ms -= t->expiry_ms % 1000;
    }
    enum err e = app_token_claims_write(c->arena, t);

    if (e == ERR_OK)
        e = app_keys_signer(c, app, t->fixed, &key);
    return e == ERR_OK ? token_sign(c, t, &key, text_r) : e;
}

static enum err token_decode(struct arena *a, struct str part, bool old,
                             struct str *bytes_r)
{
    uint8_t *out = arena_alloc(a, part.n + 1);
    size_t n = 0;

    if (out == NULL)
        return ERR_NO_MEMORY;
    if (part.n == 0 || !(old ? enc_unb64(part, out, part.n, &n)
                             : enc_unb64url(part, out, part.n, &n)))
        return ERR_ACCESS_TOKEN_INVALID;
    *bytes_r = (struct str){(const char *)out, n};
    return ERR_OK;
}

static enum err token_split(struct arena *a, struct str text,
                            struct token_parts *p)
{
    struct str rest = text;
    struct str header = str_cut(&rest, '.');
    struct str payload = str_cut(&rest, '.');

    if (text.n > APP_TOKEN_MAX || rest.p == NULL)
        return ERR_ACCESS_TOKEN_INVALID;
    p->old = str_eq(header, STR(TOKEN_HEADER_V2_64));
    p->input = (struct str){text.p, text.n - rest.n - 1};
    enum err e = token_decode(a, header, p->old, &p->header);

    if (e == ERR_OK)
        e = token_decode(a, payload, p->old, &p->payload);
    return e == ERR_OK ? token_decode(a, rest, p->old, &p->signature) : e;
}

/* Its version; one that tells none is of the newest. */
static enum err token_version(struct arena *a, struct str header,
                              enum app_token_form *form_r)
{
    struct str value = json_read_member(header, STR("version"));
    struct str version = STR("5");
    enum err e = value.p == NULL ? ERR_OK : json_read_text(a, value, &version);

    if (e != ERR_OK)
        return e;
    if (version.n != 1 || version.p[0] < '3' || version.p[0] > '5')
        return ERR_ACCESS_TOKEN_INVALID;
    *form_r = (enum app_token_form)(version.p[0] - '0');
    return ERR_OK;
}

static enum err token_header_read(struct arena *a, struct str header,
                                  struct app_token *t, struct str *kid_r)
{
    struct str typ, alg, kid;
    enum err e = json_scan(a, header, &token_header_limits);

    if (e == ERR_OK)
        e = json_read_text(a, json_read_member(header, STR("typ")), &typ);
    if (e == ERR_OK)
        e = json_read_text(a, json_read_member(header, STR("alg")), &alg);
    if (e == ERR_OK)
        e = json_read_text(a, json_read_member(header, STR("kid")), &kid);
    if (e == ERR_OK)
        e = token_version(a, header, &t->form);
    if (e != ERR_OK)
        return e;
    if (!str_eq(typ, STR("JWT")) || !str_eq(alg, STR("RS256")) ||
        json_read_member(header, STR("crit")).p != NULL)
        return ERR_ACCESS_TOKEN_INVALID;
    t->fixed = str_starts(kid, STR("s-"));
    *kid_r = kid;
    return ERR_OK;
}

/* Header and claims; *kid_r empty: the form names none. */
static enum err token_open(struct arena *a, struct str text,
                           struct token_parts *p, struct app_token *t,
                           struct str *kid_r)
{
    enum err e = token_split(a, text, p);

    *t = (struct app_token){.form = APP_TOKEN_V2};
    *kid_r = (struct str){NULL, 0};
    if (e == ERR_OK && !p->old)
        e = token_header_read(a, p->header, t, kid_r);
    return e == ERR_MALFORMED_JSON || e == ERR_VALIDATION
               ? ERR_ACCESS_TOKEN_INVALID
               : e;
}

static enum err token_fits(void *data, const struct key *key)
{
    const struct token_parts *p = data;

    return key_verify(key, p->input, (const uint8_t *)p->signature.p,
                      p->signature.n);
}

static enum err token_verify(struct ctx *c, const struct app *app,
                             struct token_parts *p, struct str kid)
{
    const struct key *key;

    if (p->old)
        return app_keys_try(c, app, token_fits, p);
    enum err e = app_keys_verifier(c, app, kid, &key);

    return e == ERR_OK ? token_fits(p, key) : e;
}

enum err app_token_read(struct ctx *c, const struct app *app, struct str text,
                        struct app_token *t_r)
{
    struct token_parts p;
    struct app_token t;
    struct str kid;
    enum err e = token_open(c->arena, text, &p, &t, &kid);

    if (e == ERR_OK)
        e = token_verify(c, app, &p, kid);
    if (e == ERR_OK)
        e = app_token_claims_read(c->arena, p.payload, &t);
    if (e == ERR_OK)
        *t_r = t;
    return e;
}

enum err app_token_parse(struct ctx *c, struct str text, struct app_token *t_r)
{
    struct token_parts p;
    struct app_token t;
    struct str kid;
    enum err e = token_open(c->arena, text, &p, &t, &kid);

    if (e == ERR_OK)
        e = app_token_claims_read(c->arena, p.payload, &t);
    if (e == ERR_OK)
        *t_r = t;
    return e;
}
