/* SPDX-License-Identifier: MIT */
/* One form, one script, one style for every page. Nothing of the request but
 * its language gets into the text, so there is nothing to inject; the policy
 * lets run just that script. */
#include "api/api_page.h"

#include <assert.h>

#include "base/buf.h"
#include "base/enc.h"

enum { PAGE_EN, PAGE_DE, PAGE_LANGUAGES };

static const char page_style[] =
    "body{font:1rem/1.5 system-ui,sans-serif;margin:0;color:#1a1a1a;"
    "background:#fff}"
    "main{max-width:28rem;margin:10vh auto;padding:0 1rem}"
    "label,input,button{display:block;font:inherit}"
    "input{box-sizing:border-box;width:100%;padding:.5rem;margin:.25rem 0 1rem;"
    "border:1px solid #595959}"
    "button{padding:.5rem 1.5rem;border:0;background:#1f4fa3;color:#fff}"
    "[hidden]{display:none}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#1a1a1a}"
    "input{color:#eee;background:#1a1a1a;border-color:#a0a0a0}}";

/* The token leaves the address bar, and with it the history, before anything
 * else; it is never put into the document. */
static const char page_script[] =
    "(function(){\"use strict\";"
    "var token=new URLSearchParams(location.search).get(\"token\");"
    "history.replaceState(null,\"\",location.pathname);"
    "var form=document.getElementById(\"form\"),"
    "button=form.querySelector(\"button\"),"
    "password=document.getElementById(\"password\"),"
    "status=document.getElementById(\"status\");"
    "function tell(code){"
    "var all=document.querySelectorAll(\"#messages>li\"),text=\"\",i;"
    "for(i=0;i<all.length;i+=1){"
    "if(all[i].dataset.code===code)"
    "{status.textContent=all[i].textContent;return;}"
    "text=all[i].textContent;}"
    "status.textContent=text;}"
    "if(!token){tell(\"MISSING\");return;}"
    "form.hidden=false;"
    "form.addEventListener(\"submit\",function(event){"
    "event.preventDefault();"
    "var body={token:token};"
    "if(password){body.newPassword=password.value;}"
    "button.disabled=true;"
    "fetch(form.dataset.endpoint,{method:\"POST\",credentials:\"omit\","
    "cache:\"no-store\",referrerPolicy:\"no-referrer\","
    "headers:{\"Content-Type\":\"application/json\","
    "\"X-Requested-With\":\"page\"},body:JSON.stringify(body)})"
    ".then(function(answer){"
    "return answer.json().then(function(json){"
    "if(answer.ok){return \"DONE\";}"
    "return json.errors?json.errors[0].code:json.code;});})"
    ".catch(function(){return \"ERROR\";})"
    ".then(function(code){tell(code);button.disabled=false;"
    "if(code===\"DONE\"){form.hidden=true;}"
    "else if(password){password.focus();}});});}());";

static const struct {
    const char *endpoint;
    bool asks;
} page_rows[] = {
#define PAGE(name, endpoint, asks) {endpoint, asks},
#include "api/api_page.def"
#undef PAGE
};
static_assert(sizeof(page_rows) / sizeof(*page_rows) == API_PAGE_COUNT,
              "a row per page");

