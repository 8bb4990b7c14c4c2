/* SPDX-License-Identifier: MIT */
/* One world at a time: the fake of fetch() has nobody to tell it which. */
#include "oidc_world.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/secret.h"

static struct world world;

struct fetch {
    int64_t budget_ms;
};

enum err fetch_new(struct fetch **f_r)
{
    static struct fetch f;

    *f_r = &f;
    return ERR_OK;
}

void fetch_free(struct fetch **f)
{
    *f = NULL;
}

void fetch_budget(struct fetch *f, int64_t ms)
{
    f->budget_ms = ms;
}

bool fetch_may(struct str url)
{
    return url.n > 0;
}

static struct world_page *page(const char *url)
{
    for (size_t i = 0; i < world.page_count; i++)
        if (strcmp(world.pages[i].url, url) == 0)
            return &world.pages[i];
    return NULL;
}

static void note(char *out, size_t cap, struct str text)
{
    assert_true(text.n < cap);
    if (text.n > 0)
        memcpy(out, text.p, text.n);
    out[text.n] = '\0';
}

enum err fetch(struct fetch *f, struct arena *a, const struct fetch_ask *ask,
               struct fetch_answer *answer_r)
{
    struct world_page *found = page(ask->url);

    assert_in_range(f->budget_ms, 1, 20000);
    assert_non_null(ask->ca_file);
    note(world.last_body, sizeof(world.last_body), ask->body);
    note(world.last_authorization, sizeof(world.last_authorization),
         str_of(ask->authorization));
    if (found != NULL)
        found->asked++;
    if (found == NULL || found->status == 0) {
        answer_r->why = "no_connection";
        answer_r->late = found != NULL && found->late;
        return ERR_UNAVAILABLE;
    }
    *answer_r = (struct fetch_answer){
        .status = found->status,
        .content_type = arena_str(a, str_of(found->type)),
        .max_age_s = found->max_age_s,
        .body = arena_str(a, found->body),
    };
    return answer_r->body.p == NULL ? ERR_NO_MEMORY : ERR_OK;
}

struct world_page *world_answer(const char *url, struct str body)
{
    struct world_page *p = page(url);

    if (p == NULL) {
        assert_true(world.page_count < WORLD_ASKS_MAX);
        p = &world.pages[world.page_count++];
    }
    *p = (struct world_page){.url = url,
                             .status = 200,
                             .type = "application/json",
                             .max_age_s = -1,
                             .body = body,
                             .asked = p->asked};
    return p;
}

size_t world_asked(const char *url)
{
    const struct world_page *p = page(url);

    return p == NULL ? 0 : p->asked;
}

static struct str done(struct buf *b)
{
    struct str text = {NULL, 0};

    assert_int_equal(buf_done(b, &text), ERR_OK);
    return text;
}

