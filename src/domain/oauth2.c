/* SPDX-License-Identifier: MIT */
/* An attempt is a challenge: its secret is the state parameter, what it holds
 * is sealed, and a conditional UPDATE decides that it is good once. Whose
 * browser it is, the session token's id tells: a stranger's answer put under
 * somebody's nose (login CSRF) does not fit the victim's. */
#include "domain/oauth2.h"

#include "base/buf.h"
#include "domain/challenge.h"
#include "domain/pack.h"
#include "domain/throttle.h"

#define OAUTH2_LIMIT "oauth2-start"

bool oauth2_back_allowed(const struct config *config, struct str uri)
{
    const struct config_list *list = &config->oauth2_redirect_uris;

    for (size_t i = 0; i < list->count; i++) {
        if (str_eq(uri, list->items[i]))
            return true;
    }
    return false;
}

static enum err oauth2_put(struct ctx *c, const struct oauth2_attempt *a,
                           struct str *payload_r)
{
    struct buf b = buf_new(c->arena);

    pack_text(&b, str_of(a->provider->name));
    pack_int(&b, (int64_t)a->mode);
    pack_id(&b, &a->browser);
    pack_id(&b, &a->replaces);
    pack_text(&b, a->device);
    pack_text(&b, a->nonce);
    pack_text(&b, a->verifier);
    pack_text(&b, a->back);
    pack_int(&b, a->asked_s);
    return buf_done(&b, payload_r);
}

/* Fills in what oauth2_put has written. ERR_INTERNAL when it is none of it. */
static enum err oauth2_get(struct str payload, struct str *provider_r,
                           struct oauth2_attempt *a)
{
    struct str rest = payload;
    int64_t mode;

    if (!unpack_text(&rest, provider_r) || !unpack_int(&rest, &mode) ||
        !unpack_id(&rest, &a->browser) || !unpack_id(&rest, &a->replaces) ||
        !unpack_text(&rest, &a->device) || !unpack_text(&rest, &a->nonce) ||
        !unpack_text(&rest, &a->verifier) || !unpack_text(&rest, &a->back) ||
        !unpack_int(&rest, &a->asked_s) || rest.n != 0)
        return ERR_INTERNAL;
    a->mode = (enum oauth2_mode)mode;
    return ERR_OK;
}

enum err oauth2_begin(struct ctx *c, struct oauth2_attempt *a,
                      struct str *state_r)
{
    struct challenge ch = {.account_id = a->account,
                           .session_id = a->session,
                           .lifetime_s = c->config->oauth2_state_lifetime};
    enum err e = throttle_limit_network(c, OAUTH2_LIMIT,
                                        c->config->throttle_network_limit,
                                        c->config->throttle_window);

    a->asked_s = clock_s(&c->clock);
    if (e == ERR_OK)
        e = oauth2_put(c, a, &ch.payload);
    if (e == ERR_OK)
        e = challenge_link_make(c, CHALLENGE_OAUTH2, &ch, state_r);
    if (e == ERR_OK)
        a->id = ch.id;
    return e;
}

static enum err oauth2_find(struct ctx *c,
                            const struct config_provider *provider,
                            struct str state, struct oauth2_attempt *a)
{
    struct challenge ch;
    struct str name;
    enum err e = state.n == 0
                     ? ERR_STATE_MISSING
                     : challenge_link_open(c, CHALLENGE_OAUTH2, state, &ch);

    if (e == ERR_LINK_INVALID)
        return ERR_STATE_INVALID;
    if (e == ERR_LINK_EXPIRED)
        return ERR_STATE_EXPIRED;
    if (e == ERR_OK)
        e = oauth2_get(ch.payload, &name, a);
    if (e != ERR_OK)
        return e;
    /* Every provider has a way back of its own: an answer that comes by
     * another's is a mix-up (RFC 9700 section 4.4). */
    if (!str_eq(name, str_of(provider->name)))
        return ERR_STATE_INVALID;
    a->id = ch.id;
    a->provider = provider;
    a->account = ch.account_id;
    a->session = ch.session_id;
    return ERR_OK;
}

enum err oauth2_open(struct ctx *c, const struct config_provider *provider,
                     struct str state, struct str session_token,
                     struct oauth2_attempt *a_r, struct session_token *token_r)
{
    struct oauth2_attempt a = {.mode = OAUTH2_SIGN_IN};
    struct session_token token;
    enum err e = oauth2_find(c, provider, state, &a);

    if (e == ERR_OK)
        e = session_token_open(c, session_token, &token);
    if (e == ERR_OK && !id_eq(&token.id, &a.browser))
        e = ERR_SESSION_TOKEN_INVALID;
    /* The operator may have taken the address off the list meanwhile. */
    if (e == ERR_OK && a.back.n > 0 && !oauth2_back_allowed(c->config, a.back))
        e = ERR_STATE_INVALID;
    if (e != ERR_OK)
        return e;
    *a_r = a;
    *token_r = token;
    return ERR_OK;
}

enum err oauth2_use(struct ctx *c, const struct oauth2_attempt *a)
{
    enum err e = challenge_use(c, CHALLENGE_OAUTH2, &a->id);

    return e == ERR_NOT_FOUND ? ERR_STATE_INVALID : e;
}
