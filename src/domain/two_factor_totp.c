/* SPDX-License-Identifier: MIT */
/* Nothing of an enrolment is stored before it is confirmed: the token holds it,
 * so that a half-done one neither counts nor blocks. */
#include "domain/two_factor_totp.h"

#include <string.h>

#include "crypto/secret.h"
#include "domain/sealed_text.h"
#include "domain/totp_url.h"
#include "store/store_factor.h"

#define SETUP_VERSION 1

enum {
    SETUP_AT_ISSUED = 1,
    SETUP_AT_SECRET = SETUP_AT_ISSUED + 8,
    SETUP_AT_CODES = SETUP_AT_SECRET + TOTP_SECRET_LEN,
    SETUP_LEN = SETUP_AT_CODES + TWO_FACTOR_RECOVERY_CODES * STORE_HASH_LEN
};

static struct str totp_place(const struct id *account)
{
    return (struct str){(const char *)account->b, sizeof(account->b)};
}

enum err two_factor_totp_seal(struct ctx *c, const struct id *account,
                              const uint8_t secret[TOTP_SECRET_LEN],
                              struct str *sealed_r)
{
    return seal(c->sealer, c->arena, SEAL_TOTP, totp_place(account),
                (struct str){(const char *)secret, TOTP_SECRET_LEN}, sealed_r);
}

enum err two_factor_totp_compare(struct ctx *c, const struct id *account,
                                 struct str text, int64_t *step_r)
{
    struct str sealed, secret;
    enum err e = store_factor_totp(c->db, c->arena, account, &sealed);

    if (e == ERR_NO_ROW)
        return ERR_CODE_WRONG;
    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, SEAL_TOTP, totp_place(account),
                      sealed, &secret);
    if (e == ERR_VALIDATION || (e == ERR_OK && secret.n != TOTP_SECRET_LEN))
        return ERR_INTERNAL;
    return e != ERR_OK ? e
                       : totp_verify((const uint8_t *)secret.p,
                                     clock_s(&c->clock), text, step_r);
}

static enum err setup_token(struct ctx *c, const struct id *account,
                            const struct two_factor_enrolment *in,
                            struct str *token_r)
{
    uint8_t content[SETUP_LEN] = {SETUP_VERSION};

    sealed_text_number_put(content + SETUP_AT_ISSUED,
                           (uint64_t)clock_s(&c->clock));
    memcpy(content + SETUP_AT_SECRET, in->secret, sizeof(in->secret));
    memcpy(content + SETUP_AT_CODES, in->codes, sizeof(in->codes));
    enum err e = sealed_text_make(
        c, SEAL_TOTP_SETUP, totp_place(account),
        (struct str){(const char *)content, sizeof(content)}, token_r);

    secret_wipe(content, sizeof(content));
    return e;
}

enum err two_factor_setup_make(struct ctx *c, const struct account *account,
                               struct two_factor_setup *setup_r)
{
    struct two_factor_enrolment in;
    struct two_factor_setup out;
    enum err e = totp_secret_new(in.secret);

    if (e == ERR_OK)
        e = two_factor_recovery_make(c, &account->id, out.codes, in.codes);
    if (e == ERR_OK)
        e = totp_base32(c->arena, in.secret, sizeof(in.secret), &out.secret);
    if (e == ERR_OK)
        e = totp_url(c, account->email, out.secret, &out.url);
    if (e == ERR_OK)
        e = setup_token(c, &account->id, &in, &out.token);
    secret_wipe(&in, sizeof(in));
    if (e == ERR_OK)
        *setup_r = out;
    return e;
}

static enum err setup_parse(const struct ctx *c, struct str content,
                            struct two_factor_enrolment *in_r)
{
    const int64_t now = clock_s(&c->clock);
    const uint64_t issued = sealed_text_number(content.p + SETUP_AT_ISSUED);

    if (content.p[0] != SETUP_VERSION ||
        issued > (uint64_t)(now + c->config->tokens_leeway))
        return ERR_TOTP_SETUP_INVALID;
    if (now - (int64_t)issued >= TWO_FACTOR_SETUP_LIFETIME_S)
        return ERR_TOTP_SETUP_EXPIRED;
    memcpy(in_r->secret, content.p + SETUP_AT_SECRET, sizeof(in_r->secret));
    memcpy(in_r->codes, content.p + SETUP_AT_CODES, sizeof(in_r->codes));
    return ERR_OK;
}

enum err two_factor_setup_open(struct ctx *c, const struct id *account,
                               struct str token,
                               struct two_factor_enrolment *enrolment_r)
{
    struct str content;
    enum err e = sealed_text_open(c, SEAL_TOTP_SETUP, totp_place(account),
                                  token, SETUP_LEN, &content);

    if (e == ERR_VALIDATION)
        return ERR_TOTP_SETUP_INVALID;
    return e != ERR_OK ? e : setup_parse(c, content, enrolment_r);
}
