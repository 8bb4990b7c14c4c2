/* SPDX-License-Identifier: MIT */
/* From what a browser says about itself to a line a person knows again in the
 * list of devices. Nothing here decides about access: all of it can be forged.
 */
#include "http/useragent.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "http/useragent_rules.h"

#define UA_RAW_MAX 512
#define UA_RULES_MAX 1024 /* bytes the rules are run on */
#define UA_TEXT_MAX 64
/* The first Windows 11 by Sec-CH-UA-Platform-Version; Windows 10 ends at 10. */
#define UA_WINDOWS_11 13

static const char *const useragent_types[] = {[UA_DESKTOP] = "desktop",
                                              [UA_MOBILE] = "mobile",
                                              [UA_TABLET] = "tablet",
                                              [UA_PWA] = "pwa",
                                              [UA_OTHER] = "other"};
static_assert(sizeof(useragent_types) / sizeof(useragent_types[0]) ==
                  UA_TYPE_COUNT,
              "every type has a text");

const char *useragent_type_text(enum useragent_type t)
{
    return t < UA_TYPE_COUNT ? useragent_types[t] : useragent_types[UA_OTHER];
}

/* At most max bytes of s, cut between characters; bytes that are no UTF-8 and
 * control characters (log lines, terminals) become '?'. */
static enum err useragent_clean(struct arena *a, struct str s, size_t max,
                                struct str *text_r)
{
    struct buf b = buf_new(a);
    uint32_t cp;

    for (size_t i = 0, n; i < s.n; i += n) {
        struct str rest = {s.p + i, s.n - i};

        n = str_utf8_next(rest, &cp);
        bool bad = n == 0 || str_has_control((struct str){rest.p, n});

        if (n == 0)
            n = 1;
        if (b.n + (bad ? 1 : n) > max)
            break;
        if (bad)
            buf_char(&b, '?');
        else
            buf_put(&b, rest.p, n);
    }
    return buf_done(&b, text_r);
}

/* Does text hold one of the words, which a NULL ends? */
static bool useragent_has(struct str text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (str_has_nocase(text, str_of(*words)))
            return true;
    return false;
}

/* The text of a structured-field string (RFC 8941 section 3.3.3) without its
 * quotes; {NULL, 0} when it is empty or none. Escapes do not occur in names. */
static struct str useragent_quoted(struct str s)
{
    s = str_trim(s);
    if (s.n < 3 || s.p[0] != '"' || s.p[s.n - 1] != '"')
        return (struct str){NULL, 0};
    return (struct str){s.p + 1, s.n - 2};
}

/* The digits a version begins with. */
static struct str useragent_major(struct str version)
{
    size_t n = 0;

    while (n < version.n && version.p[n] >= '0' && version.p[n] <= '9')
        n++;
    return (struct str){version.p, n};
}

/* What has no place in a person's list: kernels and build numbers. */
static bool useragent_versionless(struct str family)
{
    return str_eq(family, STR("Linux")) || str_eq(family, STR("Chrome OS"));
}

/* Windows 8 and 1 are Windows 8.1; Mac OS X 10 says nothing without the rest.
 */
static bool useragent_two_parts(const struct useragent_match *os)
{
    return str_eq(os->family, STR("Windows")) ||
           (str_eq(os->family, STR("Mac OS X")) && str_eq(os->v1, STR("10")));
}

static enum err useragent_join(struct arena *a,
                               const struct useragent_match *os,
                               struct str *text_r)
{
    struct buf b = buf_new(a);
    struct str text;

    buf_str(&b, os->family);
    if (os->v1.n > 0 && !useragent_versionless(os->family)) {
        buf_char(&b, ' ');
        buf_str(&b, os->v1);
        if (os->v2.n > 0 && useragent_two_parts(os)) {
            buf_char(&b, '.');
            buf_str(&b, os->v2);
        }
    }
    enum err e = buf_done(&b, &text);

    return e == ERR_OK ? useragent_clean(a, text, UA_TEXT_MAX, text_r) : e;
}

/* uap-core's word for "none of them" is no name. */
static bool useragent_named(struct str family)
{
    return family.n > 0 && !str_eq(family, STR("Other"));
}

