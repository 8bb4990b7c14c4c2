/* SPDX-License-Identifier: MIT */
/* Fakes of what src/api calls in src/domain and the layers below. */
#include "api_fixture.h"

#include <stdio.h>
#include <string.h>

#include "domain/account.h"
#include "domain/api_key.h"
#include "domain/keyring.h"
#include "domain/proof_token.h"
#include "domain/refresh_token.h"
#include "domain/sign_in.h"
#include "http/useragent.h"
#include "store/stmt.h"

struct fake fake;

static const struct id fake_session = {
    {0x01, 0x93, 0x8f, 0x6e, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xff}};
static const struct id fake_other = {
    {0x01, 0x93, 0x8f, 0x6e, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x02}};

static void keep(char *to, size_t n, struct str s)
{
    (void)snprintf(to, n, "%.*s", (int)s.n, s.p == NULL ? "" : s.p);
}

static struct store_session fake_row(const struct id *id)
{
    return (struct store_session){
        .id = *id,
        .realm_id = 1,
        .subject = STR("subject-1"),
        .created_us = 1 * CLOCK_SECOND,
        .active_us = 2 * CLOCK_SECOND,
        .expires_us = 3 * CLOCK_SECOND,
        .auth_time_s = 1,
        .amr = STR("[\"pwd\"]"),
        .acr = STR("1"),
        .browser = STR("Chrome"),
        .os = STR("Windows"),
        .user_agent = STR("agent"),
        .device_type = STORE_DESKTOP,
        .ip = {{[10] = 0xff, 0xff, 192, 0, 2, 1}},
    };
}

static struct tokens fake_tokens(void)
{
    return (struct tokens){.access = STR("new.access.token"),
                           .refresh = STR("new-refresh"),
                           .access_lifetime_s = 900,
                           .refresh_lifetime_s = 7884000,
                           .session_id = fake_session,
                           .subject = STR("subject-1")};
}

enum err session_check(struct ctx *c, struct str access_token,
                       struct session_view *view_r)
{
    (void)c;
    fake.asked++;
    keep(fake.access, sizeof(fake.access), access_token);
    if (fake.session_check != ERR_OK)
        return fake.session_check;
    /* As the real one would: what is no JWS of three parts is none of ours. */
    if (!str_eq(access_token, STR(FIXTURE_ACCESS)))
        return ERR_ACCESS_TOKEN_INVALID;
    memset(view_r, 0, sizeof(*view_r));
    view_r->state.row = fake_row(&fake_session);
    view_r->claims.sub = STR("subject-1");
    view_r->claims.iss = STR("issuer");
    view_r->claims.aud = STR("audience");
    view_r->claims.acr = STR("1");
    view_r->claims.amr = STR("[\"pwd\"]");
    view_r->claims.roles =
        fake.admin ? STR("[\"ADMIN\",\"USER\"]") : STR("[\"USER\"]");
    view_r->claims.sid = fake_session;
    view_r->claims.iat = 1;
    view_r->claims.exp = 901;
    return ERR_OK;
}

enum err session_of_refresh(struct ctx *c, struct str refresh_token,
                            struct store_session_state *state_r)
{
    (void)c;
    fake.asked++;
    keep(fake.refresh, sizeof(fake.refresh), refresh_token);
    if (fake.session_of_refresh != ERR_OK)
        return fake.session_of_refresh;
    memset(state_r, 0, sizeof(*state_r));
    state_r->row = fake_row(&fake_other);
    return ERR_OK;
}

enum err session_touch(struct ctx *c, const struct session_view *view)
{
    (void)c;
    (void)view;
    fake.touched++;
    return fake.touch;
}

enum err session_list(struct ctx *c, struct str subject,
                      enum err (*each)(void *data,
                                       const struct store_session *s),
                      void *data)
{
    struct store_session first = fake_row(&fake_session);
    struct store_session second = fake_row(&fake_other);
    enum err e;

    (void)c;
    (void)subject;
    first.label = STR("Desk");
    second.browser = STR("");
    second.os = STR("");
    second.ip = (struct ip){{0}};
    e = each(data, &first);
    if (e == ERR_OK)
        e = each(data, &second);
    return e == ERR_OK ? fake.session_list : e;
}

