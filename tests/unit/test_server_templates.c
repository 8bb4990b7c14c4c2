/* SPDX-License-Identifier: MIT */
/* The templates that are shipped, how templates are filled in, and the bytes
 * that leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mailbox.h"
#include "server/courier_message.h"
#include "server/courier_render.h"

#define SHIPPED GATEHOUSE_TEST_SOURCE "/share/templates"

static const char *const languages[] = {"en", "de"};

static int up(void **state)
{
    *state = arena_new((size_t)4 << 20);
    return *state == NULL;
}

static int down(void **state)
{
    arena_free((struct arena **)state);
    return 0;
}

static struct str file(struct arena *a, const char *name, bool *there_r)
{
    char path[512];
    char *text = arena_alloc(a, COURIER_TEMPLATE_MAX + 1);

    (void)snprintf(path, sizeof(path), SHIPPED "/%s", name);
    FILE *f = fopen(path, "re");
    *there_r = f != NULL;
    if (f == NULL)
        return STR("");
    size_t n = fread(text, 1, COURIER_TEMPLATE_MAX, f);
    (void)fclose(f);
    return (struct str){text, n};
}

/* Is name one of the words? */
static bool listed(const char *words, struct str name)
{
    struct str rest = str_of(words);

    while (rest.n > 0)
        if (str_eq(str_cut(&rest, ' '), name))
            return true;
    return false;
}

/* Each {{name}} of a template is a value its kind has. */
static void assert_known(enum mail_kind kind, const char *name, struct str text)
{
    for (size_t i = 0; i + 1 < text.n; i++) {
        if (text.p[i] != '{' || text.p[i + 1] != '{')
            continue;
        struct str rest = {text.p + i + 2, text.n - i - 2};
        struct str word = str_cut(&rest, '}');
        if (word.n > 0 && (word.p[0] == '?' || word.p[0] == '!'))
            word = (struct str){word.p + 1, word.n - 1};
        if (!listed(mail_value_names(kind), word) &&
            !listed(MAIL_VALUES_COMMON, word))
            fail_msg("%s: unknown value %.*s", name, STR_FMT(word));
    }
}

static bool holds(struct str text, const char *word)
{
    return str_has_nocase(text, str_of(word));
}

static void
test_every_kind_has_its_templates_in_every_language_and_no_other_value(
    void **state)
{
    static const char *const endings[] = {"txt", "html", "sms"};
    bool there;

    for (unsigned kind = 0; kind < MAIL_COUNT; kind++) {
        for (size_t i = 0; i < 6; i++) {
            char name[128];
            arena_reset(*state);
            (void)snprintf(name, sizeof(name), "%s.%s.%s",
                           mail_word((enum mail_kind)kind), languages[i % 2],
                           endings[i / 2]);
            struct str text = file(*state, name, &there);
            bool sms = i / 2 == 2;
            bool needed = !sms || kind == MAIL_SIGN_IN_CODE ||
                          kind == MAIL_FACTOR_CODE || kind == MAIL_TEST;
            if (there != needed)
                fail_msg("%s: %s", name, there ? "not needed" : "missing");
            assert_true(str_utf8(text));
            assert_known((enum mail_kind)kind, name, text);
            if (i / 2 == 0)
                assert_true(str_starts(text, STR("Subject: ")));
            /* What a message is for stands in it. */
            const char *own = mail_value_names((enum mail_kind)kind);
            if (there && listed(own, STR("code")))
                assert_true(holds(text, "{{code}}"));
            if (there && listed(own, STR("link")))
                assert_true(holds(text, "{{link}}"));
        }
    }
}

static struct mail_value values[] = {
    {"name", STR_INIT("Ann")},        {"code", STR_INIT("012345")},
    {"empty", STR_INIT("")},          {"evil", STR_INIT("<a href='x'>&\"")},
    {"braces", STR_INIT("{{code}}")},
};

static const struct courier_templates templates = {
    .folders = {"", SHIPPED},
    .default_locale = "en",
    .app = STR_INIT("App & Co"),
    .url = STR_INIT("https://id.example.test")};

