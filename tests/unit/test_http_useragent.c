/* SPDX-License-Identifier: MIT */
/* What a person reads in the list of devices. */
#include "http_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/useragent.h"

#define RULES "/usr/share/uap-core/regexes.yaml"
#define MOZILLA "Mozilla/5.0 "
#define WINDOWS MOZILLA "(Windows NT 10.0; Win64; x64) "
#define WEBKIT "AppleWebKit/537.36 (KHTML, like Gecko) "
#define CHROME WINDOWS WEBKIT "Chrome/126.0.0.0 Safari/537.36"

/* Calls of the libraries that fail on demand (-Wl,--wrap). */
static bool no_match_data;
static bool no_parser;
void *__real_pcre2_match_data_create_8(uint32_t pairs, void *context);
void *__wrap_pcre2_match_data_create_8(uint32_t pairs, void *context);
int __real_yaml_parser_initialize(void *parser);
int __wrap_yaml_parser_initialize(void *parser);

void *__wrap_pcre2_match_data_create_8(uint32_t pairs, void *context)
{
    return no_match_data ? NULL
                         : __real_pcre2_match_data_create_8(pairs, context);
}

int __wrap_yaml_parser_initialize(void *parser)
{
    return no_parser ? 0 : __real_yaml_parser_initialize(parser);
}

static struct useragent parse(const struct useragent_rules *rules,
                              struct arena *a,
                              const struct fixture_field *fields)
{
    struct http_request r = fixture_request(a, fields);
    struct useragent ua;

    assert_int_equal(useragent_parse(rules, a, &r, &ua), ERR_OK);
    return ua;
}

static int load_rules(void **state)
{
    struct useragent_rules *rules = NULL;

    if (access(RULES, R_OK) == 0)
        assert_int_equal(useragent_rules_load(RULES, &rules), ERR_OK);
    *state = rules;
    return 0;
}

static int free_rules(void **state)
{
    struct useragent_rules *rules = *state;

    useragent_rules_free(&rules);
    assert_null(rules);
    useragent_rules_free(&rules);
    return 0;
}

static const struct {
    const char *text, *browser, *os;
    enum useragent_type type;
} well_known[] = {
    {CHROME, "Chrome", "Windows 10", UA_DESKTOP},
    {CHROME " Edg/126.0.0.0", "Edge", "Windows 10", UA_DESKTOP},
    {CHROME " OPR/112.0.0.0", "Opera", "Windows 10", UA_DESKTOP},
    {MOZILLA "(Windows NT 6.3; Win64; x64; rv:109.0) Gecko/20100101 "
             "Firefox/115.0",
     "Firefox", "Windows 8.1", UA_DESKTOP},
    {MOZILLA "(Windows NT 6.1; WOW64; Trident/7.0; Tablet PC 2.0; "
             "rv:11.0) like Gecko",
     "IE", "Windows 7", UA_DESKTOP},
    {MOZILLA "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
             "(KHTML, like Gecko) Version/17.5 Safari/605.1.15",
     "Safari", "Mac OS X 10.15", UA_DESKTOP},
    {MOZILLA "(X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
     "Firefox", "Linux", UA_DESKTOP},
    {MOZILLA "(X11; Ubuntu; Linux x86_64; rv:126.0) Gecko/20100101 "
             "Firefox/126.0",
     "Firefox", "Ubuntu", UA_DESKTOP},
    {MOZILLA "(X11; CrOS x86_64 14541.0.0) " WEBKIT
             "Chrome/126.0.0.0 Safari/537.36",
     "Chrome", "Chrome OS", UA_DESKTOP},
    {MOZILLA "(iPhone; CPU iPhone OS 17_5 like Mac OS X) "
             "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
             "Mobile/15E148 Safari/604.1",
     "Mobile Safari", "iOS 17", UA_MOBILE},
    {MOZILLA "(iPhone; CPU iPhone OS 17_5 like Mac OS X) "
             "AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 "
             "Mobile/15E148 Safari/604.1",
     "Chrome Mobile iOS", "iOS 17", UA_MOBILE},
    {MOZILLA "(iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 "
             "(KHTML, like Gecko) Version/16.6 Mobile/15E148 "
             "Safari/604.1",
     "Mobile Safari", "iOS 16", UA_TABLET},
    {MOZILLA "(Linux; Android 14; Pixel 8) " WEBKIT
             "Chrome/126.0.0.0 Mobile Safari/537.36",
     "Chrome Mobile", "Android 14", UA_MOBILE},
    {MOZILLA "(Linux; Android 10; CUBOT) " WEBKIT
             "Chrome/126.0.0.0 Mobile Safari/537.36",
     "Chrome Mobile", "Android 10", UA_MOBILE},
    {MOZILLA "(Linux; Android 13; SM-X906C) " WEBKIT
             "Chrome/126.0.0.0 Safari/537.36",
     "Chrome", "Android 13", UA_TABLET},
    {MOZILLA "(Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0",
     "Firefox Mobile", "Android 14", UA_MOBILE},
    {MOZILLA "(Android 13; Tablet; rv:126.0) Gecko/126.0 Firefox/126.0",
     "Firefox Mobile", "Android 13", UA_TABLET},
    {MOZILLA "(Linux; Android 9; KFMAWI) " WEBKIT
             "Silk/120.1 like Chrome/120.0 Safari/537.36",
     "Amazon Silk", "Android 9", UA_TABLET},
    {MOZILLA "(Linux; Android 11; BRAVIA 4K) " WEBKIT
             "Chrome/120.0.0.0 Safari/537.36",
     "Chrome", "Android 11", UA_OTHER},
    {MOZILLA "(compatible; Googlebot/2.1; "
             "+http://www.google.com/bot.html)",
     "Googlebot", "Unknown", UA_OTHER},
    {"MyApp/1.0 CFNetwork/1327.0.4 Darwin/21.2.0", "MyApp", "iOS 15",
     UA_MOBILE},
    {"curl/7.88.1", "curl", "Unknown", UA_OTHER},
    {"python-requests/2.31.0", "Python Requests", "Unknown", UA_OTHER},
    {"Wget/1.21.3 (linux-gnu)", "Wget", "Linux", UA_OTHER},
    {"nonsense", "Unknown", "Unknown", UA_OTHER},
};