enum err session_revoke(struct ctx *c, struct str subject, const struct id *id,
                        const char *reason)
{
    (void)c;
    (void)subject;
    (void)id;
    fake.handled++;
    fake.sessions_revoked++;
    keep(fake.reason, sizeof(fake.reason), str_of(reason));
    return fake.session_revoke;
}

enum err session_revoke_all(struct ctx *c, struct str subject,
                            const struct id *except, const char *reason,
                            uint64_t *count_r)
{
    (void)c;
    (void)subject;
    fake.handled++;
    keep(fake.reason, sizeof(fake.reason), str_of(reason));
    *count_r = id_is_nil(except) ? 3 : 2;
    return fake.session_revoke;
}

enum err session_revoke_token(struct ctx *c, const struct jwt_claims *claims)
{
    (void)c;
    (void)claims;
    fake.handled++;
    fake.tokens_revoked++;
    return fake.session_revoke;
}

enum err session_label(struct ctx *c, struct str subject, const struct id *id,
                       struct str label)
{
    (void)c;
    (void)subject;
    (void)id;
    (void)label;
    fake.handled++;
    return fake.session_label;
}

enum err session_data_get(struct ctx *c, const struct id *id,
                          struct str *data_r)
{
    (void)c;
    (void)id;
    *data_r = STR("{\"kept\":1}");
    return ERR_OK;
}

enum err session_data_put(struct ctx *c, const struct id *id, struct str data)
{
    (void)c;
    (void)id;
    (void)data;
    fake.handled++;
    return fake.data_put;
}

int64_t session_ends_us(const struct config *config,
                        const struct store_session *s)
{
    (void)config;
    return s->expires_us;
}

enum err account_register(struct ctx *c, struct str email, struct str password,
                          struct str name, bool *created_r)
{
    (void)c;
    (void)email;
    (void)password;
    (void)name;
    (void)created_r;
    fake.asked++;
    fake.handled++;
    return fake.account_register;
}

enum err account_login(struct ctx *c, const struct account_login *login,
                       struct signed_in *in_r)
{
    fake.asked++;
    fake.handled++;
    keep(fake.refresh, sizeof(fake.refresh), login->present_refresh);
    keep(fake.device_token, sizeof(fake.device_token), c->client.device_token);
    if (fake.account_login == ERR_TOO_MANY_REQUESTS)
        c->retry_after_s = 77;
    if (fake.account_login != ERR_OK)
        return fake.account_login;
    memset(in_r, 0, sizeof(*in_r));
    in_r->tokens = fake_tokens();
    in_r->account.email = STR("value@example.test");
    in_r->account.name = STR("Ann");
    in_r->account.roles = STR("ADMIN USER");
    in_r->account.created_us = CLOCK_SECOND;
    in_r->device_token = STR("device");
    return ERR_OK;
}

enum err account_refresh(struct ctx *c, struct str refresh_token,
                         struct tokens *tokens_r, struct account *account_r)
{
    static const struct account nobody;

    (void)c;
    fake.asked++;
    fake.handled++;
    keep(fake.refresh, sizeof(fake.refresh), refresh_token);
    if (fake.account_refresh != ERR_OK)
        return fake.account_refresh;
    *tokens_r = fake_tokens();
    *account_r = nobody;
    if (!fake.no_account)
        account_r->email = STR("value@example.test");
    return ERR_OK;
}

enum err api_key_check(struct ctx *c, struct str text,
                       struct store_api_key *key_r)
{
    (void)c;
    (void)key_r;
    fake.asked++;
    keep(fake.api_key, sizeof(fake.api_key), text);
    if (fake.api_key_check != ERR_OK)
        return fake.api_key_check;
    return str_eq(text, STR(FIXTURE_API_KEY)) ? ERR_OK : ERR_API_KEY_INVALID;
}

enum err refresh_token_open(struct ctx *c, struct str text,
                            struct refresh_token *token_r)
{
    (void)c;
    (void)text;
    if (fake.refresh_token_open != ERR_OK)
        return fake.refresh_token_open;
    memset(token_r, 0, sizeof(*token_r));
    token_r->session_id = fake_session;
    token_r->lineage.issued_us = 5 * CLOCK_SECOND;
    return ERR_OK;
}

