/* SPDX-License-Identifier: MIT */
/* Neither what is sent nor what comes back is ever logged: codes, secrets and
 * tokens. Of an error only words we know are passed on. */
#include "oidc/oidc_token.h"

#include "base/buf.h"
#include "http/json.h"
#include "oidc/oidc_client.h"
#include "oidc/oidc_form.h"
#include "oidc/oidc_jose.h"
#include "oidc/oidc_net.h"

#define WHAT "token"
#define TOKEN_MAX 16384
#define EXPIRES_MAX_S 315360000 /* ten years */

enum {
    T_ACCESS,
    T_TYPE,
    T_EXPIRES,
    T_REFRESH,
    T_SCOPE,
    T_ID_TOKEN,
    T_ERROR,
    T_COUNT
};

static const struct json_field fields[T_COUNT] = {
    [T_ACCESS] = {"access_token", JSON_STRING, false, 1, TOKEN_MAX,
                  oidc_job_visible},
    [T_TYPE] = {"token_type", JSON_STRING, false, 1, 64, NULL},
    [T_EXPIRES] = {"expires_in", JSON_IDENTIFIER, false, 1, 16, NULL},
    [T_REFRESH] = {"refresh_token", JSON_STRING, false, 0, TOKEN_MAX,
                   oidc_job_visible},
    [T_SCOPE] = {"scope", JSON_STRING, false, 0, 4096, oidc_job_plain},
    [T_ID_TOKEN] = {"id_token", JSON_STRING, false, 1, OIDC_JOSE_MAX,
                    oidc_job_visible},
    [T_ERROR] = {"error", JSON_STRING, false, 0, 256, NULL},
};

/* RFC 6749 section 5.2, and what a big provider says of a spent code. */
static const char *const words[] = {
    "invalid_request",       "invalid_client",
    "invalid_grant",         "unauthorized_client",
    "invalid_scope",         "unsupported_grant_type",
    "bad_verification_code", "incorrect_client_credentials",
    "redirect_uri_mismatch",
};

static const char *word(struct str error)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_eq(error, str_of(words[i])))
            return words[i];
    return "token_refused";
}

/* Some answer 200 and say in the body that they mean no. */
static enum err judge(struct oidc_job *job, const struct json_value v[T_COUNT],
                      struct oidc_tokens *tokens_r)
{
    uint64_t expires_s = 0;

    if (v[T_ERROR].present)
        return oidc_job_refuse(job, word(v[T_ERROR].text));
    if (!v[T_ACCESS].present)
        return oidc_job_refuse(job, "no_access_token");
    if (!str_eq_nocase(v[T_TYPE].text, STR("bearer")))
        return oidc_job_refuse(job, "wrong_token_type");
    if (v[T_EXPIRES].present &&
        !str_uint(v[T_EXPIRES].text, EXPIRES_MAX_S, &expires_s))
        return oidc_job_refuse(job, "token_answer_malformed");
    *tokens_r = (struct oidc_tokens){
        .access = v[T_ACCESS].text,
        .refresh = v[T_REFRESH].text,
        .scope = v[T_SCOPE].text,
        .expires_s = v[T_EXPIRES].present ? job->now_s + (int64_t)expires_s : 0,
    };
    return ERR_OK;
}

static enum err read_answer(struct oidc_job *job,
                            const struct fetch_answer *answer,
                            struct oidc_tokens *tokens_r,
                            struct str *id_token_r)
{
    struct json_value v[T_COUNT];
    enum err e = json_pick(job->arena, answer->body, fields, T_COUNT, v);

    if (answer->status != 200 && e == ERR_OK)
        return oidc_job_refuse(job, word(v[T_ERROR].text));
    if (answer->status != 200)
        return oidc_job_blame(job, e, "token_refused");
    if (e != ERR_OK)
        return oidc_job_blame(job, e, "token_answer_malformed");
    e = judge(job, v, tokens_r);
    if (e == ERR_OK)
        *id_token_r = v[T_ID_TOKEN].text;
    return e;
}

static enum err ask_for(struct oidc_job *job, struct buf *form,
                        struct oidc_tokens *tokens_r, struct str *id_token_r)
{
    struct fetch_ask ask = {
        .url = job->at.token.p,
        .content_type = "application/x-www-form-urlencoded",
    };
    struct fetch_answer answer;
    enum err e = oidc_client_prove(job, form, &ask.authorization);

    if (e == ERR_OK)
        e = buf_done(form, &ask.body);
    if (e == ERR_OK)
        e = oidc_net_ask(job, job->arena, WHAT, &ask, &answer);
    if (e == ERR_OK)
        e = read_answer(job, &answer, tokens_r, id_token_r);
    return e;
}

enum err oidc_token_redeem(struct oidc_job *job,
                           const struct oidc_answer *answer,
                           struct oidc_tokens *tokens_r, struct str *id_token_r)
{
    struct buf form = buf_new(job->arena);

    oidc_form_put(&form, "grant_type", STR("authorization_code"));
    oidc_form_put(&form, "code", answer->code);
    oidc_form_put(&form, "redirect_uri", answer->request->redirect_uri);
    oidc_form_put(&form, "code_verifier", answer->request->verifier);
    return ask_for(job, &form, tokens_r, id_token_r);
}

enum err oidc_token_renew(struct oidc_job *job, struct str refresh,
                          struct oidc_tokens *tokens_r)
{
    struct buf form = buf_new(job->arena);
    struct oidc_tokens tokens;
    struct str id_token;

    oidc_form_put(&form, "grant_type", STR("refresh_token"));
    oidc_form_put(&form, "refresh_token", refresh);
    enum err e = ask_for(job, &form, &tokens, &id_token);

    if (e != ERR_OK)
        return e;
    if (tokens.refresh.n == 0)
        tokens.refresh = refresh;
    *tokens_r = tokens;
    return ERR_OK;
}
