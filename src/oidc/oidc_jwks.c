/* SPDX-License-Identifier: MIT */
/* Only keys for the configured algorithm are kept at all, so that a token
 * cannot choose among the others. */
#include "oidc/oidc_jwks.h"

#include "http/json.h"
#include "oidc/oidc_net.h"
#include "oidc/oidc_shelf.h"

#define WHAT "keys"
#define KEYS_MAX 32
#define KID_MAX 255
#define NUMBER_MAX 1400 /* base64url of 8192 bits, and some */
#define FORCED_S 60

struct entry {
    struct str kid; /* may be empty */
    const struct jwk *key;
};

struct keys {
    size_t count;
    struct entry items[KEYS_MAX];
};

enum { K_KTY, K_CRV, K_N, K_E, K_X, K_Y, K_KID, K_USE, K_ALG, K_OPS, K_COUNT };

static const struct json_field fields[K_COUNT] = {
    [K_KTY] = {"kty", JSON_STRING, true, 1, 16, NULL},
    [K_CRV] = {"crv", JSON_STRING, false, 0, 32, NULL},
    [K_N] = {"n", JSON_STRING, false, 0, NUMBER_MAX, NULL},
    [K_E] = {"e", JSON_STRING, false, 0, NUMBER_MAX, NULL},
    [K_X] = {"x", JSON_STRING, false, 0, NUMBER_MAX, NULL},
    [K_Y] = {"y", JSON_STRING, false, 0, NUMBER_MAX, NULL},
    [K_KID] = {"kid", JSON_STRING, false, 0, KID_MAX, NULL},
    [K_USE] = {"use", JSON_STRING, false, 0, 32, NULL},
    [K_ALG] = {"alg", JSON_STRING, false, 0, 32, NULL},
    [K_OPS] = {"key_ops", JSON_STRINGS, false, 0, 0, NULL},
};

enum jwk_alg oidc_jwks_alg(const struct config_provider *p)
{
    switch (p->id_token_alg) {
    case PROVIDER_ALG_ES256:
        return JWK_ES256;
    case PROVIDER_ALG_PS256:
        return JWK_PS256;
    case PROVIDER_ALG_EDDSA:
        return JWK_EDDSA;
    case PROVIDER_ALG_RS256:
    default:
        return JWK_RS256;
    }
}

static bool verifies(const struct json_value *ops)
{
    for (size_t i = 0; i < ops->item_count; i++)
        if (str_eq(ops->items[i], STR("verify")))
            return true;
    return !ops->present;
}

/* RFC 9864 gives EdDSA with this curve a name of its own. */
static bool names_alg(struct str name, enum jwk_alg alg)
{
    return str_eq(name, str_of(jwk_alg_name(alg))) ||
           (alg == JWK_EDDSA && str_eq(name, STR("Ed25519")));
}

static bool is_ours(const struct json_value v[K_COUNT], enum jwk_alg alg)
{
    if (v[K_USE].present && !str_eq(v[K_USE].text, STR("sig")))
        return false;
    if (v[K_ALG].present && !names_alg(v[K_ALG].text, alg))
        return false;
    return verifies(&v[K_OPS]);
}

/* A key that does not fit is left out, whatever is wrong with it. */
static enum err add(struct arena *a, struct str text, enum jwk_alg alg,
                    struct keys *keys)
{
    struct json_value v[K_COUNT];
    struct jwk *key = NULL;
    enum err e = json_pick(a, text, fields, K_COUNT, v);

    if (e == ERR_OK && is_ours(v, alg)) {
        struct jwk_members m = {
            .kty = v[K_KTY].text,
            .crv = v[K_CRV].text,
            .n = v[K_N].text,
            .e = v[K_E].text,
            .x = v[K_X].text,
            .y = v[K_Y].text,
        };

        e = jwk_public(a, alg, &m, &key);
    }
    if (e == ERR_OK && key != NULL)
        keys->items[keys->count++] = (struct entry){v[K_KID].text, key};
    return e == ERR_VALIDATION || e == ERR_MALFORMED_JSON ? ERR_OK : e;
}

static enum err read_set(struct oidc_job *job, struct arena *a, struct str body,
                         const void **thing_r)
{
    static const struct json_field set = {"keys", JSON_OBJECTS, true, 0,
                                          0,      NULL};
    struct keys *keys = arena_alloc(a, sizeof(*keys));
    struct json_value v;
    enum err e = keys == NULL ? ERR_NO_MEMORY : json_pick(a, body, &set, 1, &v);

    if (e == ERR_VALIDATION || e == ERR_MALFORMED_JSON)
        return oidc_net_useless(job, WHAT, "malformed");
    if (e == ERR_OK && v.item_count > KEYS_MAX)
        return oidc_net_useless(job, WHAT, "too_many_keys");
    for (size_t i = 0; e == ERR_OK && i < v.item_count; i++)
        e = add(a, v.items[i], oidc_jwks_alg(job->provider), keys);
    if (e == ERR_OK)
        *thing_r = keys;
    return e;
}

static enum err load(struct oidc_job *job, struct arena *a,
                     const void **thing_r, int64_t *max_age_s_r)
{
    struct fetch_ask ask = {.url = job->at.jwks.p};
    struct fetch_answer answer;
    enum err e = oidc_net_ask(job, a, WHAT, &ask, &answer);

    if (e == ERR_OK && answer.status != 200)
        e = oidc_net_useless(job, WHAT, "status");
    if (e == ERR_OK)
        e = read_set(job, a, answer.body, thing_r);
    if (e == ERR_OK)
        *max_age_s_r = answer.max_age_s;
    return e;
}

/* How many keys answer to kid, and the last of them. */
static size_t count(const struct keys *keys, struct str kid,
                    const struct jwk **key_r)
{
    size_t found = 0;

    for (size_t i = 0; i < keys->count; i++) {
        const struct entry *entry = &keys->items[i];

        if (kid.n == 0 || str_eq(entry->kid, kid)) {
            *key_r = entry->key;
            found++;
        }
    }
    return found;
}

/* An unknown key may be new: providers change theirs without a word. But
 * whoever makes up key ids must not make us ask all the time. */
static bool may_force(struct oidc_job *job)
{
    struct oidc_site *site = job->site;
    int64_t since = job->now_s - site->jwks_forced_s;

    if (site->jwks_forced_s != 0 && since >= 0 && since < FORCED_S)
        return false;
    site->jwks_forced_s = job->now_s;
    return true;
}

enum err oidc_jwks_find(struct oidc_job *job, struct str kid,
                        const struct jwk **key_r)
{
    struct oidc_shelf *shelf = &job->site->jwks;
    uint64_t before = shelf->times;
    const struct jwk *key = NULL;
    const void *thing = NULL;
    enum err e = oidc_shelf_get(shelf, load, job, &thing);

    if (e != ERR_OK)
        return e;
    size_t found = count(thing, kid, &key);

    if (found == 0 && before == shelf->times && may_force(job) &&
        oidc_shelf_renew(shelf, load, job) == ERR_OK)
        found = count(shelf->thing, kid, &key);
    if (found != 1)
        return oidc_job_refuse(job,
                               found == 0 ? "key_unknown" : "key_ambiguous");
    *key_r = key;
    return ERR_OK;
}
