/* SPDX-License-Identifier: MIT */
/* What every way of signing in answers with. */
#include "api/api_sign_in.h"

#include <assert.h>

#include "api/api_answer.h"
#include "api/api_cookie.h"
#include "api/api_csrf.h"
#include "domain/device.h"
#include "domain/proof_token.h"

static const struct str none = {NULL, 0};

/* The store's words for device types are the parser's in the same order. */
static_assert((int)UA_DESKTOP == (int)STORE_DESKTOP &&
                  (int)UA_MOBILE == (int)STORE_MOBILE &&
                  (int)UA_TABLET == (int)STORE_TABLET &&
                  (int)UA_PWA == (int)STORE_PWA &&
                  (int)UA_OTHER == (int)STORE_OTHER,
              "one order of device types");

/* "Berlin, DE", for people. */
static enum err sign_in_place(struct call *c)
{
    struct client *client = &c->ctx->client;
    struct buf b = buf_new(c->ctx->arena);
    struct geoip_place found;
    enum err e = geoip_find(c->api->geoip, c->ctx->arena, &client->ip, &found);

    if (e != ERR_OK || found.country.n == 0)
        return e;
    client->where =
        (struct store_place){found.country, found.city, found.measured,
                             found.latitude_e6, found.longitude_e6};
    if (found.city.n > 0) {
        buf_str(&b, found.city);
        buf_text(&b, ", ");
    }
    buf_str(&b, found.country);
    return buf_done(&b, &client->place);
}

enum err api_sign_in_device(struct call *c)
{
    struct client *client = &c->ctx->client;
    struct useragent ua;
    enum err e =
        useragent_parse(c->api->useragents, c->ctx->arena, c->req, &ua);

    if (e == ERR_OK)
        e = sign_in_place(c);
    if (e != ERR_OK)
        return e;
    client->user_agent = ua.raw;
    client->browser = ua.browser;
    client->os = ua.os;
    client->device_type = (enum store_device_type)ua.type;
    client->identify = NULL;
    return ERR_OK;
}

enum err api_sign_in_identify(void *data)
{
    return api_sign_in_device(data);
}

/* Degrees with six decimals. */
static void sign_in_degrees(struct call *c, const char *key, bool known,
                            int64_t e6)
{
    struct json_out *j = &c->res->json;
    struct buf b = buf_new(c->ctx->arena);
    uint64_t size = (uint64_t)(e6 < 0 ? -e6 : e6);
    struct str text;

    buf_fmt(&b, "%s%u.%06u", e6 < 0 ? "-" : "", (unsigned)(size / 1000000),
            (unsigned)(size % 1000000));
    if (known && buf_done(&b, &text) == ERR_OK)
        json_raw(j, key, text);
    else
        json_null(j, key);
}

void api_sign_in_location(struct call *c, const struct store_place *place)
{
    struct json_out *j = &c->res->json;

    if (place->country.n == 0) {
        json_null(j, "location");
        return;
    }
    json_open(j, "location", '{');
    json_str(j, "country", place->country);
    json_str(j, "city", place->city.n > 0 ? place->city : none);
    sign_in_degrees(c, "latitude", place->measured, place->latitude_e6);
    sign_in_degrees(c, "longitude", place->measured, place->longitude_e6);
    json_close(j, '}');
}

static struct str sign_in_method(enum store_factor factor)
{
    switch (factor) {
    case STORE_FACTOR_TOTP:
        return STR("totp");
    case STORE_FACTOR_EMAIL:
        return STR("email");
    case STORE_FACTOR_NONE:
        break;
    }
    return none;
}

static void sign_in_method_list(struct json_out *j, unsigned methods)
{
    json_open(j, "twoFactorMethods", '[');
    if ((methods & SIGN_IN_TOTP) != 0)
        json_str(j, NULL, STR("totp"));
    if ((methods & SIGN_IN_EMAIL_CODE) != 0)
        json_str(j, NULL, STR("email"));
    if ((methods & SIGN_IN_PASSWORD) != 0)
        json_str(j, NULL, STR("password"));
    json_close(j, ']');
}

void api_sign_in_methods(struct json_out *j, unsigned wanted,
                         enum store_factor preferred)
{
    if (wanted == 0)
        json_null(j, "twoFactorMethods");
    else
        sign_in_method_list(j, wanted);
    json_str(j, "preferredTwoFactorMethod", sign_in_method(preferred));
}

static void sign_in_members(struct json_out *j, struct str subject,
                            const struct account *account)
{
    const unsigned on = (account->totp ? SIGN_IN_TOTP : 0u) |
                        (account->email_factor ? SIGN_IN_EMAIL_CODE : 0u);

    json_str(j, "id", subject);
    json_str(j, "email", account->email);
    json_str(j, "name", account->name.n > 0 ? account->name : none);
    json_words(j, "roles", account->roles);
    json_words(j, "groups", account->groups);
    json_bool(j, "emailVerified", account->email_verified);
    json_bool(j, "twoFactorAuthEnabled", on != 0);
    sign_in_method_list(j, on);
    json_str(j, "preferredTwoFactorMethod",
             on != 0 ? sign_in_method(account->preferred) : none);
    json_time(j, "createdAt", account->created_us);
}

void api_sign_in_account(struct json_out *j, const char *key,
                         struct str subject, const struct account *account)
{
    json_open(j, key, '{');
    sign_in_members(j, subject, account);
    json_close(j, '}');
}

/* With header authentication off a script must never get hold of a token that
 * its cookie hides (ASVS 5.0, 3.3.4). */