/* Behind the value that begins at i: to the comma or brace of its own level. */
static size_t value_end(struct str json, size_t i)
{
    int depth = 0;
    bool quoted = false;

    for (; i < json.n; i++) {
        char c = json.p[i];

        if (c == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        if (depth == 0 && (c == ',' || c == '}'))
            break;
        if (c == '{' || c == '[')
            depth++;
        if (c == '}' || c == ']')
            depth--;
    }
    return i;
}

struct str world_with(struct arena *a, struct str json, const char *name,
                      const char *value)
{
    struct buf b = buf_new(a);
    char quoted[200];
    const char *at = NULL;

    if (name == NULL)
        return json;
    (void)snprintf(quoted, sizeof(quoted), "\"%s\":", name);
    at = memmem(json.p, json.n, quoted, strlen(quoted));
    if (at == NULL) {
        assert_non_null(value);
        buf_put(&b, json.p, json.n - 1);
        buf_fmt(&b, ",\"%s\":", name);
        buf_text(&b, value);
        buf_char(&b, '}');
        return done(&b);
    }
    size_t from = (size_t)(at - json.p);
    size_t to = value_end(json, from + strlen(quoted));

    if (value == NULL) {
        bool last = json.p[to] == '}';

        from -= last ? 1 : 0;
        to += last ? 0 : 1;
        buf_put(&b, json.p, from);
    } else {
        buf_put(&b, json.p, from);
        buf_text(&b, quoted);
        buf_text(&b, value);
    }
    buf_put(&b, json.p + to, json.n - to);
    return done(&b);
}

static void put_b64(struct buf *b, struct arena *a, const void *p, size_t n)
{
    char *text = arena_alloc(a, ENC_B64_LEN(n) + 1);

    assert_non_null(text);
    buf_put(b, text, enc_b64url(p, n, text));
}

struct str world_sign(struct arena *a, const struct key *k, struct str header,
                      struct str payload)
{
    uint8_t signature[KEY_SIGNATURE_MAX];
    struct buf b = buf_new(a);
    size_t n = 0;

    put_b64(&b, a, header.p, header.n);
    buf_char(&b, '.');
    put_b64(&b, a, payload.p, payload.n);
    assert_int_equal(key_sign(k, done(&b), signature, &n), ERR_OK);
    buf_char(&b, '.');
    put_b64(&b, a, signature, n);
    return done(&b);
}

struct str world_header(struct world *w)
{
    struct buf b = buf_new(w->arena);

    buf_fmt(&b, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
            key_alg_name(key_alg(w->key)), key_id(w->key));
    return done(&b);
}

struct str world_claims(struct world *w)
{
    struct buf b = buf_new(w->arena);

    buf_fmt(&b,
            "{\"iss\":\"" WORLD_ISSUER "\",\"sub\":\"person-1\","
            "\"aud\":\"" WORLD_CLIENT "\",\"exp\":%lld,\"iat\":%lld,"
            "\"nonce\":\"%.*s\",\"email\":\"ann@example.org\","
            "\"email_verified\":true,\"name\":\"Ann\"}",
            (long long)w->now_s + 300, (long long)w->now_s - 1,
            STR_FMT(w->request.nonce));
    return done(&b);
}

struct str world_tokens(struct arena *a, struct str id_token)
{
    struct buf b = buf_new(a);

    buf_text(&b, "{\"access_token\":\"" WORLD_ACCESS "\",\"token_type\":"
                 "\"Bearer\",\"expires_in\":3600,\"refresh_token\":"
                 "\"refresh-1\",\"scope\":\"openid email\"");
    if (id_token.p != NULL) {
        buf_text(&b, ",\"id_token\":\"");
        buf_str(&b, id_token);
        buf_char(&b, '"');
    }
    buf_char(&b, '}');
    return done(&b);
}

struct str world_document(void)
{
    return STR("{\"issuer\":\"" WORLD_ISSUER "\","
               "\"authorization_endpoint\":\"https://op.example.org/auth\","
               "\"token_endpoint\":\"" WORLD_TOKEN "\","
               "\"jwks_uri\":\"" WORLD_JWKS "\","
               "\"userinfo_endpoint\":\"" WORLD_USER_INFO "\","
               "\"code_challenge_methods_supported\":[\"plain\",\"S256\"],"
               "\"claims_supported\":[\"sub\"],\"more\":{\"a\":null}}");
}

struct str world_key_set(struct arena *a, const struct key *const *keys,
                         size_t count)
{
    struct buf b = buf_new(a);

    buf_text(&b, "{\"keys\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(&b, ',');
        key_jwk(keys[i], &b);
    }
    buf_text(&b, "]}");
    return done(&b);
}

void world_publish(struct world *w)
{
    const struct key *keys[] = {w->key};
    struct str id_token =
        world_sign(w->arena, w->key, world_header(w), world_claims(w));

    (void)world_answer(WORLD_DISCOVERY, world_document());
    (void)world_answer(WORLD_JWKS, world_key_set(w->arena, keys, 1));
    (void)world_answer(WORLD_TOKEN, world_tokens(w->arena, id_token));
}

enum err world_redeem(struct world *w, const char *iss,
                      struct oidc_identity *who_r)
{
    struct oidc_identity who;
    struct oidc_answer answer = {
        .provider = &w->provider,
        .request = &w->request,
        .code = STR("code+1/ä"),
        .iss = iss == NULL ? (struct str){NULL, 0} : str_of(iss),
        .asked_s = w->now_s - 30,
        .now_s = w->now_s,
    };

    w->why = "";
    return oidc_redeem(w->oidc, w->arena, &answer, who_r == NULL ? &who : who_r,
                       &w->why);
}

void world_restart(struct world *w)
{
    oidc_free(&w->oidc);
    assert_int_equal(oidc_new(&w->config, &w->oidc), ERR_OK);
}

int world_set_up(void **state)
{
    memset(&world, 0, sizeof(world));
    if (crypto_init() != ERR_OK ||
        key_generate(KEY_ES256, &world.key) != ERR_OK ||
        key_generate(KEY_ES256, &world.other) != ERR_OK)
        return -1;
    world.arena = arena_new((size_t)16 << 20);
    world.now_s = WORLD_NOW;
    world.provider = (struct config_provider){
        .name = "op",
        .title = "op",
        .kind = PROVIDER_OIDC,
        .issuer = WORLD_ISSUER,
        .client_id = WORLD_CLIENT,
        .client_secret_file = {"secret", "s3cret/+", 8},
        .client_auth = PROVIDER_AUTH_BASIC,
        .client_key_id = "",
        .scope = "openid email",
        .authorization_uri = "",
        .token_uri = "",
        .user_info_uri = "",
        .jwks_uri = "",
        .id_token_alg = PROVIDER_ALG_ES256,
        .subject_claim = "sub",
        .email_claim = "email",
        .email_verified_claim = "email_verified",
        .name_claim = "name",
        .ca_file = "",
    };
    world.config =
        (struct config){.providers = &world.provider, .provider_count = 1};
    *state = &world;
    if (world.arena == NULL || oidc_new(&world.config, &world.oidc) != ERR_OK ||
        oidc_request_new(world.arena, &world.request) != ERR_OK)
        return -1;
    world.request.state = STR("state.1");
    world.request.redirect_uri = STR("https://id.example.org/cb?x=1");
    return 0;
}

int world_tear_down(void **state)
{
    (void)state;
    oidc_free(&world.oidc);
    key_free(&world.key);
    key_free(&world.other);
    arena_free(&world.arena);
    return 0;
}
