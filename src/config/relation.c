/* SPDX-License-Identifier: MIT */
/* The rules that hold between keys, and the grammar of addresses. */
#include "config/relation.h"

#include <string.h>

#include "base/ip.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/url.h"
#include "config/internal.h"
#include "config/origin.h"

struct relation {
    const struct config *c;
    struct report *r;
};

static void tell(struct report *r, enum key_id id, const char *text)
{
    const struct key_row *row = keys_row(id);
    struct key_slot slot = {.row = row, .section = row->section};
    report_key(r, &slot, "%s", text);
}

/* The problem is told where the operator wrote one of the two keys. */
static void check(const struct relation *x, bool holds, enum key_id key,
                  enum key_id other, const char *text)
{
    const struct report_place *places = x->c->store->place;
    if (holds)
        return;
    x->r->at = places[places[key].line == 0 ? other : key];
    tell(x->r, key, text);
}

static bool is_http(const struct config *c)
{
    return str_starts(str_of(c->http_public_url), STR("http://"));
}

/* unix:/PATH or tcp:ADDRESS:PORT, an IPv6 address in brackets. */
static bool is_listen(struct str s)
{
    struct ip ip;
    uint64_t port = 0;
    struct str kind = str_cut(&s, ':');
    if (str_eq(kind, STR("unix")))
        return s.n > 1 && s.p[0] == '/';
    size_t colon = s.n;
    while (colon > 0 && s.p[colon - 1] != ':')
        colon--;
    if (!str_eq(kind, STR("tcp")) || colon < 2)
        return false;
    struct str digits = {s.p + colon, s.n - colon};
    struct str host = {s.p, colon - 1};
    if (memchr(host.p, ':', host.n) != NULL && host.p[0] != '[')
        return false;
    return ip_parse(host, &ip) && str_uint(digits, 65535, &port) && port > 0;
}

/* Each of these would otherwise fail much later, in a worker. */
static void check_server(const struct relation *x)
{
    check(x, is_listen(str_of(x->c->server_listen)), KEY_server_listen,
          KEY_server_listen, "must be unix:/PATH or tcp:ADDRESS:PORT");
    check(x, x->c->log_sink != LOG_FILE || x->c->log_file[0] != '\0',
          KEY_log_file, KEY_log_sink, "must be set when log.sink is file");
    check(x, x->c->database_socket[0] != '\0' || x->c->database_host[0] != '\0',
          KEY_database_host, KEY_database_socket,
          "must be set when database.socket is empty");
}

static void check_origins(const struct relation *x)
{
    const struct config_list *list = &x->c->http_allowed_origins;
    struct str url = str_of(x->c->http_public_url);
    const char *why = url.n == 0 ? NULL : origin_problem(url);
    if (why != NULL)
        check(x, false, KEY_http_public_url, KEY_http_public_url, why);
    for (size_t i = 0; i < list->count; i++) {
        why = origin_problem(list->items[i]);
        if (why != NULL)
            check(x, false, KEY_http_allowed_origins, KEY_http_allowed_origins,
                  why);
    }
    check(x, !x->c->http_require_https || !is_http(x->c), KEY_http_public_url,
          KEY_http_require_https,
          "must be https while http.require_https is on");
}

/* Browsers drop a cookie for a domain that is not the host's or above it. */
static bool covers(struct str domain, struct str host)
{
    if (host.n < domain.n)
        return false;
    size_t above = host.n - domain.n;
    struct str tail = {host.p + above, domain.n};
    return str_eq(tail, domain) && (above == 0 || host.p[above - 1] == '.');
}

static void check_cookies(const struct relation *x)
{
    const struct config *c = x->c;
    struct str domain = str_of(c->cookies_domain);
    check(x, c->cookies_prefix != PREFIX_HOST || domain.n == 0,
          KEY_cookies_domain, KEY_cookies_prefix,
          "must be empty with cookies.prefix = host");
    /* RFC 6265bis, 4.1.3: both prefixes demand Secure, __Host- no Domain. */
    check(x, c->cookies_secure || c->cookies_prefix == PREFIX_NONE,
          KEY_cookies_secure, KEY_cookies_prefix,
          "must be on with a cookies.prefix");
    if (domain.n == 0)
        return;
    check(x,
          origin_is_host_name(domain) &&
              memchr(domain.p, '.', domain.n) != NULL,
          KEY_cookies_domain, KEY_cookies_domain,
          "must be a domain such as example.org, without a dot before it");
    struct str url = str_of(c->http_public_url);
    check(x, url.n == 0 || covers(domain, origin_host(url)), KEY_cookies_domain,
          KEY_http_public_url, "must be the host of http.public_url or above");
}

