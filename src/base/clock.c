/* SPDX-License-Identifier: MIT */
/* The clocks, and the one way a time is written. */
#include "base/clock.h"

#include <string.h>
#include <time.h>

#define CLOCK_YEAR_0 INT64_C(-62167219200)
#define CLOCK_YEAR_9999_END INT64_C(253402300800)
#define CLOCK_DAY INT64_C(86400)

static int64_t clock_read(clockid_t which)
{
    struct timespec t = {0};

    (void)clock_gettime(which, &t); /* cannot fail for the two ids used */
    return (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec / 1000;
}

static int64_t clock_realtime(void *data)
{
    (void)data;
    return clock_read(CLOCK_REALTIME);
}

struct clock clock_system(void)
{
    return (struct clock){clock_realtime, NULL};
}

int64_t clock_us(const struct clock *c)
{
    return c->at(c->data);
}

/* C division rounds towards zero; times before 1970 need the floor. */
static int64_t clock_floor(int64_t v, int64_t by)
{
    return v / by - (v % by < 0);
}

int64_t clock_s(const struct clock *c)
{
    return clock_floor(clock_us(c), CLOCK_SECOND);
}

int64_t clock_monotonic_us(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

static char *clock_digits(char *out, int64_t v, unsigned n, char behind)
{
    for (unsigned i = n; i > 0; i--) {
        out[i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
    out[n] = behind;
    return out + n + 1;
}

/* Days since 1970 to a proleptic Gregorian date, counting years from March so
 * that the leap day is a year's last; gmtime_r would take the libc's lock. */
static char *clock_date(int64_t days, char *out)
{
    int64_t z = days + 719468;
    int64_t era = clock_floor(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;

    out = clock_digits(out, era * 400 + yoe + (month <= 2), 4, '-');
    out = clock_digits(out, month, 2, '-');
    return clock_digits(out, doy - (153 * mp + 2) / 5 + 1, 2, 'T');
}

void clock_rfc3339(int64_t us, char out[CLOCK_RFC3339_LEN + 1])
{
    if (us < CLOCK_YEAR_0 * CLOCK_SECOND)
        us = CLOCK_YEAR_0 * CLOCK_SECOND;
    if (us >= CLOCK_YEAR_9999_END * CLOCK_SECOND)
        us = CLOCK_YEAR_9999_END * CLOCK_SECOND - 1;
    int64_t seconds = clock_floor(us, CLOCK_SECOND);
    int64_t days = clock_floor(seconds, CLOCK_DAY);
    int64_t rest = seconds - days * CLOCK_DAY;

    out = clock_date(days, out);
    out = clock_digits(out, rest / 3600, 2, ':');
    out = clock_digits(out, rest / 60 % 60, 2, ':');
    out = clock_digits(out, rest % 60, 2, '.');
    out = clock_digits(out, us - seconds * CLOCK_SECOND, 6, 'Z');
    *out = '\0';
}

void clock_http(int64_t s, char out[CLOCK_HTTP_LEN + 1])
{
    static const char days[] = "ThuFriSatSunMonTueWed"; /* from 1970 on */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char iso[CLOCK_RFC3339_LEN + 1];
    int64_t limit = CLOCK_YEAR_9999_END - 1;
    int64_t t = s < CLOCK_YEAR_0 ? CLOCK_YEAR_0 : s > limit ? limit : s;
    int64_t day = clock_floor(t, CLOCK_DAY);
    int64_t weekday = day - 7 * clock_floor(day, 7);

    clock_rfc3339(t * CLOCK_SECOND, iso);
    int month = (iso[5] - '0') * 10 + iso[6] - '0' - 1;
    memcpy(out, days + 3 * weekday, 3);
    out[3] = ',';
    out[4] = ' ';
    memcpy(out + 5, iso + 8, 2);
    out[7] = ' ';
    memcpy(out + 8, months + 3 * (ptrdiff_t)month, 3);
    out[11] = ' ';
    memcpy(out + 12, iso, 4);
    out[16] = ' ';
    memcpy(out + 17, iso + 11, 8);
    memcpy(out + 25, " GMT", 5);
}

/* n digits off the front; -1 when they are none. */
static int64_t clock_take(struct str *s, unsigned n)
{
    int64_t v = 0;

    for (unsigned i = 0; i < n; i++, s->p++, s->n--) {
        if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
            return -1;
        v = v * 10 + (s->p[0] - '0');
    }
    return v;
}

static bool clock_skip(struct str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    s->p++;
    s->n--;
    return true;
}

/* The reverse of clock_date; a day that the month has not comes out as another
 * date, which the caller sees. */
static int64_t clock_days(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = clock_floor(y, 400);
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* ".123" as microseconds; -1 when it is malformed. */
static int64_t clock_fraction(struct str *s)
{
    int64_t us = 0;
    int64_t unit = CLOCK_SECOND / 10;

    if (!clock_skip(s, '.'))
        return 0;
    if (s->n == 0 || s->p[0] == 'Z')
        return -1;
    for (; s->n > 0 && s->p[0] != 'Z'; unit /= 10) {
        int64_t digit = clock_take(s, 1);

        if (digit < 0 || unit == 0)
            return -1;
        us += digit * unit;
    }
    return us;
}

/* Written again and compared, so that no 31st of February is let through. */
bool clock_rfc3339_parse(struct str text, int64_t *us_r)
{
    static const struct {
        unsigned digits;
        char behind;
    } parts[] = {{4, '-'}, {2, '-'}, {2, 'T'}, {2, ':'}, {2, ':'}, {2, 0}};
    char again[CLOCK_RFC3339_LEN + 1];
    int64_t v[6];
    struct str s = text;

    for (unsigned i = 0; i < 6; i++) {
        v[i] = clock_take(&s, parts[i].digits);
        if (v[i] < 0 ||
            (parts[i].behind != 0 && !clock_skip(&s, parts[i].behind)))
            return false;
    }
    int64_t fraction = clock_fraction(&s);
    int64_t us = (clock_days(v[0], v[1], v[2]) * CLOCK_DAY + v[3] * 3600 +
                  v[4] * 60 + v[5]) *
                     CLOCK_SECOND +
                 fraction;

    if (fraction < 0 || !clock_skip(&s, 'Z') || s.n > 0 || us < 0)
        return false;
    clock_rfc3339(us, again);
    if (!str_eq((struct str){again, 19}, (struct str){text.p, 19}))
        return false;
    *us_r = us;
    return true;
}
