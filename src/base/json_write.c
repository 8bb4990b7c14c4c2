/* SPDX-License-Identifier: MIT */
/* JSON out of typed values; a value can never become syntax. */
#include "base/json_write.h"

#include "base/clock.h"

struct json_out json_out(struct buf *b)
{
    return (struct json_out){b, false};
}

static void json_escape(struct buf *b, uint32_t cp)
{
    static const char shorts[][2] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'},
                                     {'\f', 'f'}, {'\n', 'n'},  {'\r', 'r'},
                                     {'\t', 't'}};

    for (size_t i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
        if (cp == (unsigned char)shorts[i][0]) {
            buf_char(b, '\\');
            buf_char(b, shorts[i][1]);
            return;
        }
    }
    buf_fmt(b, "\\u%04x", (unsigned)cp);
}

/* U+2028 and U+2029 are legal JSON but end a line in older JavaScript; DEL and
 * C1 controls steer terminals. */
static bool json_must_escape(uint32_t cp)
{
    return cp < 0x20 || cp == '"' || cp == '\\' || (cp >= 0x7f && cp <= 0x9f) ||
           cp == 0x2028 || cp == 0x2029;
}

/* The length of what s begins with that is plain ASCII: nearly all of nearly
 * every text. */
static size_t json_plain(struct str s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] >= 0x20 && s.p[n] < 0x7f && s.p[n] != '"' &&
           s.p[n] != '\\')
        n++;
    return n;
}

static void json_quote(struct buf *b, struct str s)
{
    size_t plain = 0; /* start of what needs no change */
    uint32_t cp;

    buf_char(b, '"');
    for (size_t i = 0, n; i < s.n; i += n) {
        n = json_plain((struct str){s.p + i, s.n - i});
        if (n > 0)
            continue;
        n = str_utf8_next((struct str){s.p + i, s.n - i}, &cp);
        if (n > 0 && !json_must_escape(cp))
            continue;
        buf_put(b, s.p + plain, i - plain);
        if (n > 0) {
            json_escape(b, cp);
        } else {
            n = 1;
            buf_text(b, "\xef\xbf\xbd");
        }
        plain = i + n;
    }
    if (plain < s.n)
        buf_put(b, s.p + plain, s.n - plain);
    buf_char(b, '"');
}

static void json_begin(struct json_out *j, const char *key)
{
    if (j->comma)
        buf_char(j->buf, ',');
    j->comma = true;
    if (key != NULL) {
        json_quote(j->buf, str_of(key));
        buf_char(j->buf, ':');
    }
}

void json_open(struct json_out *j, const char *key, char bracket)
{
    json_begin(j, key);
    buf_char(j->buf, bracket);
    j->comma = false;
}

void json_close(struct json_out *j, char bracket)
{
    buf_char(j->buf, bracket);
    j->comma = true;
}

void json_str(struct json_out *j, const char *key, struct str text)
{
    if (text.p == NULL) {
        json_null(j, key);
        return;
    }
    json_begin(j, key);
    json_quote(j->buf, text);
}

void json_words(struct json_out *j, const char *key, struct str words)
{
    json_open(j, key, '[');
    while (words.n > 0) {
        struct str word = str_cut(&words, ' ');

        if (word.n > 0)
            json_str(j, NULL, word);
    }
    json_close(j, ']');
}

void json_int(struct json_out *j, const char *key, int64_t v)
{
    json_begin(j, key);
    buf_int(j->buf, v);
}

void json_bool(struct json_out *j, const char *key, bool v)
{
    json_begin(j, key);
    buf_text(j->buf, v ? "true" : "false");
}

void json_null(struct json_out *j, const char *key)
{
    json_begin(j, key);
    buf_text(j->buf, "null");
}

void json_id(struct json_out *j, const char *key, const struct id *id)
{
    char text[ID_TEXT_LEN + 1];

    id_text(id, text);
    json_str(j, key, str_of(text));
}

void json_time(struct json_out *j, const char *key, int64_t us)
{
    char text[CLOCK_RFC3339_LEN + 1];

    if (us == 0) {
        json_null(j, key);
        return;
    }
    clock_rfc3339(us, text);
    json_str(j, key, str_of(text));
}

void json_raw(struct json_out *j, const char *key, struct str json)
{
    json_begin(j, key);
    buf_str(j->buf, json);
}
