/* SPDX-License-Identifier: MIT */
/* Any text written as JSON stays one value, says the same to our reader, and
 * steers no terminal. */
#include "fuzz.h"

#include "base/json_write.h"
#include "http/json.h"

#define ENTRY_MAX 1024 /* six times that is within the reader's limit */

static const struct json_field fields[] = {
    {"text", JSON_STRING, false, 0, 0, NULL},
    {"end", JSON_STRING, true, 0, 0, NULL},
};

/* Text our reader must take: it refuses NUL and noncharacters. */
static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] >= 0x80 || text.p[i] == '\0')
            return false;
    return true;
}

static void run(struct arena *a, const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size < ENTRY_MAX ? size : ENTRY_MAX);
    struct buf b = buf_new(a);
    struct json_out j = json_out(&b);
    struct json_body body;
    struct str json;

    json_open(&j, NULL, '{');
    json_str(&j, "text", text);
    json_str(&j, "end", STR("here"));
    json_close(&j, '}');
    FUZZ_CHECK(buf_done(&b, &json) == ERR_OK);
    FUZZ_CHECK(str_utf8(json) && !str_has_control(json));
    enum err e = json_parse(a, json, fields, 2, &body);

    FUZZ_CHECK(e == ERR_OK || (e == ERR_MALFORMED_JSON && !is_plain(text)));
    if (e != ERR_OK)
        return;
    FUZZ_CHECK(str_eq(body.values[1].text, STR("here")));
    if (text.p != NULL && str_utf8(text))
        FUZZ_CHECK(str_eq(body.values[0].text, text));
}

/* json-c's objects go with the arena, before leaks are looked for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();

    run(a, data, size);
    arena_reset(a);
    return 0;
}