enum lineage_verdict lineage_judge(const struct store_lineage *row,
                                   const struct lineage_token *token,
                                   const struct lineage_rules *rules,
                                   int64_t now_us)
{
    (void)row;
    (void)token;
    (void)rules;
    (void)now_us;
    return fake.verdict;
}

enum err db_ready_lately(struct db *db)
{
    return db_ready(db);
}

enum err db_ready(struct db *db)
{
    (void)db;
    return fake.db_ready;
}

enum err keyring_sync(struct ctx *c, int64_t generation)
{
    (void)c;
    (void)generation;
    return fake.keyring_sync;
}

enum err keyring_signer(struct ctx *c, const struct key **key_r)
{
    (void)c;
    (void)key_r;
    return ERR_OK;
}

enum err keyring_jwks(struct ctx *c, struct buf *out, int64_t *max_age_r)
{
    (void)c;
    (void)out;
    if (fake.keyring_jwks != ERR_OK)
        return fake.keyring_jwks;
    *max_age_r = 300;
    return ERR_OK;
}

/* Not a hash, but it differs when label or value do. */
enum err seal_lookup(const struct sealer *s, const char *label,
                     struct str value, struct digest *d_r)
{
    (void)s;
    if (fake.seal_lookup != ERR_OK)
        return fake.seal_lookup;
    memset(d_r, 0, sizeof(*d_r));
    for (size_t i = 0; label[i] != '\0'; i++)
        d_r->b[i % DIGEST_LEN] ^= (uint8_t)label[i];
    for (size_t i = 0; i < value.n; i++)
        d_r->b[i % DIGEST_LEN] ^= (uint8_t)((unsigned char)value.p[i] + i);
    return ERR_OK;
}

enum err useragent_parse(const struct useragent_rules *r, struct arena *a,
                         const struct http_request *req, struct useragent *ua_r)
{
    (void)r;
    (void)a;
    (void)req;
    if (fake.useragent != ERR_OK)
        return fake.useragent;
    *ua_r = (struct useragent){STR("agent"), STR("Chrome"), STR("Windows"),
                               UA_DESKTOP};
    return ERR_OK;
}

const char *useragent_type_text(enum useragent_type t)
{
    return t == UA_DESKTOP ? "desktop" : "other";
}

/* Proofs are good for the session of the access token. */
enum err proof_token_open(struct ctx *c, enum proof_kind kind, struct str token,
                          struct id *id_r)
{
    (void)c;
    if (!str_eq(token, STR(FIXTURE_PROOF)))
        return kind == PROOF_STEP_UP ? ERR_STEP_UP_TOKEN_INVALID
                                     : ERR_TWO_FACTOR_TOKEN_INVALID;
    *id_r = fake_session;
    return ERR_OK;
}

/* What no fake stands for reaches its rules, and finds no database. */
enum err stmt_exec(struct db *db, enum stmt_id id, const struct cell *params,
                   uint64_t *affected_r)
{
    (void)db;
    (void)id;
    (void)params;
    (void)affected_r;
    return ERR_UNAVAILABLE;
}

enum err stmt_one(struct db *db, enum stmt_id id, const struct cell *params,
                  struct arena *a, struct cell *row)
{
    (void)db;
    (void)id;
    (void)params;
    (void)a;
    (void)row;
    return ERR_UNAVAILABLE;
}

enum err stmt_each(struct db *db, enum stmt_id id, const struct cell *params,
                   struct arena *a, stmt_row *each, void *data)
{
    (void)db;
    (void)id;
    (void)params;
    (void)a;
    (void)each;
    (void)data;
    return ERR_UNAVAILABLE;
}

enum err db_transact(struct db *db, enum err (*work)(void *data), void *data)
{
    (void)db;
    (void)work;
    (void)data;
    return ERR_UNAVAILABLE;
}

enum err password_hash(struct hasher *h, struct str password, int wait_ms,
                       char out[PASSWORD_HASH_MAX])
{
    (void)h;
    (void)password;
    (void)wait_ms;
    (void)out;
    return ERR_UNAVAILABLE;
}

enum err password_verify(struct hasher *h, struct str password,
                         const char *hash, int wait_ms, bool *rehash_r)
{
    (void)h;
    (void)password;
    (void)hash;
    (void)wait_ms;
    (void)rehash_r;
    return ERR_UNAVAILABLE;
}