static void well_known_texts_have_their_names(void **state)
{
    struct arena *a = fixture_arena(1 << 20);

    if (*state == NULL)
        skip();
    for (size_t i = 0; i < COUNT(well_known); i++) {
        const struct fixture_field fields[] = {
            {"USER_AGENT", well_known[i].text}, {NULL, NULL}};
        struct useragent ua = parse(*state, a, fields);

        fixture_same(ua.raw, well_known[i].text);
        fixture_same(ua.browser, well_known[i].browser);
        fixture_same(ua.os, well_known[i].os);
        assert_int_equal(ua.type, well_known[i].type);
    }
    arena_free(&a);
}

static void no_text_is_an_unknown_device(void **state)
{
    static const struct fixture_field cases[][2] = {
        {{NULL, NULL}, {NULL, NULL}},
        {{"USER_AGENT", ""}, {NULL, NULL}},
        {{"USER_AGENT", " \t"}, {NULL, NULL}},
    };
    struct useragent_rules *rules = NULL;
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    assert_int_equal(useragent_rules_load("", &rules), ERR_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct useragent ua = parse(rules, a, cases[i]);

        fixture_same(ua.raw, "");
        fixture_same(ua.browser, "Unknown");
        fixture_same(ua.os, "Unknown");
        assert_int_equal(ua.type, UA_OTHER);
    }
    useragent_rules_free(&rules);
    arena_free(&a);
}

#define BRANDS                                                                 \
    "\"Not/A)Brand\";v=\"8\", \"Chromium\";v=\"126\", \"Google "               \
    "Chrome\";v=\"126\""