static const struct {
    const char *name, *template, *text, *html;
} fills[] = {
    {"values", "{{name}}: {{code}}", "Ann: 012345", "Ann: 012345"},
    {"the site", "{{app}} {{url}}", "App & Co https://id.example.test",
     "App &amp; Co https://id.example.test"},
    {"unknown value", "[{{nothing}}]", "[]", "[]"},
    {"A-1.2.1 markup in a value", "{{evil}}", "<a href='x'>&\"",
     "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"},
    {"a value that looks like a placeholder", "{{braces}}", "{{code}}",
     "{{code}}"},
    {"line that holds", "{{?name}}a\nb\n", "a\nb\n", "a\nb\n"},
    {"line that does not", "{{?empty}}a\nb\n", "b\n", "b\n"},
    {"line for what is missing", "{{!empty}}a\n{{!name}}b\n", "a\n", "a\n"},
    {"two conditions", "{{?name}}{{?code}}a\n{{?name}}{{!code}}b\n", "a\n",
     "a\n"},
    {"condition in the middle is a value nobody has", "a{{?name}}b", "ab",
     "ab"},
    {"never closed", "a {{name", "a {{name", "a {{name"},
    {"one brace", "{name} }}{{", "{name} }}{{", "{name} }}{{"},
    {"CRLF", "a\r\nb\r\n", "a\nb\n", "a\nb\n"},
    {"nothing", "", "", ""},
};

static const struct outbox_message message = {
    .kind = MAIL_TEST, .values = values, .count = 5};

static void test_fill(void **state)
{
    struct str text;

    for (size_t i = 0; i < sizeof(fills) / sizeof(*fills); i++) {
        for (int html = 0; html < 2; html++) {
            const char *told = html ? fills[i].html : fills[i].text;
            assert_int_equal(
                courier_render_fill(*state, str_of(fills[i].template),
                                    &templates, &message, html, &text),
                ERR_OK);
            if (!str_eq(text, str_of(told)))
                fail_msg("%s: %.*s", fills[i].name, STR_FMT(text));
        }
    }
}

/* Whoever registers a stranger's address chooses what stands here. */
static void test_a_name_that_advertises_is_left_out(void **state)
{
    static const char *const names[] = {
        "http://spam.example", "see www.spam.example", "a/b",
        "mail me@spam.example",
        ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")};
    struct str text;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct mail_value name = {"name", str_of(names[i])};
        struct outbox_message m = {.values = &name, .count = 1};
        assert_int_equal(courier_render_fill(*state, STR("[{{name}}]"),
                                             &templates, &m, false, &text),
                         ERR_OK);
        assert_true(str_eq(text, STR("[]")));
    }
}

static const struct {
    const char *locale, *default_locale, *subject;
} locales[] = {
    {"en", "en", "Test message from App & Co"},
    {"de", "en", "Testnachricht von App & Co"},
    {"DE", "en", "Testnachricht von App & Co"},
    {"de-AT", "en", "Testnachricht von App & Co"},
    {"de-Latn-AT-1996", "en", "Testnachricht von App & Co"},
    {"fr", "en", "Test message from App & Co"},
    {"fr", "de", "Testnachricht von App & Co"},
    {"fr", "de-CH", "Testnachricht von App & Co"},
    {"fr", "fr", "Test message from App & Co"},
    {"", "de", "Testnachricht von App & Co"},
    {"../x", "de", "Testnachricht von App & Co"},
    {"de/../de", "en", "Test message from App & Co"},
    {"de-", "en", "Test message from App & Co"},
    {"de--AT", "en", "Test message from App & Co"},
    {"de-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "en",
     "Test message from App & Co"},
};

static void test_ALR_2_the_nearest_language_is_taken(void **state)
{
    for (size_t i = 0; i < sizeof(locales) / sizeof(*locales); i++) {
        struct courier_templates t = templates;
        struct outbox_message m = message;
        struct courier_text text;
        t.default_locale = locales[i].default_locale;
        m.channel = STORE_CHANNEL_MAIL;
        m.locale = str_of(locales[i].locale);
        assert_int_equal(courier_render(*state, &t, &m, &text), ERR_OK);
        if (!str_eq(text.subject, str_of(locales[i].subject)))
            fail_msg("%s: %.*s", locales[i].locale, STR_FMT(text.subject));
    }
}

