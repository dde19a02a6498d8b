#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <sshsniff/packet.h>

#include "base/clock.h"
#include "sender.h"
#include "sockets.h"
#include "sweep_sender.h"

enum { BATCH = 64 };

#define SEND_BUFFER (4 << 20)
#define STEP        40503 /* odd, so every port comes once; 2^16 divided by the golden ratio, so neighbours are far apart */
#define STEP_BACK   30599u /* STEP * STEP_BACK is 1 modulo 2^16: from a port to its place in the order */

_Static_assert((uint16_t)(STEP *STEP_BACK) == 1, "one undoes the other");
_Static_assert((int)SWEEP_LINK_SIZE == (int)ETHERNET_HEADER_SIZE, "the room before the IP header");

/* Where a packet begins for the socket that it is sent with. */
static size_t first_byte(const struct sweep_sender *s)
{
    return s->link_known ? 0 : SWEEP_LINK_SIZE;
}

static int sending_socket(const struct sweep_sender *s)
{
    return s->link_known ? s->link : s->raw;
}

/* ---- A round ---- */

struct batch {
    uint8_t packet[BATCH][SWEEP_PACKET_MAX];
    struct iovec part[BATCH];
    struct mmsghdr message[BATCH];
    unsigned used;
};

static void prepare(struct sweep_sender *s, struct batch *b)
{
    size_t from = first_byte(s);
    memset(b, 0, sizeof *b);
    for (unsigned i = 0; i < BATCH; i++) {
        memcpy(b->packet[i], s->syn.bytes, s->syn.end);
        b->part[i] = (struct iovec){b->packet[i] + from, s->syn.end - from};
        b->message[i].msg_hdr = (struct msghdr){.msg_iov = &b->part[i], .msg_iovlen = 1};
        if (!s->link_known) {
            b->message[i].msg_hdr.msg_name = &s->to;
            b->message[i].msg_hdr.msg_namelen = s->to_length;
        }
    }
}

static void flush_batch(struct sweep_sender *s, struct batch *b)
{
    for (unsigned done = 0; done < b->used;) {
        int n = sendmmsg(sending_socket(s), b->message + done, b->used - done, 0);
        if (n <= 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
            break; /* what was not sent is asked again in the next round */
        if (n > 0)
            done += (unsigned)n;
        else
            usleep(500);
    }
    s->sent += b->used;
    b->used = 0;
}

/* The next ports of the order that are not to be skipped. */
static void fill(struct sweep_sender *s, struct batch *b, uint32_t from)
{
    for (uint32_t i = from; i < from + s->batch && i < 65536; i++) {
        uint16_t port = (uint16_t)(s->start + i * STEP);
        if (port != 0 && !port_set_has(&s->skip, port))
            sweep_packet_aim(&s->syn, b->packet[b->used++], s->source_port, port,
                             probe_cookie(&s->key, &s->target, port));
    }
}

static void *send_round(void *argument)
{
    struct sweep_sender *s = argument;
    struct batch *b = malloc(sizeof *b);
    useconds_t nap_us = s->pace.rate < 30000 ? 1000 : 100;
    if (b != NULL)
        prepare(s, b);
    while (b != NULL && !s->stop) {
        uint32_t from = atomic_fetch_add(&s->next, s->batch);
        if (from >= 65536)
            break;
        fill(s, b, from);
        while (b->used > 0 && !s->stop && !pace_may_send(&s->pace, monotonic_us(), (uint16_t)from, b->used))
            usleep(nap_us);
        flush_batch(s, b);
    }
    free(b);
    s->sending--;
    return NULL;
}

bool sweep_sender_begin(struct sweep_sender *s, uint16_t source_port, const struct port_set *skip, int64_t now_us,
                        int64_t rtt_us, char error[PROBE_ERROR_SIZE])
{
    s->source_port = source_port;
    s->skip = *skip;
    s->next = 0;
    pace_begin(&s->pace, now_us, rtt_us);
    s->sending = SWEEP_THREADS;
    for (s->threads = 0; s->threads < SWEEP_THREADS; s->threads++) {
        int result = pthread_create(&s->thread[s->threads], NULL, send_round, s);
        if (result == 0)
            continue;
        s->sending -= SWEEP_THREADS - (int)s->threads;
        snprintf(error, PROBE_ERROR_SIZE, "cannot start a thread: %s", strerror(result));
        return false;
    }
    return true;
}

void sweep_sender_join(struct sweep_sender *s)
{
    while (s->threads > 0)
        pthread_join(s->thread[--s->threads], NULL);
}

/* ---- Answers ---- */

void sweep_sender_answered(struct sweep_sender *s, uint16_t port)
{
    pace_answered(&s->pace, (uint16_t)((uint16_t)(port - s->start) * STEP_BACK));
}

/* This machine's kernel resets what it did not ask for, unless its own firewall hides the SYN-ACK from it; the host
 * must not be left with a connection half open. */
void sweep_sender_reset(struct sweep_sender *s, uint16_t source_port, uint16_t port)
{
    struct sweep_packet reset = s->rst;
    size_t from = first_byte(s);
    sweep_packet_aim(&s->rst, reset.bytes, source_port, port, probe_cookie(&s->key, &s->target, port) + 1);
    (void)sendto(sending_socket(s), reset.bytes + from, reset.end - from, MSG_DONTWAIT,
                 s->link_known ? NULL : (struct sockaddr *)&s->to, s->link_known ? 0 : s->to_length);
}

/* ---- Sockets ---- */

static bool open_raw(struct sweep_sender *s, uint32_t scope, char *error)
{
    int buffer = SEND_BUFFER;
    s->to_length = probe_sockaddr(&s->target, scope, 0, &s->to);
    s->raw = raw_socket_open(&s->target);
    if (s->raw >= 0)
        (void)setsockopt(s->raw, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    else
        snprintf(error, PROBE_ERROR_SIZE,
                 "--all-ports needs a raw socket: %s; run with sudo, or: setcap cap_net_raw+ep", strerror(errno));
    return s->raw >= 0;
}

/* At a low rate a burst is small, too. */
static unsigned batch_at(unsigned rate)
{
    return rate / 100 > BATCH ? BATCH : rate >= 200 ? rate / 100 : 1;
}

bool sweep_sender_open(struct sweep_sender *s, const struct address *source, const struct address *target,
                       uint32_t scope, unsigned rate, char error[PROBE_ERROR_SIZE])
{
    memset(s, 0, sizeof *s);
    s->target = *target;
    s->raw = s->link = -1;
    s->batch = batch_at(rate);
    pace_init(&s->pace, rate);
    (void)!getrandom(&s->key, sizeof s->key, 0);
    (void)!getrandom(&s->start, sizeof s->start, 0);
    if (!sweep_packet_make(&s->syn, source, target, TCP_SYN) || !sweep_packet_make(&s->rst, source, target, TCP_RST)) {
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
        return false;
    }
    return open_raw(s, scope, error);
}

/* What a SYN costs on its way out is most of what a sweep takes. */
void sweep_sender_use_link(struct sweep_sender *s, const uint8_t header[SWEEP_LINK_SIZE], int descriptor)
{
    int yes = 1, buffer = SEND_BUFFER;
    (void)setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    memcpy(s->syn.bytes, header, SWEEP_LINK_SIZE);
    memcpy(s->rst.bytes, header, SWEEP_LINK_SIZE);
    s->link = descriptor;
    s->link_known = true;
}

void sweep_sender_close(struct sweep_sender *s)
{
    s->stop = true;
    sweep_sender_join(s);
    if (s->raw >= 0)
        close(s->raw);
}
