/* SPDX-License-Identifier: MIT */
/* A session begins with the first factor and opens nothing before the claim
 * says yes. What is wanted is judged in the session's own tenant: by a path one
 * could choose a milder one. */
#include "api/fdi_mfa.h"

#include <string.h>

#include "base/clock.h"
#include "base/json_read.h"

#define MFA_CLAIM "st-mfa"

/* One of them is enough. */
static bool suffices(const struct fdi_second *second, struct str seen)
{
    struct str rest = second->wanted;
    bool enough = rest.n == 0;

    while (!enough && rest.n > 0)
        enough = str_has_word(seen, str_cut(&rest, ' '));
    return enough;
}

void fdi_mfa_start(struct call *c, struct json_out *j,
                   const struct fdi_second *second)
{
    json_open(j, MFA_CLAIM, '{');
    json_open(j, "c", '{');
    json_int(j, FDI_PASSWORD, clock_s(&c->ctx->clock));
    json_close(j, '}');
    json_bool(j, "v", suffices(second, STR(FDI_PASSWORD)));
    json_close(j, '}');
}

/* A back end takes a claim away by null. */
static struct str claim_of(const struct call *c)
{
    struct str claim = json_read_member(c->session->payload, STR(MFA_CLAIM));

    return json_read_null(claim) ? (struct str){NULL, 0} : claim;
}

static bool says_yes(struct str claim)
{
    bool v = false;

    return claim.n > 0 && claim.p[0] == '{' &&
           json_read_bool(json_read_member(claim, STR("v")), &v) && v;
}

static void add_word(struct buf *b, struct str word)
{
    if (!str_has_word((struct str){b->p, b->n}, word))
        buf_word(b, word);
}

/* Of what its user has, and in which tenant the session is. A session may be
 * of somebody only a back end knows. */
static enum err look_up(struct call *c, struct fdi_mfa *m, struct str *first_r)
{
    const struct app_login *login;
    struct app_user user = {.login_count = 0};
    struct buf b = buf_new(c->ctx->arena);
    enum err e = app_find(c->ctx, c->app.name, c->session->tenant, &m->tenant);

    if (e == ERR_APP_UNKNOWN)
        return ERR_SESSION_INVALID;
    if (e == ERR_OK)
        e = fdi_claims_login(c, &user, &login);
    if (e == ERR_OK) {
        m->email = login->email;
        *first_r =
            login->provider.p == NULL ? STR(FDI_PASSWORD) : STR(FDI_PROVIDER);
    }
    if (e != ERR_OK && e != ERR_SESSION_INVALID)
        return e;
    for (size_t i = 0; i < user.login_count; i++)
        add_word(&b, user.logins[i].provider.p == NULL ? STR(FDI_PASSWORD)
                                                       : STR(FDI_PROVIDER));
    e = fdi_factors_second(c, &m->tenant, c->session->user_id, &m->second);
    if (e == ERR_OK && m->second.device)
        add_word(&b, STR(FDI_TOTP));
    return e == ERR_OK ? buf_done(&b, &m->set_up) : e;
}

/* The factors a token names, with their times as they stand there. */
static enum err put_seen(struct call *c, struct str seen, bool totp,
                         struct json_out *j, struct buf *words)
{
    struct json_walk w = json_walk(seen);
    struct json_part part;
    struct str name;
    int64_t at;

    while (w.object && json_walk_next(&w, &part)) {
        enum err e = json_read_key(c->ctx->arena, part.key, &name);

        if (e != ERR_OK)
            return e;
        if (!json_read_int(part.value, &at) ||
            (totp && str_eq(name, STR(FDI_TOTP))))
            continue;
        json_int(j, name.p, at);
        if (memchr(name.p, ' ', name.n) == NULL)
            add_word(words, name);
    }
    if (totp) {
        json_int(j, FDI_TOTP, clock_s(&c->ctx->clock));
        add_word(words, STR(FDI_TOTP));
    }
    return ERR_OK;
}

/* A session from before the claim has seen the factor of its login method. */
static enum err first_seen(struct call *c, struct str first, struct str *seen_r)
{
    struct buf b = buf_new(c->ctx->arena);
    struct json_out j = json_out(&b);
    struct app_session_info info;
    enum err e = app_session_get(c->ctx, &c->app, c->session->handle, &info);

    if (e != ERR_OK)
        return e;
    json_open(&j, NULL, '{');
    if (first.p != NULL)
        json_int(&j, first.p, info.created_ms / 1000);
    json_close(&j, '}');
    return buf_done(&b, seen_r);
}

/* The claim as it is to be, and m->satisfied by it. */
static enum err write(struct call *c, struct str seen, bool totp,
                      struct fdi_mfa *m, struct str *value_r)
{
    struct buf b = buf_new(c->ctx->arena), words = buf_new(c->ctx->arena);
    struct json_out j = json_out(&b);
    struct str named;
    enum err e;

    json_open(&j, NULL, '{');
    json_open(&j, "c", '{');
    e = put_seen(c, seen, totp, &j, &words);
    json_close(&j, '}');
    if (e == ERR_OK)
        e = buf_done(&words, &named);
    if (e != ERR_OK)
        return e;
    m->satisfied = suffices(&m->second, named);
    json_bool(&j, "v", m->satisfied);
    json_close(&j, '}');
    return buf_done(&b, value_r);
}

enum err fdi_mfa_sync(struct call *c, bool totp, struct fdi_mfa *mfa_r)
{
    const struct str claim = claim_of(c);
    struct str first = {NULL, 0}, seen, value;
    struct fdi_mfa m = {.satisfied = false};
    enum err e = look_up(c, &m, &first);

    if (e != ERR_OK)
        return e;
    seen = json_read_member(claim, STR("c"));
    if (claim.p == NULL)
        e = first_seen(c, first, &seen);
    if (e == ERR_OK)
        e = write(c, seen, totp, &m, &value);
    if (e == ERR_OK &&
        (claim.p == NULL || totp || says_yes(claim) != m.satisfied))
        e = fdi_claims_put(c, MFA_CLAIM, value);
    if (e == ERR_OK)
        *mfa_r = m;
    return e;
}

enum err fdi_mfa_check(struct call *c, bool *good_r)
{
    const struct str claim = claim_of(c);
    struct fdi_mfa m;

    *good_r = claim.p == NULL || says_yes(claim);
    if (claim.p != NULL || !c->api->config->fdi_totp)
        return ERR_OK;
    enum err e = fdi_mfa_sync(c, false, &m);

    if (e == ERR_OK)
        *good_r = m.satisfied;
    return e;
}

struct fdi_flaw fdi_mfa_flaw(void)
{
    return (struct fdi_flaw){
        MFA_CLAIM, STR("{\"message\":\"a second factor is wanted\"}")};
}

bool fdi_mfa_may_set_up(const struct fdi_mfa *mfa)
{
    struct str rest = mfa->second.wanted;
    bool there = false;

    while (rest.n > 0)
        there = str_has_word(mfa->set_up, str_cut(&rest, ' ')) || there;
    return mfa->satisfied ||
           (!there && str_has_word(mfa->second.wanted, STR(FDI_TOTP)));
}