static void client_hints_know_better(void **state)
{
    static const struct {
        const char *brands, *platform, *version, *mobile, *forms;
        const char *browser, *os;
        enum useragent_type type;
    } cases[] = {
        {BRANDS, "\"Windows\"", "\"15.0.0\"", "?0", "", "Chrome", "Windows 11",
         UA_DESKTOP},
        {BRANDS, "\"Windows\"", "\"13.0.0\"", "?0", "", "Chrome", "Windows 11",
         UA_DESKTOP},
        {BRANDS, "\"Windows\"", "\"10.0.0\"", "?0", "", "Chrome", "Windows 10",
         UA_DESKTOP},
        {"\"Brave\";v=\"126\", \"Chromium\";v=\"126\"", "\"Windows\"",
         "\"0.3.0\"", "?0", "", "Brave", "Windows", UA_DESKTOP},
        {"\"Microsoft Edge\";v=\"1\", \"Chromium\";v=\"1\"", "\"macOS\"",
         "\"14.5.0\"", "", "", "Edge", "macOS 14", UA_DESKTOP},
        {"\"Chromium\";v=\"126\", \"Not A;Brand\";v=\"99\"", "\"Linux\"",
         "\"6.1.0\"", "", "\"Desktop\"", "Chromium", "Linux", UA_DESKTOP},
        {"", "\"Android\"", "\"14.0.0\"", "?1", "", "Unknown", "Android 14",
         UA_MOBILE},
        {"", "\"Android\"", "\"14.0.0\"", "?0", "\"Tablet\"", "Unknown",
         "Android 14", UA_TABLET},
        {"", "\"Android\"", "", "?0", "\"Mobile\", \"EInk\"", "Unknown",
         "Android", UA_MOBILE},
        {"", "\"Chromium OS\"", "\"15786.0.0\"", "", "", "Unknown", "Chrome OS",
         UA_DESKTOP},
        {"", "\"Unknown\"", "\"1\"", "", "", "Unknown", "Unknown", UA_OTHER},
        {"\"\";v=\"1\"", "\"\"", "\"\"", "?2", "Tablet", "Unknown", "Unknown",
         UA_OTHER},
        {"Chrome", "Windows", "15", "1", "", "Unknown", "Unknown", UA_OTHER},
        {"\"unclosed, \"x", "\"W", "\"", "", "", "Unknown", "Unknown",
         UA_OTHER},
        {",,,;;;", ";", "x", "", "", "Unknown", "Unknown", UA_OTHER},
    };
    struct useragent_rules *rules = NULL;
    struct arena *a = fixture_arena(1 << 20);

    (void)state;
    assert_int_equal(useragent_rules_load("", &rules), ERR_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct fixture_field fields[] = {
            {"USER_AGENT", MOZILLA},
            {"SEC_CH_UA", cases[i].brands},
            {"SEC_CH_UA_PLATFORM", cases[i].platform},
            {"SEC_CH_UA_PLATFORM_VERSION", cases[i].version},
            {"SEC_CH_UA_MOBILE", cases[i].mobile},
            {"SEC_CH_UA_FORM_FACTORS", cases[i].forms},
            {NULL, NULL}};
        struct useragent ua = parse(rules, a, fields);

        fixture_same(ua.browser, cases[i].browser);
        fixture_same(ua.os, cases[i].os);
        assert_int_equal(ua.type, cases[i].type);
    }
    useragent_rules_free(&rules);
    arena_free(&a);
}

static void a_hint_without_version_leaves_what_the_rules_know(void **state)
{
    static const struct {
        const char *text, *platform, *os;
    } cases[] = {
        {CHROME, "\"Windows\"", "Windows 10"},
        {MOZILLA "(Macintosh; Intel Mac OS X 10_15_7) " WEBKIT
                 "Chrome/126.0.0.0 Safari/537.36",
         "\"macOS\"", "Mac OS X 10.15"},
        {MOZILLA "(X11; Linux x86_64) " WEBKIT "Chrome/126.0.0.0 Safari/537.36",
         "\"Android\"", "Android"},
    };
    struct arena *a = fixture_arena(1 << 20);

    if (*state == NULL)
        skip();
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct fixture_field fields[] = {
            {"USER_AGENT", cases[i].text},
            {"SEC_CH_UA_PLATFORM", cases[i].platform},
            {NULL, NULL}};

        fixture_same(parse(*state, a, fields).os, cases[i].os);
    }
    arena_free(&a);
}

