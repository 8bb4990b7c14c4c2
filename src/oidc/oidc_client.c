/* SPDX-License-Identifier: MIT */
/* The secret goes into memory that is wiped, and nowhere else. */
#include "oidc/oidc_client.h"

#include <string.h>

#include "base/enc.h"
#include "base/json_write.h"
#include "base/url.h"
#include "crypto/jws.h"
#include "crypto/secret.h"
#include "oidc/oidc_form.h"
#include "oidc/oidc_net.h"

#define ASSERTION_S 60
#define ASSERTION_ID 16 /* bytes: 128 random bits */
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static struct str secret_text(const struct config_secret *s)
{
    return s->value == NULL ? (struct str){"", 0}
                            : (struct str){s->value, s->n};
}

/* base64 with padding (RFC 4648 section 4), which only this header wants. */
static void put_base64(struct buf *b, struct arena *a, struct str text)
{
    char *out = arena_alloc(a, ENC_B64_LEN(text.n) + 1);

    if (out == NULL) {
        b->failed = true;
        return;
    }
    size_t n = enc_b64url((const uint8_t *)text.p, text.n, out);

    for (size_t i = 0; i < n; i++) {
        char c = out[i];

        if (c == '-')
            c = '+';
        else if (c == '_')
            c = '/';
        buf_char(b, c);
    }
    for (; n % 4 != 0; n++)
        buf_char(b, '=');
}

/* Both are encoded before they are joined (RFC 6749 section 2.3.1). */
static enum err basic(struct oidc_job *job, const char **authorization_r)
{
    const struct config_provider *p = job->provider;
    struct buf pair = buf_new(job->arena);
    struct buf header = buf_new(job->arena);
    struct str text;

    url_escape(&pair, str_of(p->client_id));
    buf_char(&pair, ':');
    url_escape(&pair, secret_text(&p->client_secret_file));
    enum err e = buf_done(&pair, &text);

    if (e != ERR_OK)
        return e;
    buf_text(&header, "Basic ");
    put_base64(&header, job->arena, text);
    e = buf_done(&header, &text);
    if (e == ERR_OK)
        *authorization_r = text.p;
    return e;
}

/* The audience is the configured issuer: an address that a document tells could
 * be another provider's, which the assertion would then be good for. */
static enum err claims(struct oidc_job *job, struct str *json_r)
{
    struct str client = str_of(job->provider->client_id);
    bool oidc = job->provider->kind == PROVIDER_OIDC;
    char id[ENC_B64_LEN(ASSERTION_ID) + 1];
    uint8_t bytes[ASSERTION_ID];
    struct buf b = buf_new(job->arena);
    struct json_out j = json_out(&b);
    enum err e = random_bytes(bytes, sizeof(bytes));

    if (e != ERR_OK)
        return e;
    (void)enc_b64url(bytes, sizeof(bytes), id);
    json_open(&j, NULL, '{');
    json_str(&j, "iss", client);
    json_str(&j, "sub", client);
    json_str(&j, "aud", oidc ? job->at.issuer : job->at.token);
    json_str(&j, "jti", str_of(id));
    json_int(&j, "iat", job->now_s);
    json_int(&j, "exp", job->now_s + ASSERTION_S);
    json_close(&j, '}');
    return buf_done(&b, json_r);
}

static enum err assertion(struct oidc_job *job, struct buf *form)
{
    const struct config_provider *p = job->provider;
    struct str json;
    struct str token;
    enum err e = claims(job, &json);

    if (e == ERR_OK)
        e = jws_sign(job->arena, secret_text(&p->client_key_file),
                     str_of(p->client_key_id), json, &token);
    if (e == ERR_VALIDATION)
        return oidc_net_useless(job, "token", "client_key");
    if (e != ERR_OK)
        return e;
    oidc_form_put(form, "client_assertion_type", STR(ASSERTION_TYPE));
    oidc_form_put(form, "client_assertion", token);
    return ERR_OK;
}

enum err oidc_client_prove(struct oidc_job *job, struct buf *form,
                           const char **authorization_r)
{
    const struct config_provider *p = job->provider;

    if (p->client_auth == PROVIDER_AUTH_BASIC)
        return basic(job, authorization_r);
    oidc_form_put(form, "client_id", str_of(p->client_id));
    if (p->client_auth == PROVIDER_AUTH_POST)
        oidc_form_put(form, "client_secret",
                      secret_text(&p->client_secret_file));
    return p->client_auth == PROVIDER_AUTH_KEY ? assertion(job, form) : ERR_OK;
}
