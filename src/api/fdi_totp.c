/* SPDX-License-Identifier: MIT */
/* TOTP as the second factor of browsers: devices of one's own, and the codes
 * they show. A session that has still to show a code comes this far and no
 * further. */
#include "api/cdi_totp.h"
#include "api/fdi.h"
#include "api/fdi_form.h"
#include "api/fdi_mfa.h"
#include "api/fdi_routes.h"
#include "domain/app_totp.h"
#include "domain/totp_url.h"

#define PERIOD_S 30
#define SKEW 1
/* Of one user: each is compared with every code. */
#define DEVICES_MAX 10

static const char *const name_refusals[] = {"deviceName is required",
                                            "deviceName must be a string"};
static const char *const code_refusals[] = {"totp is required",
                                            "totp must be a string"};

/* All that follows is not there unless it is configured. */
static enum err served(const struct call *c)
{
    return c->api->config->fdi_totp ? ERR_OK : ERR_NOT_FOUND;
}

static enum err refuse(struct call *c)
{
    const struct fdi_flaw flaw = fdi_mfa_flaw();

    fdi_claims_refuse(c, &flaw, 1);
    return ERR_OK;
}

static enum err check_name(struct call *c, struct str name)
{
    return name.n == 0 || name.n > APP_TOTP_NAME_MAX || str_has_control(name)
               ? fdi_bad(c, "deviceName must be 1 to 255 bytes of text")
               : ERR_OK;
}

static enum err read_name(struct call *c, struct str body, struct str *name_r)
{
    enum err e = fdi_form_text(c, body, "deviceName", name_refusals, name_r);

    return e != ERR_OK ? e : check_name(c, *name_r);
}

static enum err read_code(struct call *c, struct str body, struct str *code_r)
{
    enum err e = fdi_form_text(c, body, "totp", code_refusals, code_r);

    return e == ERR_OK && code_r->n != APP_TOTP_DIGITS
               ? fdi_bad(c, "totp must be 6 characters long")
               : e;
}

/* What is looked for among a user's devices. */
struct search {
    struct str name;
    size_t count;
    bool proved; /* there is one of that name, and it is */
};

static enum err search_device(void *data, const struct app_totp_device *device)
{
    struct search *s = data;

    s->count++;
    s->proved =
        s->proved || (device->verified && str_eq(device->name, s->name));
    return ERR_OK;
}

static enum err search(struct call *c, struct str name, struct search *s_r)
{
    *s_r = (struct search){.name = name};
    return app_totp_list(c->ctx, &c->app, c->session->user_id, search_device,
                         s_r);
}

/* The factors a page can offer next: those that are set up, or may be. */
static void put_next(struct json_out *j, const struct fdi_mfa *m)
{
    struct str rest = m->satisfied ? STR("") : m->second.wanted;

    json_open(j, "next", '[');
    while (rest.n > 0) {
        struct str word = str_cut(&rest, ' ');

        if (str_has_word(m->set_up, word) ||
            (str_eq(word, STR(FDI_TOTP)) && fdi_mfa_may_set_up(m)))
            json_str(j, NULL, word);
    }
    json_close(j, ']');
}

enum err fdi_mfa_info(struct call *c)
{
    struct json_out *j = &c->res->json;
    struct fdi_mfa m;
    enum err e = served(c);

    if (e == ERR_OK)
        e = fdi_mfa_sync(c, false, &m);
    if (e != ERR_OK)
        return e;
    fdi_begin(c, "OK");
    json_open(j, "factors", '{');
    put_next(j, &m);
    json_words(j, "alreadySetup", m.set_up);
    json_words(j, "allowedToSetup",
               fdi_mfa_may_set_up(&m) ? STR(FDI_TOTP) : STR(""));
    json_close(j, '}');
    json_open(j, "emails", '{');
    if (m.email.p != NULL) {
        json_open(j, FDI_PASSWORD, '[');
        json_str(j, NULL, m.email);
        json_close(j, ']');
    }
    json_close(j, '}');
    json_open(j, "phoneNumbers", '{');
    json_close(j, '}');
    fdi_end(c);
    return ERR_OK;
}

static enum err made(struct call *c, struct str label, struct str name,
                     struct str secret)
{
    struct json_out *j = &c->res->json;
    struct str url;
    enum err e = totp_url(c->ctx, label, secret, &url);

    if (e != ERR_OK)
        return e;
    fdi_begin(c, "OK");
    json_str(j, "deviceName", name);
    json_str(j, "secret", secret);
    json_str(j, "qrCodeString", url);
    fdi_end(c);
    return ERR_OK;
}

static enum err make(struct call *c, struct str name, struct str label)
{
    const struct app_totp_new n = {.user_id = c->session->user_id,
                                   .name = name,
                                   .period_s = PERIOD_S,
                                   .skew = SKEW};
    struct str named, secret;
    struct search devices;
    enum err e = search(c, name, &devices);