struct str api_sign_in_shown(const struct call *c, struct str token)
{
    return c->api->config->tokens_header_authentication ? token : none;
}

void api_sign_in_tokens(struct call *c, const struct tokens *t, struct str csrf)
{
    struct json_out *j = &c->res->json;

    json_str(j, "accessToken", api_sign_in_shown(c, t->access));
    json_str(j, "refreshToken", api_sign_in_shown(c, t->refresh));
    json_str(j, "tokenType", api_sign_in_shown(c, STR("Bearer")));
    json_int(j, "expiresIn", t->access_lifetime_s);
    json_int(j, "refreshExpiresIn", t->refresh_lifetime_s);
    json_id(j, "sessionId", &t->session_id);
    if (csrf.p != NULL)
        json_str(j, "csrfToken", csrf);
}

/* Also when the client asked by header: the same sign-in serves a page and its
 * scripts. */
void api_sign_in_cookies(struct call *c, const struct tokens *t)
{
    api_cookie_set(c, API_COOKIE_ACCESS, t->access, t->access_lifetime_s);
    api_cookie_set(c, API_COOKIE_REFRESH, t->refresh, t->refresh_lifetime_s);
}

void api_sign_in_set(struct call *c, const struct signed_in *in)
{
    if (in->pending) {
        api_cookie_set(c, API_COOKIE_TWO_FACTOR, in->two_factor_token,
                       proof_token_lifetime(c->api->config, PROOF_TWO_FACTOR));
        return;
    }
    api_sign_in_cookies(c, &in->tokens);
    if (in->device_token.n > 0)
        api_cookie_set(c, API_COOKIE_DEVICE, in->device_token,
                       DEVICE_TOKEN_LIFETIME_S);
    /* Its attempt is over. */
    if (c->cred.two_factor_by_cookie)
        api_cookie_clear(c, API_COOKIE_TWO_FACTOR);
}

/* The same members as with tokens, which are null. */
static void sign_in_pending(struct call *c, const struct signed_in *in)
{
    struct json_out *j = &c->res->json;

    json_null(j, "accessToken");
    json_null(j, "refreshToken");
    json_null(j, "tokenType");
    json_null(j, "expiresIn");
    json_null(j, "refreshExpiresIn");
    json_null(j, "sessionId");
    json_bool(j, "twoFactorRequired", true);
    api_sign_in_methods(j, in->wanted, in->preferred);
    json_str(j, "twoFactorAuthenticationToken",
             api_sign_in_shown(c, in->two_factor_token));
}

static void sign_in_done(struct call *c, const struct signed_in *in,
                         struct str csrf)
{
    struct json_out *j = &c->res->json;

    api_sign_in_tokens(c, &in->tokens, csrf);
    json_bool(j, "twoFactorRequired", false);
    api_sign_in_methods(j, 0, STORE_FACTOR_NONE);
    json_null(j, "twoFactorAuthenticationToken");
}

void api_sign_in_outcome(struct call *c, const struct signed_in *in,
                         struct str csrf)
{
    if (in->pending)
        sign_in_pending(c, in);
    else
        sign_in_done(c, in, csrf);
}

enum err api_sign_in_answer_step_up(struct call *c, const struct signed_in *in,
                                    struct str step_up_token)
{
    struct json_out *j = &c->res->json;
    struct str csrf = none;
    char id[ID_TEXT_LEN + 1];
    enum err e = ERR_OK;

    if (!in->pending)
        e = api_csrf_token(c, &in->tokens.session_id, &csrf);
    if (e != ERR_OK)
        return e;
    id_text(&in->account.id, id);
    http_json_begin(c->res, 200);
    api_sign_in_account(
        j, "user", in->pending ? str_of(id) : in->tokens.subject, &in->account);
    api_sign_in_outcome(c, in, csrf);
    api_sign_in_set(c, in);
    if (step_up_token.p != NULL) {
        json_str(j, "stepUpToken", api_sign_in_shown(c, step_up_token));
        api_cookie_set(c, API_COOKIE_STEP_UP, step_up_token,
                       proof_token_lifetime(c->api->config, PROOF_STEP_UP));
    }
    api_sign_in_location(c, &c->ctx->client.where);
    http_json_end(c->res);
    return ERR_OK;
}

enum err api_sign_in_answer(struct call *c, const struct signed_in *in)
{
    return api_sign_in_answer_step_up(c, in, none);
}

/* The members of a sign-in and, by other names, what clients of another family
 * look for. */
enum err api_sign_in_answer_code(struct call *c, const struct signed_in *in,
                                 bool is_new)
{
    struct json_out *j = &c->res->json;
    const struct account *account = &in->account;
    struct str csrf;

    if (in->pending)
        return api_sign_in_answer(c, in);
    enum err e = api_csrf_token(c, &in->tokens.session_id, &csrf);

    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_str(j, "token", api_sign_in_shown(c, in->tokens.access));
    json_open(j, "user", '{');
    sign_in_members(j, in->tokens.subject, account);
    json_str(j, "userId", in->tokens.subject);
    json_str(j, "phoneNumber", account->phone.n > 0 ? account->phone : none);
    json_str(j, "displayName", account->name);
    json_id(j, "sessionId", &in->tokens.session_id);
    json_close(j, '}');
    json_bool(j, "isNewUser", is_new);
    sign_in_done(c, in, csrf);
    api_sign_in_set(c, in);
    json_null(j, "location");
    http_json_end(c->res);
    return ERR_OK;
}
