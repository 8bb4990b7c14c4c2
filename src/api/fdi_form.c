/* SPDX-License-Identifier: MIT */
/* Fields are judged in the order password, e-mail address, as their SDKs list
 * them. */
#include "api/fdi_form.h"

#include <string.h>

#include "api/fdi.h"
#include "base/json_read.h"
#include "base/json_scan.h"
#include "base/mailbox.h"
#include "domain/app_user.h"

#define EMAIL "email"
#define PASSWORD "password"
#define PASSWORD_MIN 8
#define PASSWORD_END 100

/* A form as it came, and what is wrong with it. */
struct reading {
    struct call *c;
    struct fdi_form form;
    bool email, password; /* there, and not empty */
    size_t count;
    struct {
        const char *id, *text;
    } wrong[2];
    size_t wrong_count;
};

enum err fdi_form_body(struct call *c, struct str *object_r)
{
    struct str type = http_field(c->req, "CONTENT_TYPE");
    struct str rest = type;
    bool json =
        str_eq_nocase(str_trim(str_cut(&rest, ';')), STR("application/json"));

    if (!json || c->req->body.n == 0) {
        *object_r = STR("{}");
        return ERR_OK;
    }
    enum err e = json_scan(c->ctx->arena, c->req->body, &json_limits_default);

    if (e == ERR_OK)
        *object_r = c->req->body;
    return e;
}

/* Characters as scripts count them: UTF-16 code units. */
static size_t units_of(struct str text)
{
    size_t n = 0, step;
    uint32_t cp;

    for (struct str s = text; s.n > 0; s.p += step, s.n -= step) {
        step = str_utf8_next(s, &cp);
        if (step == 0)
            return n + s.n;
        n += cp > 0xffff ? 2 : 1;
    }
    return n;
}

static bool has_between(struct str s, char first, char last)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= first && s.p[i] <= last)
            return true;
    return false;
}

static const char *password_flaw(struct str password)
{
    size_t n = units_of(password);

    if (n < PASSWORD_MIN)
        return "Password must contain at least 8 characters, including a "
               "number";
    if (n >= PASSWORD_END)
        return "Password's length must be lesser than 100 characters";
    if (!has_between(password, 'a', 'z') && !has_between(password, 'A', 'Z'))
        return "Password must contain at least one alphabet";
    if (!has_between(password, '0', '9'))
        return "Password must contain at least one number";
    return NULL;
}

/* Of people, so its domain has a name under another. */
static bool is_address(struct str s)
{
    size_t at = s.n, dot;

    while (at > 0 && s.p[at - 1] != '@')
        at--;
    dot = s.n;
    while (dot > at && s.p[dot - 1] != '.')
        dot--;
    return s.n <= APP_EMAIL_MAX && dot > at + 1 && s.n - dot >= 2 &&
           mailbox_is_plain(s);
}

static void blame(struct reading *r, const char *id, const char *text)
{
    if (text == NULL)
        return;
    r->wrong[r->wrong_count].id = id;
    r->wrong[r->wrong_count++].text = text;
}

static void judge(struct reading *r, const struct fdi_form_rule *rule)
{
    static const char missing[] = "Field is not optional";

    if (rule->password && !r->password)
        blame(r, PASSWORD, missing);
    else if (rule->password && rule->strict)
        blame(r, PASSWORD, password_flaw(r->form.password));
    if (!rule->email)
        return;
    if (!r->email)
        blame(r, EMAIL, missing);
    else if (!is_address(r->form.email))
        blame(r, EMAIL, "Email is invalid");
}

static enum err answer(struct reading *r)
{
    struct json_out *j = &r->c->res->json;

    fdi_begin(r->c, "FIELD_ERROR");
    json_open(j, "formFields", '[');
    for (size_t i = 0; i < r->wrong_count; i++) {
        json_open(j, NULL, '{');
        json_str(j, "id", str_of(r->wrong[i].id));
        json_str(j, "error", str_of(r->wrong[i].text));
        json_close(j, '}');
    }
    json_close(j, ']');
    fdi_end(r->c);
    r->c->answered = true;
    return ERR_OK;
}

enum err fdi_form_error(struct call *c, const char *id, const char *text)
{
    struct reading r = {.c = c};

    blame(&r, id, text);
    return answer(&r);
}

static struct str trimmed(struct str s)
{
    while (s.n > 0 && (unsigned char)s.p[0] <= ' ')
        s = (struct str){s.p + 1, s.n - 1};
    while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
        s.n--;
    return s;
}

/* One of the fields that are known; further ones are only counted. */
static enum err take(struct reading *r, struct str id, struct str value)
{
    const bool email = str_eq(id, STR(EMAIL));
    struct str text;
    enum err e;

    r->count++;
    if (!email && !str_eq(id, STR(PASSWORD)))
        return ERR_OK;
    e = json_read_text(r->c->ctx->arena, value, &text);
    if (e == ERR_VALIDATION)
        return fdi_bad(r->c, email ? "email value must be a string"
                                   : "password value must be a string");
    if (e != ERR_OK)
        return e;
    if (email) {
        r->form.email = trimmed(text);
        r->email = r->form.email.n > 0;
    } else {
        r->form.password = text;
        r->password = text.n > 0;
    }
    return ERR_OK;
}

static enum err read_field(struct reading *r, struct str field)
{
    struct str id, value, name;

    if (field.n == 0 || field.p[0] != '{')
        return fdi_bad(r->c, "All elements of formFields must be an object");
    id = json_read_member(field, STR("id"));
    value = json_read_member(field, STR("value"));
    if (id.n == 0 || id.p[0] != '"' || value.p == NULL)
        return fdi_bad(r->c, "All elements of formFields must contain an 'id' "
                             "and 'value' field");
    enum err e = json_read_text(r->c->ctx->arena, id, &name);

    return e != ERR_OK ? e : take(r, name, value);
}

enum err fdi_form_read(struct call *c, struct str body,
                       const struct fdi_form_rule *rule,
                       struct fdi_form *form_r)
{
    struct reading r = {.c = c};
    struct str fields = json_read_member(body, STR("formFields"));
    struct json_walk w = json_walk(fields);
    struct json_part part;
    size_t wanted = (size_t)rule->email + (size_t)rule->password;
    enum err e = ERR_OK;

    if (fields.p == NULL)
        return fdi_bad(c, "Missing input param: formFields");
    if (fields.p[0] != '[')
        return fdi_bad(c, "formFields must be an array");
    while (e == ERR_OK && json_walk_next(&w, &part))
        e = read_field(&r, part.value);
    if (e != ERR_OK)
        return e;
    if (r.count > wanted)
        return fdi_bad(c, "Are you sending too many formFields?");
    judge(&r, rule);
    if (r.wrong_count > 0)
        return answer(&r);
    *form_r = r.form;
    return ERR_OK;
}

bool fdi_form_has(struct str body, const char *name)
{
    return json_read_member(body, str_of(name)).p != NULL;
}

enum err fdi_form_text(struct call *c, struct str body, const char *name,
                       const char *const refusals[2], struct str *text_r)
{
    struct str value = json_read_member(body, str_of(name));
    enum err e;

    if (value.p == NULL)
        return fdi_bad(c, refusals[0]);
    e = json_read_text(c->ctx->arena, value, text_r);
    return e == ERR_VALIDATION ? fdi_bad(c, refusals[1]) : e;
}
