/* SPDX-License-Identifier: MIT */
/* Proving that an address is one's own. */
#include "api/fdi.h"
#include "api/fdi_claims.h"
#include "api/fdi_form.h"
#include "api/fdi_mail.h"
#include "api/fdi_routes.h"
#include "api/fdi_token.h"
#include "domain/app_email.h"

enum err fdi_mail(struct call *c, const struct app_login *login,
                  enum mail_kind kind, const char *page, struct str token)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str url;
    enum err e;

    buf_str(&b, c->api->fdi.website);
    buf_text(&b, c->api->config->fdi_website_base_path);
    buf_text(&b, page);
    e = buf_done(&b, &url);
    return e != ERR_OK
               ? e
               : app_mail_link(c->ctx, &c->app, login, kind, url, token);
}

enum err fdi_email_token(struct call *c)
{
    const struct app_login *login;
    struct app_user user;
    struct str token;
    bool already = false;
    enum err e = fdi_claims_login(c, &user, &login);

    if (e == ERR_OK && login->email.p == NULL)
        return fdi_status(c, "EMAIL_ALREADY_VERIFIED_ERROR");
    if (e == ERR_OK && !mail_enabled(c->api->config, STORE_CHANNEL_MAIL))
        e = ERR_MAIL_DISABLED;
    if (e == ERR_OK)
        e = app_email_token_make(c->ctx, &c->app, login->user_id, login->email,
                                 &token, &already);
    if (e == ERR_OK)
        e = already
                ? fdi_claims_verified(c, true)
                : fdi_mail(c, login, MAIL_VERIFY_EMAIL, "/verify-email", token);
    if (e != ERR_OK)
        return e;
    return fdi_status(c, already ? "EMAIL_ALREADY_VERIFIED_ERROR" : "OK");
}

/* The link may be opened where there is no session, or somebody else's. One
 * that is there must be good, so that its tokens can tell. */
static enum err find_session(struct call *c)
{
    struct fdi_token token;
    enum err e = fdi_token_access(c, &token);

    return e == ERR_OK                        ? fdi_admit_session(c)
           : e == ERR_AUTHENTICATION_REQUIRED ? ERR_OK
                                              : e;
}

enum err fdi_email_verify(struct call *c)
{
    static const char *const refusals[] = {
        "Please provide the email verification token",
        "The email verification token must be a string"};
    struct str body, token, user_id, email;
    enum err e = fdi_form_body(c, &body);

    if (e == ERR_OK)
        e = fdi_form_text(c, body, "token", refusals, &token);
    if (e == ERR_OK)
        e = find_session(c);
    if (e == ERR_OK)
        e = fdi_admit(c);
    if (e == ERR_OK)
        e = app_email_token_consume(c->ctx, &c->app, token, &user_id, &email);
    if (e == ERR_VERIFICATION_INVALID)
        return fdi_status(c, "EMAIL_VERIFICATION_INVALID_TOKEN_ERROR");
    if (e == ERR_OK && c->session != NULL &&
        str_eq(c->session->recipe_user_id, user_id))
        e = fdi_claims_verified(c, true);
    return e != ERR_OK ? e : fdi_status(c, "OK");
}

enum err fdi_email_verified(struct call *c)
{
    const struct app_login *login;
    struct app_user user;
    enum err e = fdi_claims_login(c, &user, &login);

    if (e == ERR_OK)
        e = fdi_claims_verified(c, login->verified);
    if (e != ERR_OK)
        return e;
    fdi_begin(c, "OK");
    json_bool(&c->res->json, "isVerified", login->verified);
    fdi_end(c);
    return ERR_OK;
}