/* Leaves "Unknown" where no rule knows better. */
static enum err useragent_by_rules(const struct useragent_rules *r,
                                   struct arena *a, struct str text,
                                   struct useragent *ua)
{
    struct useragent_match browser = {.family = {NULL, 0}};
    struct useragent_match os = {.family = {NULL, 0}};
    enum err e = useragent_rules_match(r, UA_LIST_BROWSER, a, text, &browser);

    if (e == ERR_OK)
        e = useragent_rules_match(r, UA_LIST_OS, a, text, &os);
    if (e == ERR_OK && useragent_named(browser.family))
        e = useragent_clean(a, browser.family, UA_TEXT_MAX, &ua->browser);
    if (e == ERR_OK && useragent_named(os.family))
        e = useragent_join(a, &os, &ua->os);
    return e;
}

/* A brand of Sec-CH-UA and what people call it. */
struct useragent_brand {
    const char *brand;
    const char *name;
};

static const struct useragent_brand useragent_brands[] = {
    {"Google Chrome", "Chrome"},
    {"Microsoft Edge", "Edge"},
    {"Microsoft Edge WebView2", "Edge WebView2"},
    {"Opera GX", "Opera"},
};

static struct str useragent_brand_name(struct str brand)
{
    for (size_t i = 0;
         i < sizeof(useragent_brands) / sizeof(useragent_brands[0]); i++)
        if (str_eq(brand, str_of(useragent_brands[i].brand)))
            return str_of(useragent_brands[i].name);
    return brand;
}

/* The element in front of the next ',' that is in no quotes. */
static struct str useragent_element(struct str *list)
{
    struct str all = *list;
    bool quoted = false;

    for (size_t i = 0; i < all.n; i++) {
        quoted ^= all.p[i] == '"';
        if (quoted || all.p[i] != ',')
            continue;
        *list = (struct str){all.p + i + 1, all.n - i - 1};
        return (struct str){all.p, i};
    }
    *list = (struct str){NULL, 0};
    return all;
}

/* The brand of Sec-CH-UA that is neither the engine nor one of the made-up
 * names ("Not.A/Brand") that keep servers from counting on the list. */
static enum err useragent_by_brands(struct arena *a,
                                    const struct http_request *req,
                                    struct useragent *ua)
{
    struct str list = http_field(req, "SEC_CH_UA");
    struct str found = {NULL, 0};

    while (list.p != NULL) {
        struct str element = useragent_element(&list);
        struct str brand = useragent_quoted(str_cut(&element, ';'));

        if (brand.p == NULL || (str_has_nocase(brand, STR("not")) &&
                                str_has_nocase(brand, STR("brand"))))
            continue;
        if (found.p == NULL || str_eq(found, STR("Chromium")))
            found = brand;
    }
    if (found.p == NULL)
        return ERR_OK;
    return useragent_clean(a, useragent_brand_name(found), UA_TEXT_MAX,
                           &ua->browser);
}

/* Do the rules and the hint speak of one system? Then, without a version in
 * the hint, the rules know more. */
static bool useragent_same_os(struct str os, struct str platform)
{
    return str_starts(os, platform) ||
           (str_eq(platform, STR("macOS")) && str_starts(os, STR("Mac OS X")));
}

static enum err useragent_by_platform(struct arena *a,
                                      const struct http_request *req,
                                      struct useragent *ua)
{
    struct str version = http_field(req, "SEC_CH_UA_PLATFORM_VERSION");
    struct useragent_match os = {
        .family = useragent_quoted(http_field(req, "SEC_CH_UA_PLATFORM")),
        .v1 = useragent_major(useragent_quoted(version))};
    uint64_t major = 0;

    if (os.family.p == NULL || str_eq(os.family, STR("Unknown")))
        return ERR_OK;
    if (str_eq(os.family, STR("Chromium OS")))
        os.family = STR("Chrome OS");
    if (str_eq(os.family, STR("Windows")) &&
        str_uint(os.v1, UINT32_MAX, &major)) {
        os.v1 = (struct str){NULL, 0}; /* 0 is Windows 7 and 8 */
        if (major > 0)
            os.v1 = major >= UA_WINDOWS_11 ? STR("11") : STR("10");
    }
    if (os.v1.n == 0 && useragent_same_os(ua->os, os.family))
        return ERR_OK;
    return useragent_join(a, &os, &ua->os);
}