static void texts_are_clean_and_short(void **state)
{
    static const struct {
        const char *text, *raw;
    } cases[] = {
        {"a\x01"
         "b\nc\x7f",
         "a?b?c?"},
        {"a\xff"
         "b\xe2\x82",
         "a?b??"},
        {"\xc2\x9b"
         "31m",
         "?31m"},
        {"\xe2\x80\xa8x", "?x"},
        {"\xe2\x82\xac", "\xe2\x82\xac"},
    };
    static char text[8192];
    struct useragent_rules *rules = NULL;
    struct arena *a = fixture_arena(1 << 20);

    (void)state;
    assert_int_equal(useragent_rules_load("", &rules), ERR_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct fixture_field fields[] = {{"USER_AGENT", cases[i].text},
                                               {NULL, NULL}};

        fixture_same(parse(rules, a, fields).raw, cases[i].raw);
    }
    text[0] = 'a';
    for (size_t i = 1; i + 1 < sizeof(text); i++)
        text[i] = "\xac\xe2\x82"[i % 3];
    const struct fixture_field fields[] = {
        {"USER_AGENT", text},
        {"SEC_CH_UA_PLATFORM",
         "\"012345678901234567890"
         "123456789012345678901234567890123456789012345678901234567890\""},
        {NULL, NULL}};
    struct useragent ua = parse(rules, a, fields);

    assert_int_equal(ua.raw.n, 511);
    assert_true(str_utf8(ua.raw));
    assert_int_equal(ua.os.n, 64);
    useragent_rules_free(&rules);
    arena_free(&a);
}

/* whatever the text, the answer comes; the limits bound the work. */
static void a_1_3_12_an_evil_text_is_answered(void **state)
{
    static const char *const parts[] = {
        "a",
        " ",
        "1.",
        "CFNetwork/",
        "Mozilla/5.0 (",
        "; ",
        "(Tablet;",
        "Android ",
        "-iPad/1 ",
        "iPhone Mac OS X ",
        "Darwin/1.1",
        "Mac OS X ",
        "Mobile ",
        "HbbTV/1.1.1 (",
        "(((((",
        "\xc3\xa4",
        "Safari/1 Chrome/1 ",
        "bot ",
        "/1.1 CFNetwork",
        "x86_64 1.1.1Chrome",
    };
    static char text[8192];
    struct arena *a = fixture_arena(1 << 20);

    if (*state == NULL)
        skip();
    for (size_t i = 0; i < COUNT(parts); i++) {
        size_t n = strlen(parts[i]);
        const struct fixture_field fields[] = {{"USER_AGENT", text},
                                               {NULL, NULL}};

        memset(text, 0, sizeof(text));
        for (size_t at = 0; at + n < sizeof(text); at += n)
            memmove(text + at, parts[i], n);
        struct useragent ua = parse(*state, a, fields);

        assert_in_range(ua.raw.n, 0, 512);
        assert_in_range(ua.browser.n, 1, 64);
        assert_in_range(ua.os.n, 1, 64);
        arena_reset(a);
    }
    arena_free(&a);
}

static enum err load_text(const char *text, struct useragent_rules **r_r)
{
    char path[] = "/tmp/test_http_useragent.XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    enum err e = useragent_rules_load(path, r_r);

    assert_int_equal(unlink(path), 0);
    return e;
}

#define OS_LIST "os_parsers:\n  - regex: '(Os)(\\d+)\\.(\\d+)'\n"

static void the_first_rule_wins_and_replacements_apply(void **state)
{
    static const struct {
        const char *text, *browser, *os;
    } cases[] = {
        {"one Os1.2", "Name one", "Os 1"}, {"ONE", "Name ONE", "Unknown"},
        {"two", "Second", "Unknown"},      {"three", "Unknown", "Unknown"},
        {"four", "Unknown", "Unknown"},    {"$1", "Unknown", "Unknown"},
    };
    struct useragent_rules *rules = NULL;
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    assert_int_equal(
        load_text("user_agent_parsers:\n"
                  "  - regex: '(one)'\n    regex_flag: 'i'\n"
                  "    family_replacement: ' Name $1$9 '\n"
                  "  - regex: 'one'\n    family_replacement: 'Never'\n"
                  "  - regex: '(two)'\n    family_replacement: 'Second'\n"
                  "    brand_replacement: 'ignored'\n"
                  "  - regex: 'three'\n"
                  "  - regex: 'four'\n    family_replacement: 'Other'\n"
                  "device_parsers:\n  - regex: '(unclosed'\n"
                  "    deep: {a: [b]}\n" OS_LIST,
                  &rules),
        ERR_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct fixture_field fields[] = {{"USER_AGENT", cases[i].text},
                                               {NULL, NULL}};
        struct useragent ua = parse(rules, a, fields);

        fixture_same(ua.browser, cases[i].browser);
        fixture_same(ua.os, cases[i].os);
    }
    useragent_rules_free(&rules);
    arena_free(&a);
}

