/* SPDX-License-Identifier: MIT */
/* Device names by the installed uap-core rules (none where they are missing).
 * Lines: User-Agent, then the Client Hints in the order below. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/useragent.h"

#define RULES "/usr/share/uap-core/regexes.yaml"

static const char *const names[] = {"USER_AGENT",
                                    "SEC_CH_UA",
                                    "SEC_CH_UA_MOBILE",
                                    "SEC_CH_UA_PLATFORM",
                                    "SEC_CH_UA_FORM_FACTORS",
                                    "SEC_CH_UA_PLATFORM_VERSION"};
#define COUNT (sizeof(names) / sizeof(names[0]))

static struct useragent_rules *rules;

static void free_rules(void)
{
    useragent_rules_free(&rules);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    bool there = access(RULES, R_OK) == 0;

    (void)argc;
    (void)argv;
    if (!there)
        (void)printf(RULES " is missing: no rules\n");
    FUZZ_CHECK(useragent_rules_load(there ? RULES : "", &rules) == ERR_OK);
    return atexit(free_rules);
}

static void check_text(struct str text, size_t most)
{
    FUZZ_CHECK(text.p != NULL && text.n <= most);
    FUZZ_CHECK(str_utf8(text) && !str_has_control(text));
    FUZZ_CHECK(fuzz_free_of(text, ""));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct http_pair fields[COUNT];
    struct http_request r = {.fields = fields};
    struct str rest = fuzz_text(data, size);
    struct useragent ua;

    for (size_t i = 0; i < COUNT; i++) {
        struct str value = fuzz_line(&rest);

        if (value.p != NULL)
            fields[r.field_count++] =
                (struct http_pair){str_of(names[i]), value};
    }
    FUZZ_CHECK(useragent_parse(rules, a, &r, &ua) == ERR_OK);
    check_text(ua.raw, 512);
    check_text(ua.browser, 64);
    check_text(ua.os, 64);
    FUZZ_CHECK(ua.browser.n > 0 && ua.os.n > 0);
    FUZZ_CHECK(ua.type < UA_TYPE_COUNT);
    FUZZ_CHECK(useragent_type_text(ua.type) != NULL);
    return 0;
}
