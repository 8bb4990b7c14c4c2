/* SPDX-License-Identifier: MIT */
/* The one file of this folder that knows libcurl. Nothing of the environment
 * and nothing the peer says changes where or how is asked. */
#include "http/fetch.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/url.h"

#define FETCH_HEAD_MAX 65536 /* bytes of header fields that are read */
#define FETCH_KEPT 8L        /* connections */

struct fetch {
    CURL *easy;
    int64_t end_us; /* of the work at hand; 0: not bounded */
};

/* One request on its way. */
struct fetch_work {
    struct fetch *f;
    struct arena *arena;
    struct buf body;
    size_t head; /* bytes of it so far */
    bool whole;  /* it ended with its empty line */
    int64_t max_age_s;
    const char *why; /* set when it was us who ended it */
    bool failed;     /* libcurl did not take a setting */
};

enum err fetch_new(struct fetch **f_r)
{
    struct fetch *f = calloc(1, sizeof(*f));

    if (f == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(f);
        return ERR_NO_MEMORY;
    }
    f->easy = curl_easy_init();
    if (f->easy == NULL) {
        fetch_free(&f);
        return ERR_NO_MEMORY;
    }
    *f_r = f;
    return ERR_OK;
}

void fetch_free(struct fetch **f)
{
    if (*f == NULL)
        return;
    curl_easy_cleanup((*f)->easy);
    curl_global_cleanup();
    free(*f);
    *f = NULL;
}

void fetch_budget(struct fetch *f, int64_t ms)
{
    f->end_us = ms == 0 ? 0 : clock_monotonic_us() + ms * 1000;
}

bool fetch_may(struct str url)
{
    return url_may_be_asked(url);
}

static size_t take_body(char *in, size_t size, size_t count, void *data)
{
    struct fetch_work *w = data;
    size_t n = size * count;

    if (w->body.n + n > FETCH_ANSWER_MAX) {
        w->why = "the answer is too long";
        return 0;
    }
    buf_put(&w->body, in, n);
    return n;
}

static bool cut_prefix(struct str *s, struct str prefix)
{
    if (s->n < prefix.n || !str_eq_nocase((struct str){s->p, prefix.n}, prefix))
        return false;
    *s = (struct str){s->p + prefix.n, s->n - prefix.n};
    return true;
}

/* RFC 9111, section 5.2.2; the strictest word counts. */
static void take_cache_control(struct fetch_work *w, struct str value)
{
    const int64_t most = INT64_C(365) * 24 * 60 * 60;

    while (value.p != NULL) {
        struct str word = str_trim(str_cut(&value, ','));
        uint64_t age = 0;

        if (str_eq_nocase(word, STR("no-store")) ||
            str_eq_nocase(word, STR("no-cache")))
            w->max_age_s = 0;
        else if (cut_prefix(&word, STR("max-age=")) && w->max_age_s != 0 &&
                 str_uint(word, (uint64_t)most, &age))
            w->max_age_s = (int64_t)age;
    }
}

