/* SPDX-License-Identifier: MIT */
/* Sign-in by a code alone: the names and texts of another family of clients. */
#include "api/api_otp.h"

#include "api/api_answer.h"
#include "api/api_sign_in.h"
#include "domain/otp.h"

/* A text that is there; an empty one is none. */
static struct str otp_text(const struct json_value *v)
{
    return v->present && v->text.n > 0 ? v->text : (struct str){NULL, 0};
}

/* From the fields email, phoneNumber and phone, in that order from v on; two of
 * them might mean two people. */
static enum err otp_given(const struct json_value *v, struct otp_address *to_r)
{
    unsigned given = 0;

    *to_r = (struct otp_address){STORE_CHANNEL_MAIL, {NULL, 0}};
    for (unsigned i = 0; i < 3; i++) {
        struct str text = otp_text(&v[i]);

        if (text.p == NULL)
            continue;
        to_r->channel = i == 0 ? STORE_CHANNEL_MAIL : STORE_CHANNEL_SMS;
        to_r->text = text;
        given++;
    }
    return given > 1 ? ERR_BAD_REQUEST : ERR_OK;
}

enum err api_otp_send(struct call *c)
{
    struct json_out *j = &c->res->json;
    struct otp_address to;
    struct id id;
    enum err e = otp_given(c->body.values, &to);

    if (e == ERR_OK && to.text.p == NULL)
        e = ERR_OTP_ADDRESS;
    if (e == ERR_OK)
        e = api_sign_in_device(c);
    if (e == ERR_OK)
        e = otp_send(c->ctx, &to, &id);
    if (e == ERR_EMAIL_INVALID)
        return api_answer_invalid(c, "email", e);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_bool(j, "success", true);
    json_id(j, "verificationId", &id);
    json_str(j, "message", STR("OTP sent successfully"));
    json_int(j, "expiresIn", c->api->config->otp_lifetime);
    json_int(j, "cooldown", c->api->config->mail_cooldown);
    http_json_end(c->res);
    return ERR_OK;
}

enum err api_otp_verify(struct call *c)
{
    const struct json_value *v = c->body.values;
    struct otp_try in = {.id = otp_text(&v[0]),
                         .code = otp_text(&v[1]),
                         .present_refresh = c->cred.refresh};
    struct signed_in out;
    bool new;
    enum err e = otp_given(v + 2, &in.to);

    if (e == ERR_OK)
        e = api_sign_in_device(c);
    if (e == ERR_OK)
        e = otp_sign_in(c->ctx, &in, &out, &new);
    return e != ERR_OK ? e : api_sign_in_answer_code(c, &out, new);
}