    if (e == ERR_OK && devices.count >= DEVICES_MAX)
        return fdi_bad(c, "There are too many devices; remove one first");
    if (e == ERR_OK)
        e = app_totp_make(c->ctx, &c->app, &n, &named, &secret);
    if (e == ERR_APP_DEVICE_EXISTS)
        return fdi_status(c, "DEVICE_ALREADY_EXISTS_ERROR");
    return e != ERR_OK ? e : made(c, label, named, secret);
}

enum err fdi_totp_make(struct call *c)
{
    struct str body = {NULL, 0}, name = {NULL, 0};
    struct fdi_mfa m;
    enum err e = served(c);

    if (e == ERR_OK)
        e = fdi_form_body(c, &body);
    if (e == ERR_OK && fdi_form_has(body, "deviceName"))
        e = read_name(c, body, &name);
    if (e == ERR_OK)
        e = fdi_mfa_sync(c, false, &m);
    if (e != ERR_OK)
        return e;
    if (!fdi_mfa_may_set_up(&m))
        return refuse(c);
    return make(c, name, m.email.p != NULL ? m.email : c->session->user_id);
}

enum err fdi_totp_list(struct call *c)
{
    enum err e = served(c);

    if (e != ERR_OK)
        return e;
    fdi_begin(c, "OK");
    json_open(&c->res->json, "devices", '[');
    e = app_totp_list(c->ctx, &c->app, c->session->user_id, cdi_totp_put_device,
                      &c->res->json);
    json_close(&c->res->json, ']');
    fdi_end(c);
    return e;
}

/* A device that is proved is taken away by who can show what is wanted, and a
 * session from before the device cannot. */
enum err fdi_totp_remove(struct call *c)
{
    struct str body = {NULL, 0}, name;
    struct search devices;
    struct fdi_mfa m = {.satisfied = false};
    bool done = false;
    enum err e = served(c);

    if (e == ERR_OK)
        e = fdi_form_body(c, &body);
    if (e == ERR_OK)
        e = read_name(c, body, &name);
    if (e == ERR_OK)
        e = fdi_mfa_sync(c, false, &m);
    if (e == ERR_OK)
        e = search(c, name, &devices);
    if (e == ERR_OK && devices.proved && !m.satisfied)
        return refuse(c);
    if (e == ERR_OK)
        e = app_totp_remove(c->ctx, &c->app, c->session->user_id, name, &done);
    if (e != ERR_OK)
        return e;
    fdi_begin(c, "OK");
    json_bool(&c->res->json, "didDeviceExist", done);
    fdi_end(c);
    return ERR_OK;
}

static enum err try_refused(struct call *c, enum err e,
                            const struct app_totp_tally *tally)
{
    const char *status = cdi_totp_status(e);

    if (status == NULL)
        return e;
    fdi_begin(c, status);
    cdi_totp_put_tally(&c->res->json, tally);
    fdi_end(c);
    return ERR_OK;
}

/* Codes count in the session's tenant, as what is wanted does. A device that
 * was proved before is judged by no code, so nothing has been shown. */
static enum err try_code(struct call *c, const struct fdi_mfa *m,
                         const struct app_totp_try *t)
{
    struct app_totp_tally tally = {.failed = 0};
    struct fdi_mfa after;
    bool already = false;
    enum err e = app_totp_verify(c->ctx, &m->tenant, t, &already, &tally);

    if (e != ERR_OK)
        return try_refused(c, e, &tally);
    if (!already)
        e = fdi_mfa_sync(c, true, &after);
    if (e != ERR_OK)
        return e;
    fdi_begin(c, "OK");
    if (t->device.p != NULL)
        json_bool(&c->res->json, "wasAlreadyVerified", already);
    fdi_end(c);
    return ERR_OK;
}

/* A code that is shown, of a device that is named or of any, and how the
 * session stands. */
static enum err read_try(struct call *c, bool named, struct app_totp_try *t_r,
                         struct fdi_mfa *m_r)
{
    struct app_totp_try t = {.user_id = c->session->user_id};
    struct str body = {NULL, 0};
    enum err e = served(c);

    if (e == ERR_OK)
        e = fdi_form_body(c, &body);
    if (e == ERR_OK && named)
        e = read_name(c, body, &t.device);
    if (e == ERR_OK)
        e = read_code(c, body, &t.code);
    *t_r = t;
    return e != ERR_OK ? e : fdi_mfa_sync(c, false, m_r);
}

enum err fdi_totp_device_verify(struct call *c)
{
    struct app_totp_try t;
    struct fdi_mfa m;
    enum err e = read_try(c, true, &t, &m);

    if (e != ERR_OK)
        return e;
    return fdi_mfa_may_set_up(&m) ? try_code(c, &m, &t) : refuse(c);
}

enum err fdi_totp_verify(struct call *c)
{
    struct app_totp_try t;
    struct fdi_mfa m;
    enum err e = read_try(c, false, &t, &m);

    return e != ERR_OK ? e : try_code(c, &m, &t);
}
