/* SPDX-License-Identifier: MIT */
/* Made here and not by the transports, so that SMTP and sendmail carry the same
 * bytes. */
#include "server/courier_message.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mailbox.h"

#define MESSAGE_LINE_MAX 76
#define MESSAGE_WORD_MAX 60 /* of an encoded word's 75 */

static const char message_hex[] = "0123456789ABCDEF";

static void message_escape(struct buf *b, char c)
{
    buf_char(b, '=');
    buf_char(b, message_hex[(unsigned char)c >> 4]);
    buf_char(b, message_hex[(unsigned char)c & 15]);
}

/* Is all of it printable ASCII? */
static bool message_is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    return true;
}

static bool message_is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* Encoded words (RFC 2047), none of which parts a character. */
static void message_words(struct buf *b, struct str s)
{
    size_t used = MESSAGE_WORD_MAX;
    bool open = false;

    while (s.n > 0) {
        uint32_t cp;
        size_t n = str_utf8_next(s, &cp);

        n = n == 0 ? 1 : n;
        if (used + 3 * n > MESSAGE_WORD_MAX) {
            buf_text(b, open ? "?=\r\n =?UTF-8?Q?" : "=?UTF-8?Q?");
            open = true;
            used = 0;
        }
        for (size_t i = 0; i < n; i++) {
            if (message_is_alnum(s.p[i]))
                buf_char(b, s.p[i]);
            else
                message_escape(b, s.p[i]);
        }
        used += 3 * n;
        s = (struct str){s.p + n, s.n - n};
    }
    if (open)
        buf_text(b, "?=");
}

static void message_field(struct buf *b, const char *name, struct str text)
{
    buf_text(b, name);
    buf_text(b, ": ");
    if (message_is_plain(text))
        buf_str(b, text);
    else
        message_words(b, text);
    buf_text(b, "\r\n");
}

static void message_from(struct buf *b, const struct courier_letter *l)
{
    buf_text(b, "From: ");
    if (l->from_name.n > 0) {
        message_words(b, l->from_name);
        buf_char(b, ' ');
    }
    buf_char(b, '<');
    buf_str(b, l->from);
    buf_text(b, ">\r\n");
}

/* Not strftime's names, which follow the locale. */
static void message_date(struct buf *b, int64_t at_us)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t at = (time_t)(at_us / CLOCK_SECOND);
    struct tm t;

    if (gmtime_r(&at, &t) == NULL)
        return;
    buf_fmt(b, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\r\n",
            &days[3 * (size_t)t.tm_wday], t.tm_mday,
            &months[3 * (size_t)t.tm_mon], t.tm_year + 1900, t.tm_hour,
            t.tm_min, t.tm_sec);
}

static struct str message_domain(struct str address)
{
    struct str rest = address;

    (void)str_cut(&rest, '@');
    return rest;
}

/* One character of quoted-printable (RFC 2045 section 6.7); returns the column
 * behind it. */
static size_t message_put(struct buf *b, char c, bool last, size_t column)
{
    bool blank = c == ' ' || c == '\t';
    bool plain = (c > ' ' && c <= '~' && c != '=') || (blank && !last);
    size_t n = plain ? 1 : 3;

    if (column + n >= MESSAGE_LINE_MAX) {
        buf_text(b, "=\r\n");
        column = 0;
    }
    if (plain)
        buf_char(b, c);
    else
        message_escape(b, c);
    return column + n;
}

static void message_quoted(struct buf *b, struct str text)
{
    while (text.p != NULL) {
        struct str line = str_cut(&text, '\n');
        size_t column = 0;

        for (size_t i = 0; i < line.n; i++)
            column = message_put(b, line.p[i], i + 1 == line.n, column);
        buf_text(b, "\r\n");
    }
}

static void message_part(struct buf *b, const char *boundary, const char *type,
                         struct str text)
{
    if (boundary[0] != '\0')
        buf_fmt(b, "--%s\r\n", boundary);
    buf_fmt(b,
            "Content-Type: text/%s; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
            type);
    message_quoted(b, text);
}

enum err courier_message(struct arena *a, const struct courier_letter *l,
                         struct str *bytes_r)
{
    struct buf b = buf_new(a);
    /* "=_" stands in no quoted-printable text. */
    char id[ID_TEXT_LEN + 1], boundary[ID_TEXT_LEN + 3] = "=_";

    if (!mailbox_is_plain(l->to))
        return ERR_VALIDATION;
    id_text(&l->id, id);
    (void)memcpy(boundary + 2, id, sizeof(id));
    message_date(&b, l->at_us);
    message_from(&b, l);
    buf_text(&b, "To: <");
    buf_str(&b, l->to);
    buf_text(&b, ">\r\n");
    message_field(&b, "Subject", l->text.subject);
    buf_fmt(&b, "Message-ID: <%s@%.*s>\r\n", id,
            STR_FMT(message_domain(l->from)));
    buf_text(&b, "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n");
    message_field(&b, "X-Gatehouse-Kind", str_of(l->kind));
    if (l->text.html.n == 0) {
        message_part(&b, "", "plain", l->text.text);
        return buf_done(&b, bytes_r);
    }
    buf_fmt(&b,
            "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n",
            boundary);
    message_part(&b, boundary, "plain", l->text.text);
    message_part(&b, boundary, "html", l->text.html);
    buf_fmt(&b, "--%s--\r\n", boundary);
    return buf_done(&b, bytes_r);
}
