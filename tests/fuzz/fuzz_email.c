/* SPDX-License-Identifier: MIT */
/* E-mail addresses and Unicode forms: the form of a form is itself, or one
 * address would be two accounts. */
#include "fuzz.h"

#include "crypto/normal.h"

static void check_form(struct arena *a, struct str text,
                       enum err (*form)(struct arena *, struct str,
                                        struct str *))
{
    struct str once = {NULL, 0};
    struct str twice = {NULL, 0};
    enum err e = form(a, text, &once);

    FUZZ_CHECK(e == (str_utf8(text) ? ERR_OK : ERR_BAD_REQUEST));
    if (e != ERR_OK)
        return;
    FUZZ_CHECK(str_utf8(once));
    FUZZ_CHECK(form(a, once, &twice) == ERR_OK);
    FUZZ_CHECK(str_eq(once, twice));
}

static void check_email(struct arena *a, struct str email)
{
    struct str again;
    struct str domain = email;

    FUZZ_CHECK(email.n >= 3 && email.n <= 254);
    FUZZ_CHECK(str_utf8(email) && !str_has_control(email));
    FUZZ_CHECK(fuzz_free_of(email, " \t\"\\,;:<>()[]"));
    struct str local = str_cut(&domain, '@');

    FUZZ_CHECK(local.n > 0 && domain.n > 0 && fuzz_free_of(domain, "@"));
    FUZZ_CHECK(normal_email(a, email, &again) == ERR_OK);
    FUZZ_CHECK(str_eq(email, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct str text = fuzz_text(data, size);
    struct str email;
    enum err e = normal_email(a, text, &email);

    FUZZ_CHECK(e == ERR_OK || e == ERR_EMAIL_INVALID);
    if (e == ERR_OK)
        check_email(a, email);
    check_form(a, text, normal_nfc);
    check_form(a, text, normal_fold);
    FUZZ_CHECK(normal_length(text) <= size);
    return 0;
}