static const struct page_text {
    const char *title, *what, *button, *done;
} page_texts[API_PAGE_COUNT][PAGE_LANGUAGES] = {
#define PAGE_TEXT(page, language, title, what, button, done)                   \
    [API_PAGE_##page][PAGE_##language] = {title, what, button, done},
#include "api/api_page_text.def"
#undef PAGE_TEXT
};

static const struct {
    const char *code, *texts[PAGE_LANGUAGES];
} page_messages[] = {
#define MESSAGE(code, en, de) {code, {en, de}},
#include "api/api_page_text.def"
#undef MESSAGE
};

static const struct {
    const char *tag, *label, *script;
} page_languages[] = {
    [PAGE_EN] = {"en", "New password",
                 "This page needs JavaScript to send your answer."},
    [PAGE_DE] = {"de", "Neues Passwort",
                 "Diese Seite braucht JavaScript, um Ihre Antwort zu senden."},
};
static_assert(sizeof(page_languages) / sizeof(*page_languages) ==
                  PAGE_LANGUAGES,
              "a row per language");

/* The language of the client's, if there are texts in it. */
static unsigned page_language(struct str locale)
{
    struct str tag = str_cut(&locale, '-');

    for (unsigned i = 0; i < PAGE_LANGUAGES; i++)
        if (str_eq_nocase(tag, str_of(page_languages[i].tag)))
            return i;
    return PAGE_EN;
}

/* 'sha256-…' of an inline script or style (CSP level 3, section 2.3.1), whose
 * base64 is the common one. */
static enum err page_source(struct buf *b, const char *text)
{
    char encoded[ENC_B64_LEN(DIGEST_LEN) + 1];
    struct digest d;
    enum err e = digest_sha256(str_of(text), &d);

    if (e != ERR_OK)
        return e;
    size_t n = enc_b64url(d.b, sizeof(d.b), encoded);

    buf_text(b, " 'sha256-");
    for (size_t i = 0; i < n; i++) {
        char c = encoded[i];

        buf_char(b, (char)(c == '-' ? '+' : c == '_' ? '/' : c));
    }
    buf_text(b, "='");
    return ERR_OK;
}

static enum err page_policy(struct call *c)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str text;

    buf_text(&b, "default-src 'none'; script-src");
    enum err e = page_source(&b, page_script);

    buf_text(&b, "; style-src");
    if (e == ERR_OK)
        e = page_source(&b, page_style);
    buf_text(&b, "; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                 "frame-ancestors 'none'");
    if (e == ERR_OK)
        e = buf_done(&b, &text);
    if (e == ERR_OK)
        http_response_field(c->res, "Content-Security-Policy", text);
    return e;
}

static void page_put_form(struct buf *b, enum api_page page, unsigned language)
{
    buf_fmt(b, "<form id=\"form\" data-endpoint=\"%s\" hidden>\n",
            page_rows[page].endpoint);
    if (page_rows[page].asks)
        buf_fmt(b,
                "<label for=\"password\">%s</label>\n"
                "<input id=\"password\" type=\"password\" "
                "autocomplete=\"new-password\" required "
                "aria-describedby=\"status\">\n",
                page_languages[language].label);
    buf_fmt(b, "<button type=\"submit\">%s</button>\n</form>\n",
            page_texts[page][language].button);
}

static void page_put_messages(struct buf *b, const char *done,
                              unsigned language)
{
    const size_t count = sizeof(page_messages) / sizeof(*page_messages);

    buf_fmt(b, "<ul id=\"messages\" hidden>\n<li data-code=\"DONE\">%s</li>\n",
            done);
    for (size_t i = 0; i < count; i++)
        buf_fmt(b, "<li data-code=\"%s\">%s</li>\n", page_messages[i].code,
                page_messages[i].texts[language]);
    buf_text(b, "</ul>\n");
}

static void page_put(struct buf *b, enum api_page page, unsigned language)
{
    const struct page_text *text = &page_texts[page][language];

    buf_fmt(b,
            "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
            "<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width\">\n"
            "<meta name=\"robots\" content=\"noindex\">\n"
            "<title>%s</title>\n<style>",
            page_languages[language].tag, text->title);
    buf_text(b, page_style);
    buf_fmt(b, "</style>\n</head>\n<body>\n<main>\n<h1>%s</h1>\n<p>%s</p>\n",
            text->title, text->what);
    page_put_form(b, page, language);
    buf_fmt(b,
            "<p id=\"status\" role=\"status\" aria-live=\"polite\"></p>\n"
            "<noscript><p>%s</p></noscript>\n",
            page_languages[language].script);
    page_put_messages(b, text->done, language);
    buf_text(b, "</main>\n<script>");
    buf_text(b, page_script);
    buf_text(b, "</script>\n</body>\n</html>\n");
}

enum err api_page(struct call *c, enum api_page page)
{
    const unsigned language = page_language(c->ctx->client.locale);
    enum err e;

    c->res->status = 200;
    e = page_policy(c);
    if (e != ERR_OK)
        return e;
    c->res->content_type = "text/html; charset=utf-8";
    http_response_field(c->res, "Content-Language",
                        str_of(page_languages[language].tag));
    http_response_field(c->res, "Vary", STR("Accept-Language"));
    http_response_field(c->res, "Cross-Origin-Opener-Policy",
                        STR("same-origin"));
    page_put(&c->res->body, page, language);
    return ERR_OK;
}

enum err api_page_verify_email(struct call *c)
{
    return api_page(c, API_PAGE_VERIFY_EMAIL);
}

enum err api_page_reset_password(struct call *c)
{
    return api_page(c, API_PAGE_RESET_PASSWORD);
}

enum err api_page_sign_out_device(struct call *c)
{
    return api_page(c, API_PAGE_SIGN_OUT_DEVICE);
}
