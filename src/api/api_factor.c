/* SPDX-License-Identifier: MIT */
/* Switching second factors on and off, and the devices that need none. */
#include "api/api_answer.h"
#include "api/api_code.h"
#include "api/api_cookie.h"
#include "api/api_person.h"
#include "api/api_sign_in.h"
#include "api/api_two_factor.h"
#include "domain/proof_token.h"
#include "domain/two_factor_change.h"
#include "domain/two_factor_pass.h"
#include "http/qr_svg.h"

static const struct id nobody;

static const struct store_session *caller(const struct call *c)
{
    return &c->view.state.row;
}

/* Begins an answer that is not one object with members of ours. */
static struct json_out *factor_body(struct call *c)
{
    c->res->status = 200;
    c->res->content_type = API_JSON_TYPE;
    c->res->json = json_out(&c->res->body);
    return &c->res->json;
}

/* The account as it is now. */
static void factor_answer(struct call *c, const struct account *account)
{
    api_person_answer(c, account, caller(c)->active_us);
}

/* The same, when this session has ended with it. */
static void factor_answer_out(struct call *c, const struct account *account)
{
    factor_answer(c, account);
    c->touch = false;
    api_cookie_clear_all(c);
}

static void factor_codes(struct json_out *j, const struct str *codes)
{
    json_open(j, "recoveryCodes", '[');
    for (size_t i = 0; i < TWO_FACTOR_RECOVERY_CODES; i++)
        json_str(j, NULL, codes[i]);
    json_close(j, ']');
}

enum err api_two_factor_totp_begin(struct call *c)
{
    struct json_out *j = &c->res->json;
    struct two_factor_setup setup;
    struct str picture;
    enum err e = two_factor_totp_begin(c->ctx, caller(c), &setup);

    if (e == ERR_OK)
        e = qr_svg(c->ctx->arena, setup.url, &picture);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_str(j, "secret", setup.secret);
    json_str(j, "totpAuthUrl", setup.url);
    json_str(j, "qrCode", picture);
    factor_codes(j, setup.codes);
    json_str(j, "token", setup.token);
    http_json_end(c->res);
    return ERR_OK;
}

enum err api_two_factor_totp_enable(struct call *c)
{
    const struct json_value *v = c->body.values;
    struct account account;
    struct str code;
    enum err e = api_code(c, &v[1], API_CODE_TOTP_DIGITS, &code);

    if (e == ERR_OK && code.p == NULL)
        e = ERR_CODE_MISSING;
    if (e == ERR_OK)
        e = two_factor_totp_enable(c->ctx, caller(c), v[0].text, code,
                                   &account);
    if (e == ERR_OK)
        factor_answer_out(c, &account);
    return e;
}

enum err api_two_factor_totp_disable(struct call *c)
{
    struct account account;
    enum err e = two_factor_totp_disable(c->ctx, caller(c), &account);

    if (e == ERR_OK)
        factor_answer(c, &account);
    return e;
}

enum err api_two_factor_renew(struct call *c)
{
    struct str codes[TWO_FACTOR_RECOVERY_CODES];
    enum err e = two_factor_renew(c->ctx, caller(c), codes);

    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    factor_codes(&c->res->json, codes);
    http_json_end(c->res);
    return ERR_OK;
}

/* Who waits at an attempt may hold a session too (a step-up): the attempt is
 * what a code is for. One that is over does not hide the session. */
static enum err factor_attempt(struct call *c, struct id *attempt_r)
{
    enum err e = ERR_OK;

    if (!c->has_session)
        *attempt_r = c->attempt;
    else if (c->cred.two_factor.p == NULL)
        *attempt_r = nobody;
    else
        e = proof_token_open(c->ctx, PROOF_TWO_FACTOR, c->cred.two_factor,
                             attempt_r);
    if (e != ERR_OK && err_status(e) == 401) {
        *attempt_r = nobody;
        e = ERR_OK;
    }
    return e;
}

static enum err factor_mail(struct call *c, const char *member,
                            enum err (*ask)(struct ctx *, const struct id *,
                                            const struct store_session *,
                                            int64_t *))
{
    struct id attempt;
    int64_t seconds;
    enum err e = factor_attempt(c, &attempt);

    if (e == ERR_OK)
        e = ask(c->ctx, &attempt, caller(c), &seconds);
    if (e == ERR_TWO_FACTOR_TOKEN_INVALID && c->has_session)
        e = ask(c->ctx, &nobody, caller(c), &seconds);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_int(&c->res->json, member, seconds);
    http_json_end(c->res);
    return ERR_OK;
}

enum err api_two_factor_email_send(struct call *c)
{
    enum err e = api_sign_in_device(c);

    return e != ERR_OK ? e : factor_mail(c, "cooldown", two_factor_mail);
}

enum err api_two_factor_email_cooldown(struct call *c)
{
    return factor_mail(c, "remaining", two_factor_mail_left);
}

enum err api_two_factor_email_enable(struct call *c)
{
    struct account account;
    struct str code;
    enum err e =
        api_code(c, &c->body.values[0],
                 (unsigned)c->api->config->two_factor_code_digits, &code);

    if (e == ERR_OK && code.p == NULL)
        e = ERR_CODE_MISSING;
    if (e == ERR_OK)
        e = two_factor_email_enable(c->ctx, caller(c), code, &account);
    if (e == ERR_OK)
        factor_answer_out(c, &account);
    return e;
}

enum err api_two_factor_email_disable(struct call *c)
{
    struct account account;
    enum err e = two_factor_email_disable(c->ctx, caller(c), &account);

    if (e == ERR_OK)
        factor_answer(c, &account);
    return e;
}

enum err api_two_factor_prefer(struct call *c)
{
    struct account account;
    enum err e = two_factor_prefer(
        c->ctx, caller(c),
        str_eq_nocase(c->body.values[0].text, STR("totp")) ? STORE_FACTOR_TOTP
                                                           : STORE_FACTOR_EMAIL,
        &account);

    if (e == ERR_OK)
        factor_answer(c, &account);
    return e;
}

static struct str factor_text(struct str text)
{
    return text.n > 0 ? text : (struct str){NULL, 0};
}

static enum err factor_put_trust(void *data, const struct store_trust *t)
{
    struct call *c = data;
    struct json_out *j = &c->res->json;

    json_open(j, NULL, '{');
    json_id(j, "id", &t->device);
    json_str(j, "label", factor_text(t->label));
    json_str(j, "browser", factor_text(t->browser));
    json_str(j, "os", factor_text(t->os));
    json_time(j, "createdAt", t->created_us);
    json_time(j, "expiresAt", t->expires_us);
    json_close(j, '}');
    return c->res->body.failed ? ERR_NO_MEMORY : ERR_OK;
}

enum err api_two_factor_trusted(struct call *c)
{
    struct json_out *j = factor_body(c);
    enum err e;

    json_open(j, NULL, '[');
    e = two_factor_trusted(c->ctx, &caller(c)->account_id, factor_put_trust, c);
    if (e != ERR_OK)
        return e;
    json_close(j, ']');
    return ERR_OK;
}

enum err api_two_factor_distrust(struct call *c)
{
    struct id device;
    enum err e = id_parse(c->params[0], &device) ? ERR_OK : ERR_NOT_FOUND;

    if (e == ERR_OK)
        e = two_factor_distrust(c->ctx, &caller(c)->account_id, &device);
    if (e == ERR_OK)
        api_answer_success(c);
    return e;
}