/* The status line of a further head (behind a 1xx) begins anew. */
static size_t take_head(char *in, size_t size, size_t count, void *data)
{
    struct fetch_work *w = data;
    struct str line = {in, size * count};

    w->head += line.n;
    while (line.n > 0 &&
           (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    w->whole = line.n == 0;
    if (w->head > FETCH_HEAD_MAX) {
        w->why = "the answer's head is too long";
        return 0;
    }
    if (str_starts(line, STR("HTTP/")))
        w->max_age_s = -1;
    else if (cut_prefix(&line, STR("cache-control:")))
        take_cache_control(w, str_trim(line));
    return size * count;
}

#define SET(option, value)                                                     \
    (w->failed |= curl_easy_setopt(w->f->easy, (option), (value)) != CURLE_OK)

/* Connection and whole never outlast the work at hand. */
static void set_times(struct fetch_work *w)
{
    long total = FETCH_TOTAL_S * 1000L;
    long connect = FETCH_CONNECT_S * 1000L;

    if (w->f->end_us != 0) {
        int64_t left = (w->f->end_us - clock_monotonic_us()) / 1000;

        left = left > 0 ? left : 1; /* 0 would be libcurl's five minutes */
        total = left < total ? (long)left : total;
        connect = left < connect ? (long)left : connect;
    }
    SET(CURLOPT_TIMEOUT_MS, total);
    SET(CURLOPT_CONNECTTIMEOUT_MS, connect);
    SET(CURLOPT_NOSIGNAL, 1L);
}

static void set_safety(struct fetch_work *w, const struct fetch_ask *ask)
{
    bool tls = str_starts(str_of(ask->url), STR("https:"));

    SET(CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (ask->ca_file != NULL && ask->ca_file[0] != '\0')
        SET(CURLOPT_CAINFO, ask->ca_file);
    SET(CURLOPT_MAXCONNECTS, FETCH_KEPT);
}

static void set_callbacks(struct fetch_work *w)
{
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, w);
    SET(CURLOPT_HEADERFUNCTION, take_head);
    SET(CURLOPT_HEADERDATA, w);
}

/* A value that could end its line could begin another one. */
static void add_field(struct fetch_work *w, struct curl_slist **fields,
                      const char *name, const char *value)
{
    struct buf b = buf_new(w->arena);
    struct curl_slist *longer;
    struct str line;

    if (value == NULL)
        return;
    buf_text(&b, name);
    buf_text(&b, value);
    if (buf_done(&b, &line) != ERR_OK || str_has_control(line)) {
        w->failed = true;
        return;
    }
    longer = curl_slist_append(*fields, line.p);
    w->failed |= longer == NULL;
    *fields = longer == NULL ? *fields : longer;
}

/* GitHub refuses who has no name; 100-continue would cost a second with
 * servers that do not know it. */
static struct curl_slist *fields_of(struct fetch_work *w,
                                    const struct fetch_ask *ask)
{
    struct curl_slist *fields = NULL;

    add_field(w, &fields, "Accept: ",
              ask->accept == NULL ? "application/json" : ask->accept);
    add_field(w, &fields, "Authorization: ", ask->authorization);
    add_field(w, &fields, "Content-Type: ", ask->content_type);
    add_field(w, &fields, "Expect:", "");
    SET(CURLOPT_USERAGENT, "Gatehouse");
    SET(CURLOPT_HTTPHEADER, fields);
    return fields;
}

static void set_body(struct fetch_work *w, const struct fetch_ask *ask)
{
    if (ask->content_type == NULL) {
        SET(CURLOPT_HTTPGET, 1L);
        return;
    }
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.n);
    SET(CURLOPT_POSTFIELDS, ask->body.n == 0 ? "" : ask->body.p);
}

/* Texts without address or secret: they are logged. */
static const char *why(const struct fetch_work *w, CURLcode code)
{
    if (w->why != NULL)
        return w->why;
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return "no answer in time";
    case CURLE_COULDNT_RESOLVE_HOST:
        return "its name is not known";
    case CURLE_COULDNT_CONNECT:
        return "no connection";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "its certificate is not good";
    default:
        return curl_easy_strerror(code);
    }
}

/* The media type alone, in lower case. */
static enum err take_type(struct fetch_work *w, struct str *type_r)
{
    char *text = NULL;
    struct buf b = buf_new(w->arena);

    (void)curl_easy_getinfo(w->f->easy, CURLINFO_CONTENT_TYPE, &text);
    struct str rest = str_of(text == NULL ? "" : text);
    struct str type = str_trim(str_cut(&rest, ';'));
    for (size_t i = 0; i < type.n; i++) {
        if (type.p[i] >= 'A' && type.p[i] <= 'Z')
            buf_char(&b, "abcdefghijklmnopqrstuvwxyz"[type.p[i] - 'A']);
        else
            buf_char(&b, type.p[i]);
    }
    return buf_done(&b, type_r);
}

static enum err take_answer(struct fetch_work *w, struct fetch_answer *answer_r)
{
    struct fetch_answer answer = {.max_age_s = w->max_age_s};
    enum err e = take_type(w, &answer.content_type);

    if (e == ERR_OK)
        e = buf_done(&w->body, &answer.body);
    (void)curl_easy_getinfo(w->f->easy, CURLINFO_RESPONSE_CODE, &answer.status);
    if (e == ERR_OK)
        *answer_r = answer;
    return e;
}

static enum err perform(struct fetch_work *w, struct fetch_answer *answer_r)
{
    CURLcode code = curl_easy_perform(w->f->easy);

    if (w->body.failed || code == CURLE_OUT_OF_MEMORY)
        return ERR_NO_MEMORY;
    if (code == CURLE_OK && w->whole)
        return take_answer(w, answer_r);
    answer_r->late = code == CURLE_OPERATION_TIMEDOUT;
    answer_r->why = code == CURLE_OK ? "half an answer" : why(w, code);
    return ERR_UNAVAILABLE;
}

enum err fetch(struct fetch *f, struct arena *a, const struct fetch_ask *ask,
               struct fetch_answer *answer_r)
{
    struct fetch_work work = {
        .f = f, .arena = a, .body = buf_new(a), .max_age_s = -1};
    struct fetch_work *w = &work;
    enum err e = ERR_UNAVAILABLE;

    if (!fetch_may(str_of(ask->url))) {
        answer_r->why = "an address that may not be asked";
        return ERR_UNAVAILABLE;
    }
    SET(CURLOPT_URL, ask->url);
    set_times(w);
    set_safety(w, ask);
    set_callbacks(w);
    set_body(w, ask);
    struct curl_slist *fields = fields_of(w, ask);
    if (w->failed)
        answer_r->why = "the request cannot be made";
    else
        e = perform(w, answer_r);
    /* The handle still points to all of it; connections stay. */
    curl_easy_reset(f->easy);
    curl_slist_free_all(fields);
    return e;
}
