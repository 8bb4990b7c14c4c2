/* SPDX-License-Identifier: MIT */
/* QR codes as pictures: their frame, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/qr_svg.h"

#define SIDES 200

static int up(void **state)
{
    *state = arena_new((size_t)1 << 20);
    return *state == NULL ? -1 : 0;
}

static int down(void **state)
{
    struct arena *arena = *state;

    arena_free(&arena);
    return 0;
}

/* The squares of a picture, dark ones set; its side, without the quiet zone. */
static int squares(const char *svg, char dark[SIDES][SIDES])
{
    int side, x, y, run;
    const char *at = strstr(svg, "viewBox=\"0 0 ");

    memset(dark, 0, sizeof(char[SIDES][SIDES]));
    assert_non_null(at);
    side = (int)strtol(at + strlen("viewBox=\"0 0 "), NULL, 10);
    assert_true(side > 8 && side <= SIDES);
    for (at = strstr(svg, " d=\""); at != NULL; at = strchr(at + 1, 'M')) {
        if (*at != 'M')
            continue;
        assert_int_equal(sscanf(at, "M%d %dh%dv1", &x, &y, &run), 3);
        assert_true(x >= 4 && y >= 4 && run > 0);
        assert_true(x + run <= side - 4 && y < side - 4);
        for (int i = 0; i < run; i++)
            dark[y][x + i] = 1;
    }
    return side - 8;
}

/* A finder pattern: 7 by 7, a ring and a core (ISO/IEC 18004). */
static void assert_finder(char dark[SIDES][SIDES], int left, int top)
{
    for (int y = 0; y < 7; y++) {
        for (int x = 0; x < 7; x++) {
            const bool ring = x == 0 || y == 0 || x == 6 || y == 6;
            const bool core = x > 1 && x < 5 && y > 1 && y < 5;

            assert_int_equal(dark[top + y][left + x], ring || core);
        }
    }
}

/* TOT-1 */
static void a_picture_is_a_code_with_its_quiet_zone(void **state)
{
    static const char *const texts[] = {
        "x",
        "otpauth://totp/Gatehouse:ann%40example.org?secret=ABCDEFGH",
        "\"<script>&amp;'",
    };
    static char dark[SIDES][SIDES];
    struct str svg;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(qr_svg(*state, str_of(texts[i]), &svg), ERR_OK);
        assert_int_equal(strncmp(svg.p, "<svg xmlns=", 11), 0);
        assert_string_equal(svg.p + svg.n - 6, "</svg>");
        /* The text is in the squares only. */
        assert_null(strstr(svg.p, texts[i][0] == 'x' ? "script" : texts[i]));
        const int side = squares(svg.p, dark);

        assert_int_equal((side - 17) % 4, 0);
        assert_finder(dark, 4, 4);
        assert_finder(dark, 4 + side - 7, 4);
        assert_finder(dark, 4, 4 + side - 7);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    static char text[1026];
    struct str svg = {"untouched", 9};

    memset(text, 'a', sizeof(text) - 1);
    assert_int_equal(qr_svg(*state, STR(""), &svg), ERR_VALIDATION);
    assert_int_equal(qr_svg(*state, (struct str){text, 1025}, &svg),
                     ERR_VALIDATION);
    assert_string_equal(svg.p, "untouched");
    assert_int_equal(qr_svg(*state, (struct str){text, 1024}, &svg), ERR_OK);
}

static void without_room_there_is_no_picture(void **state)
{
    struct arena *small = arena_new(256);
    struct str svg = {"untouched", 9};

    (void)state;
    assert_int_equal(qr_svg(small, STR("otpauth://totp/x"), &svg),
                     ERR_NO_MEMORY);
    assert_string_equal(svg.p, "untouched");
    arena_free(&small);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        TEST(a_picture_is_a_code_with_its_quiet_zone),
        TEST(what_does_not_fit_is_refused),
        TEST(without_room_there_is_no_picture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
