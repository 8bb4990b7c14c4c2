/* SPDX-License-Identifier: MIT */
/* Authorization, one field a line: a token stands alone or is refused. */
#include "fuzz.h"

#include "http/request.h"

#define FIELDS_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_pair fields[FIELDS_MAX];
    struct http_request r = {.fields = fields};
    struct str text = fuzz_text(data, size);
    struct str rest = text;
    struct str token = STR("untouched");
    const char *before = token.p;

    while (rest.p != NULL && r.field_count < FIELDS_MAX)
        fields[r.field_count++] =
            (struct http_pair){STR("AUTHORIZATION"), str_cut(&rest, '\n')};
    enum err e = http_bearer(&r, &token);

    FUZZ_CHECK(e == ERR_OK || e == ERR_DUPLICATE_CREDENTIALS);
    FUZZ_CHECK(e == ERR_OK || token.p == before);
    FUZZ_CHECK(e != ERR_OK || r.field_count <= 1);
    if (e != ERR_OK || token.p == NULL)
        return 0;
    FUZZ_CHECK(fuzz_is_slice(token, fields[0].value));
    FUZZ_CHECK(str_trim(token).n == token.n);
    for (size_t i = 0; i < fields[0].value.n; i++)
        FUZZ_CHECK(fields[0].value.p[i] != ',');
    FUZZ_CHECK(str_has_nocase(fields[0].value, STR("bearer")));
    return 0;
}
