/* SPDX-License-Identifier: MIT */
/* The only file of this folder that knows libcurl. Its multi interface is used
 * for the one descriptor more that its wait takes: the one signals come by.
 * While it waits for the answer to a whole message it does not come back, but
 * asks the progress callback once a second. A transfer is ended by that
 * callback alone: taking the handle away would end a half message as if it were
 * whole. */
#include "server/courier_net.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

#define NET_ANSWER_MAX 65536 /* bytes of an answer that are read */
#define NET_POLL_MS 1000

struct courier_net {
    CURLM *multi;
    CURL *easy;
    int signal_fd;
    struct signals *seen;
    struct str left;      /* of the message on its way */
    size_t answered;      /* bytes of the answer */
    int64_t end_us;       /* of the transfer under way */
    curl_socket_t socket; /* kept open by the last one, if any */
};

enum err courier_net_new(int signal_fd, struct signals *seen,
                         struct courier_net **n_r)
{
    struct courier_net *n = calloc(1, sizeof(*n));

    if (n == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(n);
        return ERR_NO_MEMORY;
    }
    n->signal_fd = signal_fd;
    n->socket = CURL_SOCKET_BAD;
    n->seen = seen;
    n->multi = curl_multi_init();
    n->easy = curl_easy_init();
    if (n->multi == NULL || n->easy == NULL) {
        courier_net_free(&n);
        return ERR_NO_MEMORY;
    }
    *n_r = n;
    return ERR_OK;
}

void courier_net_free(struct courier_net **n)
{
    if (*n == NULL)
        return;
    /* QUIT is sent, but nobody waits two minutes for the answer. */
    if ((*n)->socket != CURL_SOCKET_BAD)
        (void)shutdown((*n)->socket, SHUT_RD);
    curl_easy_cleanup((*n)->easy);
    (void)curl_multi_cleanup((*n)->multi);
    curl_global_cleanup();
    free(*n);
    *n = NULL;
}

static size_t net_read(char *out, size_t size, size_t count, void *data)
{
    struct courier_net *n = data;
    size_t most = size * count < n->left.n ? size * count : n->left.n;

    (void)memcpy(out, n->left.p, most);
    n->left.p += most;
    n->left.n -= most;
    return most;
}

static size_t net_drop(char *in, size_t size, size_t count, void *data)
{
    struct courier_net *n = data;

    (void)in;
    n->answered += size * count;
    return n->answered > NET_ANSWER_MAX ? 0 : size * count;
}

/* Is the transfer's time over? A signal to stop leaves it a little. */
static bool net_is_over(struct courier_net *n)
{
    int64_t now = clock_monotonic_us();
    bool stopped = n->seen->stop;

    signals_take(n->signal_fd, n->seen);
    if (n->seen->stop && !stopped && now + COURIER_NET_GRACE < n->end_us)
        n->end_us = now + COURIER_NET_GRACE;
    return now >= n->end_us;
}

static int net_progress(void *data, curl_off_t down_all, curl_off_t down,
                        curl_off_t up_all, curl_off_t up)
{
    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    return net_is_over(data) ? 1 : 0;
}

/* Waits for the peer, a signal or the end of the time. */
static bool net_wait(struct courier_net *n)
{
    struct curl_waitfd extra = {.fd = n->signal_fd, .events = CURL_WAIT_POLLIN};
    int64_t left = n->end_us - clock_monotonic_us();
    int ms = left / 1000 < NET_POLL_MS ? (int)(left / 1000) + 1 : NET_POLL_MS;

    if (left > 0 && curl_multi_poll(n->multi, &extra, 1, ms, NULL) != CURLM_OK)
        return false;
    return !net_is_over(n);
}

static struct courier_net_end net_end(struct courier_net *n, CURLcode code)
{
    struct courier_net_end end = {.result = COURIER_NET_BROKEN,
                                  .done = code == CURLE_OK,
                                  .why = curl_easy_strerror(code)};

    (void)curl_easy_getinfo(n->easy, CURLINFO_RESPONSE_CODE, &end.code);
    /* An answer longer than is read is an answer all the same. */
    if (code == CURLE_WRITE_ERROR && end.code > 0)
        end.done = true;
    if (end.done ||
        ((code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY) &&
         end.code >= 400))
        end.result = COURIER_NET_ANSWERED;
    return end;
}

static struct courier_net_end net_run(struct courier_net *n, int64_t timeout_s)
{
    struct courier_net_end end = {.result = COURIER_NET_BROKEN,
                                  .why = "no answer in time"};
    int running = 1, pending;