static bool is_base(const char *path)
{
    size_t n = strlen(path);

    return n > 1 && path[0] == '/' && path[n - 1] != '/' &&
           strpbrk(path, "?#% \"<>;,") == NULL;
}

static void check_fdi(const struct relation *x)
{
    const struct config *c = x->c;
    struct str site = str_of(c->fdi_website_domain);
    const char *why = site.n == 0 ? NULL : origin_problem(site);

    check(x, is_base(c->fdi_base_path), KEY_fdi_base_path, KEY_fdi_base_path,
          "must be a path such as /auth, without a slash at its end");
    check(x,
          c->fdi_website_base_path[0] == '\0' ||
              is_base(c->fdi_website_base_path),
          KEY_fdi_website_base_path, KEY_fdi_website_base_path,
          "must be empty or a path such as /auth, without a slash at its end");
    if (why != NULL)
        check(x, false, KEY_fdi_website_domain, KEY_fdi_website_domain, why);
    check(x,
          c->fdi_cookie_domain[0] == '\0' ||
              origin_is_host_name(str_of(c->fdi_cookie_domain)),
          KEY_fdi_cookie_domain, KEY_fdi_cookie_domain,
          "must be a domain such as example.org, without a dot before it");
    check(x,
          c->fdi_older_cookie_domain[0] == '\0' ||
              origin_is_host_name(str_of(c->fdi_older_cookie_domain)),
          KEY_fdi_older_cookie_domain, KEY_fdi_older_cookie_domain,
          "must be host or a domain such as example.org");
    /* Browsers drop such a cookie. */
    check(x, c->fdi_same_site != FDI_SAME_SITE_NONE || !is_http(c),
          KEY_fdi_same_site, KEY_http_public_url,
          "must not be none while http.public_url is http");
}

/* Behind such an address "?token=" is put; a fragment would swallow it. */
static bool is_page(const struct config *c, const char *page)
{
    return page[0] == '\0' || ((str_starts(str_of(page), STR("https://")) ||
                                (!c->http_require_https &&
                                 str_starts(str_of(page), STR("http://")))) &&
                               strpbrk(page, "# \"<>") == NULL);
}

static void check_links(const struct relation *x)
{
    static const char text[] = "must be an https address without fragment";
    const struct config *c = x->c;

    check(x, is_page(c, c->links_verify_email), KEY_links_verify_email,
          KEY_links_verify_email, text);
    check(x, is_page(c, c->links_reset_password), KEY_links_reset_password,
          KEY_links_reset_password, text);
    check(x, is_page(c, c->links_sign_out_device), KEY_links_sign_out_device,
          KEY_links_sign_out_device, text);
}

/* A refresh must come before the access token's end, a key's publication
 * before its first signature. */
static void check_times(const struct relation *x)
{
    const struct config *c = x->c;
    check(x, c->tokens_access_lifetime < c->tokens_refresh_lifetime,
          KEY_tokens_access_lifetime, KEY_tokens_refresh_lifetime,
          "must be below tokens.refresh_lifetime");
    check(x, c->keys_publish_ahead < c->keys_rotation, KEY_keys_publish_ahead,
          KEY_keys_rotation, "must be below keys.rotation");
}

/* Names of roles stand in tokens and paths, and are compared byte by byte. */
static void check_roles(const struct relation *x)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const struct config_list *list = &x->c->accounts_roles;
    for (size_t i = 0; i < list->count; i++) {
        const struct str *role = &list->items[i];
        bool fits = role->n <= 64;
        for (size_t k = 0; k < role->n && fits; k++)
            fits = memchr(letters, role->p[k], sizeof(letters) - 1) != NULL;
        check(x, fits, KEY_accounts_roles, KEY_accounts_roles,
              "must be words of A-Z, 0-9 and _, at most 64 characters each");
    }
}

