/* SPDX-License-Identifier: MIT */
/* Families and not names are compared: a telephone that updates itself in the
 * night is no thief. */
#include "domain/watch_rules.h"

#include <math.h>

#include "base/clock.h"

#define WATCH_EARTH_KM 6371.0088 /* mean radius */
#define WATCH_TRAVEL_KM 100.0    /* less is how exact such files are */
#define WATCH_DEGREE (3.14159265358979323846 / 180.0)
#define WATCH_HOUR (3600.0 * CLOCK_SECOND)

static bool watch_known(struct str name)
{
    return name.n > 0 && !str_eq(name, STR("Unknown")) &&
           !str_eq(name, STR("Other"));
}

/* The next word of a name that says which family it is of; empty: none left. */
static struct str watch_browser_word(struct str *rest)
{
    struct str word = {NULL, 0};

    while (rest->p != NULL) {
        word = str_cut(rest, ' ');
        if (word.n > 0 && !str_eq_nocase(word, STR("Mobile")))
            return word;
    }
    return (struct str){NULL, 0};
}

/* Chrome and Chrome Mobile, Safari and Mobile Safari. */
static bool watch_same_browser(struct str a, struct str b)
{
    for (;;) {
        struct str x = watch_browser_word(&a);
        struct str y = watch_browser_word(&b);

        if (!str_eq_nocase(x, y))
            return false;
        if (x.n == 0)
            return true;
    }
}

/* Windows 10 and 11 are Windows; a browser may cease to name the distribution,
 * and Client Hints call a Mac otherwise than the User-Agent does. */
static struct str watch_os_family(struct str os)
{
    static const struct {
        struct str begin, family;
    } families[] = {
        {STR_INIT("Windows Phone"), STR_INIT("Windows Phone")},
        {STR_INIT("Windows"), STR_INIT("Windows")},
        {STR_INIT("Mac OS"), STR_INIT("macOS")},
        {STR_INIT("macOS"), STR_INIT("macOS")},
        {STR_INIT("Linux"), STR_INIT("Linux")},
        {STR_INIT("Ubuntu"), STR_INIT("Linux")},
        {STR_INIT("Debian"), STR_INIT("Linux")},
        {STR_INIT("Fedora"), STR_INIT("Linux")},
        {STR_INIT("Red Hat"), STR_INIT("Linux")},
        {STR_INIT("SUSE"), STR_INIT("Linux")},
        {STR_INIT("Arch Linux"), STR_INIT("Linux")},
        {STR_INIT("Gentoo"), STR_INIT("Linux")},
        {STR_INIT("Linux Mint"), STR_INIT("Linux")},
        {STR_INIT("CentOS"), STR_INIT("Linux")},
        {STR_INIT("iOS"), STR_INIT("iOS")},
        {STR_INIT("iPadOS"), STR_INIT("iOS")},
        {STR_INIT("Android"), STR_INIT("Android")},
        {STR_INIT("Chrome OS"), STR_INIT("Chrome OS")},
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        if (str_starts(os, families[i].begin))
            return families[i].family;
    }
    return str_cut(&os, ' ');
}

double watch_rules_distance(const struct store_place *a,
                            const struct store_place *b)
{
    double from = (double)a->latitude_e6 / 1e6 * WATCH_DEGREE;
    double to = (double)b->latitude_e6 / 1e6 * WATCH_DEGREE;
    double east =
        (double)(b->longitude_e6 - a->longitude_e6) / 1e6 * WATCH_DEGREE;
    double up = sin((to - from) / 2);
    double side = sin(east / 2);
    double h = up * up + cos(from) * cos(to) * side * side;

    /* Rounding may carry antipodes past 1. */
    return 2 * WATCH_EARTH_KM * asin(fmin(1.0, sqrt(h)));
}

bool watch_rules_travel(const struct watch_use *was, const struct watch_use *is,
                        int64_t speed_kmh)
{
    if (!was->place.measured || !is->place.measured || was->at_us == 0)
        return false;
    double km = watch_rules_distance(&was->place, &is->place);
    double hours = (double)(is->at_us - was->at_us) / WATCH_HOUR;

    /* Clocks never go back here, but two uses may have the same time. */
    return km >= WATCH_TRAVEL_KM &&
           (hours <= 0 || km / hours > (double)speed_kmh);
}

unsigned watch_rules_changes(const struct watch_use *was,
                             const struct watch_use *is, int64_t speed_kmh)
{
    unsigned changes = 0;

    if (watch_known(was->browser) && watch_known(is->browser) &&
        !watch_same_browser(was->browser, is->browser))
        changes |= 1u << WATCH_KIND_BROWSER;
    if (watch_known(was->os) && watch_known(is->os) &&
        !str_eq_nocase(watch_os_family(was->os), watch_os_family(is->os)))
        changes |= 1u << WATCH_KIND_OS;
    if (was->place.country.n > 0 && is->place.country.n > 0 &&
        !str_eq(was->place.country, is->place.country))
        changes |= 1u << WATCH_KIND_COUNTRY;
    if (watch_rules_travel(was, is, speed_kmh))
        changes |= 1u << WATCH_KIND_TRAVEL;
    return changes;
}

enum config_watch watch_rules_policy(const struct config *config,
                                     enum watch_kind kind)
{
    switch (kind) {
    case WATCH_KIND_BROWSER:
        return (enum config_watch)config->watch_browser;
    case WATCH_KIND_OS:
        return (enum config_watch)config->watch_os;
    case WATCH_KIND_COUNTRY:
        return (enum config_watch)config->watch_country;
    case WATCH_KIND_TRAVEL:
        return (enum config_watch)config->watch_travel;
    case WATCH_KIND_COUNT:
        break;
    }
    return WATCH_LOG;
}

enum config_watch watch_rules_strictest(const struct config *config,
                                        unsigned changes)
{
    enum config_watch strictest = WATCH_LOG;

    for (unsigned kind = 0; kind < WATCH_KIND_COUNT; kind++) {
        enum config_watch policy =
            watch_rules_policy(config, (enum watch_kind)kind);

        if ((changes & (1u << kind)) != 0 && policy > strictest)
            strictest = policy;
    }
    return strictest;
}

const char *watch_rules_word(enum watch_kind kind)
{
    static const char *const words[] = {
        [WATCH_KIND_BROWSER] = "browser",
        [WATCH_KIND_OS] = "os",
        [WATCH_KIND_COUNTRY] = "country",
        [WATCH_KIND_TRAVEL] = "travel",
    };

    return words[kind];
}