    n->socket = CURL_SOCKET_BAD;
    n->end_us = clock_monotonic_us() + (timeout_s + 1) * CLOCK_SECOND;
    if (curl_multi_add_handle(n->multi, n->easy) != CURLM_OK) {
        end.why = "libcurl failed";
        return end;
    }
    while (curl_multi_perform(n->multi, &running) == CURLM_OK && running > 0 &&
           net_wait(n))
        continue;
    /* The callback says no now. */
    n->end_us = 0;
    if (running > 0)
        (void)curl_multi_perform(n->multi, &running);
    CURLMsg *told = curl_multi_info_read(n->multi, &pending);
    if (told != NULL && told->msg == CURLMSG_DONE)
        end = net_end(n, told->data.result);
    (void)curl_easy_getinfo(n->easy, CURLINFO_ACTIVESOCKET, &n->socket);
    /* An answer still to come must not be taken for that of another message. */
    if (end.result == COURIER_NET_BROKEN && n->socket != CURL_SOCKET_BAD)
        (void)shutdown(n->socket, SHUT_RDWR);
    if (!end.done && end.result == COURIER_NET_BROKEN && n->seen->stop) {
        end.result = COURIER_NET_STOPPED;
        end.why = "interrupted";
    }
    (void)curl_multi_remove_handle(n->multi, n->easy);
    return end;
}

#define NET_SET(option, value)                                                 \
    (failed |= curl_easy_setopt(n->easy, (option), (value)) != CURLE_OK)

/* Nothing of the transfer before, nor of the environment, is left. */
static bool net_begin(struct courier_net *n, const char *url,
                      const char *protocols, int64_t timeout_s)
{
    bool failed = false;

    curl_easy_reset(n->easy);
    n->answered = 0;
    NET_SET(CURLOPT_URL, url);
    NET_SET(CURLOPT_PROTOCOLS_STR, protocols);
    NET_SET(CURLOPT_PROXY, "");
    NET_SET(CURLOPT_NOSIGNAL, 1L);
    NET_SET(CURLOPT_TIMEOUT, (long)timeout_s);
    NET_SET(CURLOPT_CONNECTTIMEOUT, (long)timeout_s);
    NET_SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)timeout_s);
    NET_SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    NET_SET(CURLOPT_NOPROGRESS, 0L);
    NET_SET(CURLOPT_XFERINFOFUNCTION, net_progress);
    NET_SET(CURLOPT_XFERINFODATA, n);
    NET_SET(CURLOPT_WRITEFUNCTION, net_drop);
    NET_SET(CURLOPT_WRITEDATA, n);
    return !failed;
}

static const struct courier_net_end net_unset = {
    .result = COURIER_NET_BROKEN, .why = "libcurl does not take the settings"};

static bool net_set_mail(struct courier_net *n,
                         const struct courier_net_mail *m,
                         struct curl_slist *to)
{
    static const long tls[] = {CURLUSESSL_NONE, CURLUSESSL_TRY, CURLUSESSL_ALL};
    bool failed = !net_begin(n, m->url, "smtp,smtps", m->timeout_s);

    n->left = m->message;
    NET_SET(CURLOPT_USE_SSL, tls[m->tls]);
    if (m->ca[0] != '\0')
        NET_SET(CURLOPT_CAINFO, m->ca);
    if (m->user[0] != '\0') {
        NET_SET(CURLOPT_USERNAME, m->user);
        NET_SET(CURLOPT_PASSWORD, m->password);
    }
    NET_SET(CURLOPT_MAIL_FROM, m->from);
    NET_SET(CURLOPT_MAIL_RCPT, to);
    NET_SET(CURLOPT_UPLOAD, 1L);
    NET_SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)m->message.n);
    NET_SET(CURLOPT_READFUNCTION, net_read);
    NET_SET(CURLOPT_READDATA, n);
    return !failed;
}

struct courier_net_end courier_net_mail(struct courier_net *n,
                                        const struct courier_net_mail *m)
{
    struct curl_slist *to = curl_slist_append(NULL, m->to);
    struct courier_net_end end = net_unset;

    if (to != NULL && net_set_mail(n, m, to))
        end = net_run(n, m->timeout_s);
    /* The handle still points to it. */
    curl_easy_reset(n->easy);
    curl_slist_free_all(to);
    return end;
}

static bool net_set_post(struct courier_net *n,
                         const struct courier_net_post *p,
                         struct curl_slist *fields)
{
    bool failed = !net_begin(n, p->url, "http,https", p->timeout_s);

    NET_SET(CURLOPT_FOLLOWLOCATION, 0L);
    NET_SET(CURLOPT_HTTPHEADER, fields);
    NET_SET(CURLOPT_POSTFIELDS, p->body.p);
    NET_SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.n);
    return !failed;
}

struct courier_net_end courier_net_post(struct courier_net *n,
                                        const struct courier_net_post *p)
{
    struct curl_slist *fields = NULL;
    struct courier_net_end end = net_unset;
    bool whole = true;

    for (size_t i = 0; p->fields[i] != NULL && whole; i++) {
        struct curl_slist *longer = curl_slist_append(fields, p->fields[i]);

        whole = longer != NULL;
        fields = whole ? longer : fields;
    }
    if (whole && net_set_post(n, p, fields))
        end = net_run(n, p->timeout_s);
    curl_easy_reset(n->easy);
    curl_slist_free_all(fields);
    return end;
}
