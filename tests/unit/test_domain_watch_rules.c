/* SPDX-License-Identifier: MIT */
/* What is a suspicious use and what is none, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "domain/watch_rules.h"

#define B (1u << WATCH_KIND_BROWSER)
#define O (1u << WATCH_KIND_OS)
#define C (1u << WATCH_KIND_COUNTRY)
#define T (1u << WATCH_KIND_TRAVEL)
#define AT(country, lat, lon)                                                  \
    {                                                                          \
        STR_INIT(country), {NULL, 0}, true, lat, lon                           \
    }

static const struct store_place berlin = AT("DE", 52520008, 13404954);
static const struct store_place paris = AT("FR", 48856613, 2352222);
static const struct store_place tokyo = AT("JP", 35689487, 139691711);
static const struct store_place fiji = AT("FJ", -17713371, 178065032);
static const struct store_place samoa = AT("WS", -13759029, -172104629);
static const struct store_place pole = AT("AQ", -90000000, 0);
static const struct store_place other_pole = AT("GL", 90000000, 12000000);

static void distances_are_those_of_the_globe(void **state)
{
    static const struct {
        const struct store_place *a, *b;
        double km;
    } rows[] = {
        {&berlin, &berlin, 0},  {&berlin, &paris, 878},
        {&paris, &berlin, 878}, {&berlin, &tokyo, 8919},
        {&fiji, &samoa, 1142},  {&pole, &other_pole, 20015},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double km = watch_rules_distance(rows[i].a, rows[i].b);

        assert_true(km > rows[i].km - 5 && km < rows[i].km + 5);
    }
}

static void families_count_and_versions_do_not(void **state)
{
    static const struct {
        struct str browser, os, then_browser, then_os;
        unsigned changes;
    } rows[] = {
#define ROW(b, o, tb, to, changes)                                             \
    {STR_INIT(b), STR_INIT(o), STR_INIT(tb), STR_INIT(to), changes}
        ROW("Chrome", "Windows 10", "Chrome", "Windows 10", 0),
        ROW("Chrome", "Windows 10", "Chrome", "Windows 11", 0),
        ROW("Chrome", "Windows 10", "Chrome Mobile", "Windows 10", 0),
        ROW("Mobile Safari", "iOS 17.5", "Safari", "iPadOS 18", 0),
        ROW("Safari", "Mac OS X 10.15", "Safari", "macOS 14", 0),
        ROW("Firefox", "Ubuntu", "Firefox", "Linux", 0),
        ROW("Chrome", "Windows", "Firefox", "Windows", B),
        ROW("Chrome", "Windows", "Edge", "Windows", B),
        ROW("Chrome", "Windows", "Chrome iOS", "Windows", B),
        ROW("Chrome", "Android 14", "Chrome", "Linux", O),
        ROW("Chrome", "Chrome OS 1", "Chrome", "Linux", O),
        ROW("Chrome", "Windows 10", "Safari", "macOS 14", B | O),
        ROW("Unknown", "Unknown", "Chrome", "Linux", 0),
        ROW("Chrome", "Linux", "Unknown", "Unknown", 0),
        ROW("", "", "Chrome", "Linux", 0),
        ROW("Chrome", "Linux", "", "", 0),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct watch_use was = {
            .browser = rows[i].browser, .os = rows[i].os, .at_us = 1};
        const struct watch_use is = {
            .browser = rows[i].then_browser, .os = rows[i].then_os, .at_us = 2};

        assert_int_equal(watch_rules_changes(&was, &is, 1000), rows[i].changes);
    }
}

static void a_journey_needs_its_time(void **state)
{
    static const struct store_place nowhere;
    static const struct store_place unmeasured = {.country = STR_INIT("JP")};
    static const struct store_place near = AT("DE", 53000000, 13404954);
    static const struct {
        const struct store_place *from, *to;
        int64_t minutes, speed;
        unsigned changes;
    } rows[] = {
        {&berlin, &paris, 52, 1000, C | T},  {&berlin, &paris, 54, 1000, C},
        {&berlin, &paris, 0, 100000, C | T}, {&berlin, &paris, -5, 1000, C | T},
        {&berlin, &paris, 54, 900, C | T},   {&berlin, &near, 0, 1000, 0},
        {&berlin, &berlin, 0, 1000, 0},      {&berlin, &unmeasured, 0, 1000, C},
        {&unmeasured, &berlin, 0, 1000, C},  {&berlin, &nowhere, 0, 1000, 0},
        {&nowhere, &berlin, 0, 1000, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const int64_t then = 1000 * CLOCK_SECOND;
        const struct watch_use was = {.place = *rows[i].from, .at_us = then};
        const struct watch_use is = {.place = *rows[i].to,
                                     .at_us = then + rows[i].minutes * 60 *
                                                         CLOCK_SECOND};

        assert_int_equal(watch_rules_changes(&was, &is, rows[i].speed),
                         rows[i].changes);
    }
}

static void the_strictest_policy_holds(void **state)
{
    struct config config = {.watch_browser = WATCH_LOG,
                            .watch_os = WATCH_NOTIFY,
                            .watch_country = WATCH_STEP_UP,
                            .watch_travel = WATCH_REVOKE};
    static const struct {
        unsigned changes;
        enum config_watch policy;
    } rows[] = {
        {0, WATCH_LOG},         {B, WATCH_LOG},        {O, WATCH_NOTIFY},
        {C, WATCH_STEP_UP},     {T, WATCH_REVOKE},     {B | O, WATCH_NOTIFY},
        {B | C, WATCH_STEP_UP}, {O | T, WATCH_REVOKE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(watch_rules_strictest(&config, rows[i].changes),
                         rows[i].policy);
    config.watch_travel = WATCH_LOG;
    assert_int_equal(watch_rules_strictest(&config, O | T), WATCH_NOTIFY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_the_globe),
        cmocka_unit_test(families_count_and_versions_do_not),
        cmocka_unit_test(a_journey_needs_its_time),
        cmocka_unit_test(the_strictest_policy_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