/* Words of the text, or of the system's name, and what they stand for. They are
 * judged in this order, since phones call themselves Linux and robots both. */
static const char *const useragent_robots[] = {"bot/",  "bot;",     "bot)",
                                               "robot", "spider",   "crawl",
                                               "slurp", "headless", NULL};
static const char *const useragent_screens[] = {
    "SmartTV",  "Smart-TV",    "GoogleTV", "Android TV", "AppleTV",
    "Apple TV", "HbbTV",       "Web0S",    "BRAVIA",     "; AFT",
    "CrKey",    "PlayStation", "Nintendo", "Xbox",       NULL};
static const char *const useragent_tablets[] = {
    "iPad", "Tablet;", "PlayBook", "Kindle", "RIM Tablet", NULL};
static const char *const useragent_phones[] = {
    "Mobile", "iPhone", "iPod", "Phone", "Opera Mini", "BlackBerry", NULL};
static const char *const useragent_pocket_os[] = {
    "iOS",        "Android", "KaiOS",      "Windows Phone",
    "BlackBerry", "Symbian", "Firefox OS", NULL};
static const char *const useragent_desk_os[] = {
    "Windows", "Mac OS", "macOS",     "Linux",  "Chrome OS", "Ubuntu",
    "Debian",  "Fedora", "Red Hat",   "CentOS", "SUSE",      "Mandriva",
    "Gentoo",  "Arch",   "Slackware", "BSD",    "Solaris",   NULL};

/* By the text alone; cubot is a maker of phones. */
static enum useragent_type useragent_type_by_text(struct str text,
                                                  struct str os)
{
    bool browser =
        str_starts(text, STR("Mozilla/")) || str_starts(text, STR("Opera/"));
    bool android = str_has_nocase(text, STR("Android"));

    if ((useragent_has(text, useragent_robots) &&
         !str_has_nocase(text, STR("cubot"))) ||
        useragent_has(text, useragent_screens))
        return UA_OTHER;
    if (useragent_has(text, useragent_tablets) ||
        (android && browser && !useragent_has(text, useragent_phones)))
        return UA_TABLET;
    if (useragent_has(os, useragent_pocket_os) ||
        (browser && useragent_has(text, useragent_phones)))
        return UA_MOBILE;
    /* Libraries and tools name a system, too, but no person sits there. */
    return browser && useragent_has(os, useragent_desk_os) ? UA_DESKTOP
                                                           : UA_OTHER;
}

/* Form factors are said on purpose and beat the text; "mobile" alone is said by
 * some tablets too. */
static enum useragent_type useragent_type_of(const struct http_request *req,
                                             struct str text, struct str os)
{
    struct str forms = http_field(req, "SEC_CH_UA_FORM_FACTORS");
    enum useragent_type type = useragent_type_by_text(text, os);

    if (str_has_nocase(forms, STR("\"Tablet\"")))
        return UA_TABLET;
    if (str_has_nocase(forms, STR("\"Mobile\"")))
        return UA_MOBILE;
    if (str_has_nocase(forms, STR("\"Desktop\"")))
        return UA_DESKTOP;
    if (type != UA_TABLET &&
        str_eq(http_field(req, "SEC_CH_UA_MOBILE"), STR("?1")))
        return UA_MOBILE;
    return type;
}

enum err useragent_parse(const struct useragent_rules *r, struct arena *a,
                         const struct http_request *req, struct useragent *ua_r)
{
    struct str field = str_trim(http_field(req, "USER_AGENT"));
    struct useragent ua = {STR(""), STR("Unknown"), STR("Unknown"), UA_OTHER};
    struct str text = {NULL, 0};

    if (field.n == 0) {
        *ua_r = ua;
        return ERR_OK;
    }
    enum err e = useragent_clean(a, field, UA_RAW_MAX, &ua.raw);

    if (e == ERR_OK)
        e = useragent_clean(a, field, UA_RULES_MAX, &text);
    if (e == ERR_OK)
        e = useragent_by_rules(r, a, text, &ua);
    if (e == ERR_OK)
        e = useragent_by_brands(a, req, &ua);
    if (e == ERR_OK)
        e = useragent_by_platform(a, req, &ua);
    if (e != ERR_OK)
        return e;
    ua.type = useragent_type_of(req, text, ua.os);
    *ua_r = ua;
    return ERR_OK;
}