static void a_broken_file_of_rules_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "text",
        "user_agent_parsers: [\n",
        "user_agent_parsers:\n  - regex: 'a'\n",
        OS_LIST,
        OS_LIST "user_agent_parsers:\n",
        OS_LIST "user_agent_parsers:\n  - regex: '(a'\n",
        OS_LIST "user_agent_parsers:\n  - family_replacement: 'a'\n",
        OS_LIST "user_agent_parsers:\n  - regex: 'a'\n    regex: 'b'\n",
        OS_LIST "user_agent_parsers:\n  - 'a'\n",
        OS_LIST "user_agent_parsers:\n  - - 'a'\n",
        OS_LIST "user_agent_parsers:\n  - regex: ['a']\n",
        OS_LIST "user_agent_parsers:\n  - &x\n    regex: 'a'\n  - *x\n",
        OS_LIST "user_agent_parsers:\n  - regex: 'a'\n    family_replacement: "
                "'a'\n    family_replacement: 'b'\n",
    };
    struct useragent_rules *rules = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(load_text(cases[i], &rules), ERR_VALIDATION);
    assert_int_equal(useragent_rules_load("/nonexistent/rules", &rules),
                     ERR_VALIDATION);
    assert_int_equal(useragent_rules_load("/tmp", &rules), ERR_VALIDATION);
    assert_null(rules);
}

static enum err starve_useragent(struct arena *a)
{
    struct http_pair field[] = {{STR("USER_AGENT"), STR("one Os1.2")},
                                {STR("SEC_CH_UA"), STR("\"A\";v=\"1\"")},
                                {STR("SEC_CH_UA_PLATFORM"), STR("\"B\"")}};
    struct http_request r = {.fields = field, .field_count = COUNT(field)};
    struct useragent_rules *rules = NULL;
    struct useragent ua;

    assert_int_equal(
        load_text("user_agent_parsers:\n  - regex: '(o)(n)(e)'\n"
                  "    family_replacement: 'x'\n    v1_replacement: 'y'\n"
                  "    v2_replacement: 'z'\n" OS_LIST,
                  &rules),
        ERR_OK);
    enum err e = useragent_parse(rules, a, &r, &ua);

    useragent_rules_free(&rules);
    return e;
}

static void a_device_without_memory_is_told_so(void **state)
{
    struct useragent_rules *rules = NULL;
    struct arena *a = fixture_arena(1 << 16);

    (void)state;
    fixture_starve(starve_useragent, ERR_OK);
    no_match_data = true;
    assert_int_equal(starve_useragent(a), ERR_NO_MEMORY);
    no_match_data = false;
    no_parser = true;
    assert_int_equal(load_text(OS_LIST, &rules), ERR_VALIDATION);
    no_parser = false;
    arena_free(&a);
}

static void every_type_has_its_text(void **state)
{
    static const char *const texts[] = {"desktop", "mobile", "tablet",
                                        "pwa",     "other",  "other"};

    (void)state;
    for (unsigned t = 0; t <= UA_TYPE_COUNT; t++)
        assert_string_equal(useragent_type_text((enum useragent_type)t),
                            texts[t]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_known_texts_have_their_names),
        cmocka_unit_test(no_text_is_an_unknown_device),
        cmocka_unit_test(client_hints_know_better),
        cmocka_unit_test(a_hint_without_version_leaves_what_the_rules_know),
        cmocka_unit_test(texts_are_clean_and_short),
        cmocka_unit_test(a_1_3_12_an_evil_text_is_answered),
        cmocka_unit_test(the_first_rule_wins_and_replacements_apply),
        cmocka_unit_test(a_broken_file_of_rules_is_refused),
        cmocka_unit_test(a_device_without_memory_is_told_so),
        cmocka_unit_test(every_type_has_its_text),
    };

    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