static void test_no_template_is_told_from_a_bad_one(void **state)
{
    struct outbox_message m = message;
    struct courier_templates t = templates;
    struct courier_text text;
    char dir[] = "/tmp/ght.XXXXXX", path[64];

    m.channel = STORE_CHANNEL_SMS;
    m.kind = MAIL_NEW_DEVICE;
    assert_int_equal(courier_render(*state, &t, &m, &text), ERR_NOT_FOUND);
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/test.en.txt", dir);
    t.folders[0] = dir;
    m.channel = STORE_CHANNEL_MAIL;
    m.kind = MAIL_TEST;
    static const char *const bad[] = {"", "no subject\n\ntext\n",
                                      "Subject:", "Subject:\n\ntext\n",
                                      "subject: x\n\ntext\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        FILE *f = fopen(path, "we");
        assert_non_null(f);
        (void)fputs(bad[i], f);
        (void)fclose(f);
        assert_int_equal(courier_render(*state, &t, &m, &text), ERR_VALIDATION);
    }
    assert_int_equal(truncate(path, COURIER_TEMPLATE_MAX + 1), 0);
    assert_int_equal(courier_render(*state, &t, &m, &text), ERR_VALIDATION);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(courier_render(*state, &t, &m, &text), ERR_OK);
    (void)rmdir(dir);
}

static const struct {
    const char *address;
    bool good;
} addresses[] = {
    {"a@example.org", true},
    {"o'brien+x@example.org", true},
    {"ä@exämple.org", true},
    {"", false},
    {"a", false},
    {"@", false},
    {"a@", false},
    {"@b", false},
    {"a b@c", false},
    {"a@b\r\nBcc: c@d", false},
    {"a@b\n", false},
    {"<a@b>", false},
    {"a,b@c", false},
    {"\"a\"@b", false},
    {"a@b;c", false},
    {"a\\@b", false},
    {"a@b(c)", false},
    {"a\x7f@b", false},
    {"a\xff@b", false},
    {"g:a@b", false},
    {"a@b@c", false},
};

static void test_A_1_3_11_addresses_end_no_line(void **state)
{
    struct courier_letter l = {
        .from = STR("id@example.org"),
        .kind = "test",
        .text = {.subject = STR("s"), .text = STR("t"), .html = STR("")}};
    struct str bytes;

    for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
        l.to = str_of(addresses[i].address);
        if (mailbox_is_plain(l.to) != addresses[i].good)
            fail_msg("%s", addresses[i].address);
        assert_int_equal(courier_message(*state, &l, &bytes),
                         addresses[i].good ? ERR_OK : ERR_VALIDATION);
    }
}

static void test_bytes_are_seven_bit_short_lines(void **state)
{
    struct courier_letter l = {
        .to = STR("a@example.org"),
        .from = STR("id@example.org"),
        .from_name = STR("Größe \"x\" <y>\r\nBcc: z"),
        .kind = "test",
        .at_us = INT64_C(1764351000) * CLOCK_SECOND,
        .text = {.subject = STR("Ein sehr langer Betreff voller Umlaute: "
                                "äöüäöüäöüäöüäöüäöüäöüäöüäöü"),
                 .text = STR("= trailing \nlong long long long long long long "
                             "long long long long long long long long long "
                             "long\n.\nFrom x\nü\n"),
                 .html = STR("<p>ü</p>")}};
    struct str bytes;
    size_t column = 0;

    assert_int_equal(courier_message(*state, &l, &bytes), ERR_OK);
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        assert_true(c < 0x7f && (c >= ' ' || c == '\r' || c == '\n'));
        if (c == '\n')
            assert_true(i > 0 && bytes.p[i - 1] == '\r');
        column = c == '\n' ? 0 : column + 1;
        assert_true(column <= 77);
    }
    assert_true(
        holds(bytes, "\r\nDate: Fri, 28 Nov 2025 17:30:00 +0000\r\n") ||
        str_starts(bytes, STR("Date: Fri, 28 Nov 2025 17:30:00 +0000\r\n")));
    assert_false(holds(bytes, "\r\nBcc"));
    assert_true(holds(bytes, "=3D trailing=20\r\n"));
    assert_true(holds(bytes, "Content-Type: multipart/alternative;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_every_kind_has_its_templates_in_every_language_and_no_other_value),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_a_name_that_advertises_is_left_out),
        cmocka_unit_test(test_ALR_2_the_nearest_language_is_taken),
        cmocka_unit_test(test_no_template_is_told_from_a_bad_one),
        cmocka_unit_test(test_A_1_3_11_addresses_end_no_line),
        cmocka_unit_test(test_bytes_are_seven_bit_short_lines),
    };
    return cmocka_run_group_tests(tests, up, down);
}