static void check_mail(const struct relation *x)
{
    const struct config *c = x->c;
    bool open = c->mail_smtp_tls == SMTP_TLS_NONE ||
                c->mail_smtp_tls == SMTP_TLS_OPPORTUNISTIC;
    bool here = url_is_loopback(str_of(c->mail_smtp_host));
    struct str from = str_of(c->mail_from);
    check(x, c->mail_transport == MAIL_TRANSPORT_NONE || from.n > 0,
          KEY_mail_from, KEY_mail_transport, "must be set when mail leaves");
    check(x, from.n == 0 || mailbox_is_plain(from), KEY_mail_from,
          KEY_mail_from, "must be an address such as id@example.org");
    check(x, c->mail_smtp_tls != SMTP_TLS_NONE || here, KEY_mail_smtp_tls,
          KEY_mail_smtp_host, "may be none only with a host of this machine");
    /* Whoever stands between could strip STARTTLS and read the password. */
    check(x, c->mail_smtp_user[0] == '\0' || !open || here, KEY_mail_smtp_tls,
          KEY_mail_smtp_user, "must be required or implicit with smtp_user");
    check(x,
          c->mail_smtp_user[0] == '\0' ||
              c->mail_smtp_password_file.path[0] != '\0',
          KEY_mail_smtp_password_file, KEY_mail_smtp_user,
          "must be set with smtp_user");
}

static void check_sms(const struct relation *x)
{
    struct str url = str_of(x->c->sms_gateway_url);
    if (url.n == 0)
        return;
    check(x, url_may_be_asked(url), KEY_sms_gateway_url, KEY_sms_gateway_url,
          "must be https, or http to this machine");
    check(x, x->c->sms_secret_file.path[0] != '\0', KEY_sms_secret_file,
          KEY_sms_gateway_url, "must be set with gateway_url");
}

/* What may stand in a Location without being told apart from the rest. */
static bool is_target(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("#\"<>\\", s.p[i]))
            return false;
    }
    return s.n > 0;
}

/* RFC 8252, section 7.1: an app's own scheme is a domain turned round, so it
 * has a period, which keeps javascript: and the like out as well. */
static bool is_app(struct str s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-+";
    struct str scheme = str_cut(&s, ':');
    for (size_t i = 0; i < scheme.n; i++) {
        if (memchr(letters, scheme.p[i], sizeof letters - 1) == NULL)
            return false;
    }
    return s.n > 0 && scheme.n > 0 && scheme.p[0] >= 'a' &&
           memchr(scheme.p, '.', scheme.n) != NULL;
}

/* May a browser be sent there with what came of a sign-in? */
static bool is_way_back(struct str uri)
{
    return is_target(uri) && (url_may_be_asked(uri) || is_app(uri));
}

static void check_oauth2(const struct relation *x)
{
    static const char text[] =
        "must be https, http to a loopback address, or an app's own scheme "
        "such as org.example.app:/back; without fragment";
    const struct config *c = x->c;
    const struct config_list *list = &c->oauth2_redirect_uris;
    bool good = true;

    for (size_t i = 0; i < list->count && good; i++)
        good = is_way_back(list->items[i]);
    check(x, good, KEY_oauth2_redirect_uris, KEY_oauth2_redirect_uris, text);
    check(x, !c->oauth2_enabled || list->count > 0, KEY_oauth2_redirect_uris,
          KEY_oauth2_enabled, "must be set when oauth2.enabled is on");
    check(x,
          c->oauth2_error_uri[0] == '\0' ||
              is_way_back(str_of(c->oauth2_error_uri)),
          KEY_oauth2_error_uri, KEY_oauth2_error_uri, text);
    check(x,
          c->oauth2_two_factor_uri[0] == '\0' ||
              is_way_back(str_of(c->oauth2_two_factor_uri)),
          KEY_oauth2_two_factor_uri, KEY_oauth2_two_factor_uri, text);
    check(x, !c->oauth2_enabled || c->http_public_url[0] != '\0',
          KEY_http_public_url, KEY_oauth2_enabled,
          "must be set when oauth2.enabled is on");
}

void relation_check(const struct config *c, struct report *r)
{
    struct relation x = {c, r};
    check_server(&x);
    check_origins(&x);
    check_cookies(&x);
    check_fdi(&x);
    check_links(&x);
    check_times(&x);
    check_roles(&x);
    check_mail(&x);
    check_sms(&x);
    check_oauth2(&x);
    relation_check_providers(c, r);
}

void relation_check_needed(const struct config *c, const char *file,
                           struct report *r)
{
    r->at = (struct report_place){file, 0};
    if (c->http_public_url[0] == '\0')
        tell(r, KEY_http_public_url, "must be set");
    if (c->keys_sealing_key_file.path[0] == '\0')
        tell(r, KEY_keys_sealing_key_file, "must be set");
}
