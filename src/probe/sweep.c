/* All 65,535 ports of one host, without a table of what was sent: the sequence number is a keyed cookie of the port, so
 * an answer proves by itself that it belongs to a SYN of ours.
 *
 * Two threads send, a third receives; answers set the pace (pace.h), on top of a rate that needs no
 * answers, so a host that answers is swept as fast as it can answer, and a mute one at the modest rate. Ports without
 * an answer are asked again. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <sshsniff/decode.h>
#include <sshsniff/source.h>

#include "pace.h"
#include "sockets.h"
#include "talk.h"

/* Senders, for what a SYN costs this machine (and, in a lab, the other one too) is spent in the send call. */
enum {
    SENDERS = 2,
    ROUNDS = 6,
    BATCH = 32,
    MSS_OPTION = 4,
    SYN_SIZE = sizeof(struct tcphdr) + MSS_OPTION,
    PACKET_MAX = 40 + SYN_SIZE
};

#define STRAGGLER_US 60000 /* after a round, before unanswered ports are asked again; more where the host is far */
#define SOURCE_PORT  60999 /* of a range that no connection uses: the last ephemeral one, and up */

struct sweep {
    const struct address *target;
    struct probe_route route;
    struct probe_cookie_key key;
    struct probe_sweep *out;
    struct source *source;
    struct decoder *decoder;
    int fd[SENDERS];
    uint16_t source_port;
    uint16_t start, step; /* the order of ports: neighbours must not be asked in a row */
    uint8_t template[PACKET_MAX];
    size_t size, tcp_at;
    uint32_t base_sum; /* of all that is the same in each SYN */
    struct sockaddr_storage to;
    socklen_t to_length;
    struct port_set answered; /* written by the receiver, read by the sender between rounds only */
    struct port_set resend;   /* the sender's copy of what is left */
    _Atomic uint64_t answers, sent;
    _Atomic int sending; /* senders at work */
    int64_t rtt_us;      /* to the first answer; 0: none yet */
    int64_t round_us;
    struct pace pace;
};

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- The packet ---- */

static uint32_t sum_words(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    return sum;
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)(value >> 16));
    put16(at + 2, (uint16_t)value);
}

static void make_ip(struct sweep *s)
{
    uint8_t *p = s->template;
    if (address_is_ipv4(s->target)) {
        s->tcp_at = 20;
        p[0] = 0x45;
        put16(p + 2, 20 + SYN_SIZE);
        put16(p + 4, 0x5b5b); /* any ID but 0, for which the kernel would make one up each time */
        put16(p + 6, 0x4000); /* DF */
        p[8] = 64;
        p[9] = IPPROTO_TCP;
        memcpy(p + 12, s->route.source.bytes + 12, 4);
        memcpy(p + 16, s->target->bytes + 12, 4);
        s->base_sum = sum_words(p + 12, 8, 0);
    } else {
        s->tcp_at = 40;
        p[0] = 0x60;
        put16(p + 4, SYN_SIZE);
        p[6] = IPPROTO_TCP;
        p[7] = 64;
        memcpy(p + 8, s->route.source.bytes, 16);
        memcpy(p + 24, s->target->bytes, 16);
        s->base_sum = sum_words(p + 8, 32, 0);
    }
    s->size = s->tcp_at + SYN_SIZE;
}

static void make_template(struct sweep *s)
{
    static const uint8_t mss[MSS_OPTION] = {2, 4, 0x05, 0xb4};
    make_ip(s);
    uint8_t *tcp = s->template + s->tcp_at;
    put16(tcp, s->source_port);
    put16(tcp + 12, (uint16_t)(SYN_SIZE / 4 << 12 | 0x02));
    put16(tcp + 14, 64240);
    memcpy(tcp + 20, mss, sizeof mss);
    s->base_sum = sum_words(tcp, SYN_SIZE, s->base_sum + IPPROTO_TCP + SYN_SIZE);
}

/* Only port, sequence number and checksum differ from SYN to SYN. */
static void patch(const struct sweep *s, uint8_t *packet, uint16_t port)
{
    uint8_t *tcp = packet + s->tcp_at;
    uint32_t seq = probe_cookie(&s->key, s->target, port), sum = s->base_sum + port + (seq >> 16) + (seq & 0xffff);
    put16(tcp + 2, port);
    put32(tcp + 4, seq);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    put16(tcp + 16, (uint16_t)~sum);
}

/* ---- Sending ---- */

struct batch {
    uint8_t packet[BATCH][PACKET_MAX];
    struct iovec part[BATCH];
    struct mmsghdr message[BATCH];
    unsigned used;
};

static void prepare(struct sweep *s, struct batch *b)
{
    memset(b, 0, sizeof *b);
    for (unsigned i = 0; i < BATCH; i++) {
        memcpy(b->packet[i], s->template, s->size);
        b->part[i] = (struct iovec){b->packet[i], s->size};
        b->message[i].msg_hdr =
            (struct msghdr){.msg_name = &s->to, .msg_namelen = s->to_length, .msg_iov = &b->part[i], .msg_iovlen = 1};
    }
}

static void flush_batch(struct sweep *s, struct batch *b, int fd)
{
    for (unsigned done = 0; done < b->used;) {
        int n = sendmmsg(fd, b->message + done, b->used - done, 0);
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

struct sender {
    struct sweep *sweep;
    unsigned number;
    pthread_t thread;
};

/* Every SENDERS-th port of the order. */
static void *send_round(void *argument)
{
    const struct sender *sender = argument;
    struct sweep *s = sender->sweep;
    struct batch *b = malloc(sizeof *b);
    if (b != NULL)
        prepare(s, b);
    for (uint32_t i = sender->number; b != NULL && i < 65536; i += SENDERS) {
        uint16_t port = (uint16_t)(s->start + i * s->step);
        if (port == 0 || port_set_has(&s->resend, port))
            continue;
        patch(s, b->packet[b->used++], port);
        if (b->used < BATCH)
            continue;
        s->pace.gone += b->used;
        flush_batch(s, b, s->fd[sender->number]);
        while (!pace_may_send(&s->pace, monotonic_us()))
            usleep(100);
    }
    if (b != NULL)
        flush_batch(s, b, s->fd[sender->number]);
    free(b);
    s->sending--;
    return NULL;
}

/* ---- Receiving ---- */

static void mark(struct sweep *s, struct port_set *set, unsigned *count, uint16_t port)
{
    uint64_t bit = 1ULL << (port & 63);
    if (s->answered.bits[port >> 6] & bit)
        return;
    s->answered.bits[port >> 6] |= bit;
    set->bits[port >> 6] |= bit;
    ++*count;
    s->pace.answers++;
    if (s->answers++ == 0)
        s->rtt_us = monotonic_us() - s->round_us;
}

static void take(struct sweep *s, const struct packet *packet)
{
    struct probe_sweep *out = s->out;
    const struct tcp_view *tcp = &packet->tcp;
    if (packet->kind == PACKET_TCP) {
        if (tcp->dst_port != s->source_port || !address_equal(&packet->src, s->target) ||
            tcp->ack != probe_cookie(&s->key, s->target, tcp->src_port) + 1)
            return;
        out->received++;
        if (tcp->flags & TCP_RST)
            mark(s, &out->closed, &out->closed_count, tcp->src_port);
        else if ((tcp->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
            mark(s, &out->open, &out->open_count, tcp->src_port);
    } else if (packet->kind == PACKET_ICMP_ERROR && packet->icmp.quote.is_tcp) {
        const struct icmp_quote *quote = &packet->icmp.quote;
        if (quote->src_port != s->source_port || !address_equal(&quote->dst, s->target) ||
            quote->seq != probe_cookie(&s->key, s->target, quote->dst_port))
            return;
        out->received++;
        mark(s, &out->rejected, &out->rejected_count, quote->dst_port);
    }
}

/* Reads until nothing has come for `quiet_us` and the sender is done. */
static bool receive(struct sweep *s, int64_t quiet_us, char *error)
{
    int64_t last_us = monotonic_us();
    for (;;) {
        struct frame frame;
        struct packet packet;
        switch (source_next(s->source, &frame)) {
        case SOURCE_FRAME:
            if (decode_frame(s->decoder, &frame, &packet) == DECODE_OK)
                take(s, &packet);
            last_us = monotonic_us();
            break;
        case SOURCE_ERROR:
            snprintf(error, PROBE_ERROR_SIZE, "%.300s", source_error(s->source));
            return false;
        case SOURCE_IDLE:
        case SOURCE_END:
            break;
        }
        if (s->sending)
            last_us = monotonic_us();
        else if (monotonic_us() - last_us > quiet_us || s->answers >= 65535)
            return true;
    }
}

static bool one_round(struct sweep *s, char *error)
{
    struct sender sender[SENDERS];
    unsigned running = 0;
    s->resend = s->answered;
    s->round_us = monotonic_us();
    pace_begin(&s->pace, s->round_us, s->rtt_us);
    s->sending = SENDERS;
    for (; running < SENDERS; running++) {
        sender[running] = (struct sender){.sweep = s, .number = running};
        if (pthread_create(&sender[running].thread, NULL, send_round, &sender[running]) != 0)
            break;
    }
    s->sending -= (int)(SENDERS - running);
    bool ok = running == SENDERS;
    if (!ok)
        snprintf(error, PROBE_ERROR_SIZE, "cannot start a thread: %s", strerror(errno));
    ok = receive(s, STRAGGLER_US + 2 * s->rtt_us, error) && ok;
    for (unsigned i = 0; i < running; i++)
        pthread_join(sender[i].thread, NULL);
    s->out->rounds++;
    return ok;
}

/* ---- The whole ---- */

static bool open_both(struct sweep *s, uint32_t scope, char *error)
{
    char filter[256], text[ADDRESS_TEXT_SIZE], reason[SOURCE_ERROR_SIZE];
    s->to_length = probe_sockaddr(s->target, scope, 0, &s->to);
    for (unsigned i = 0; i < SENDERS; i++)
        s->fd[i] = socket(s->to.ss_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (s->fd[SENDERS - 1] < 0) {
        snprintf(error, PROBE_ERROR_SIZE,
                 "--all-ports needs a raw socket: %s; run with sudo, or: setcap cap_net_raw+ep", strerror(errno));
        return false;
    }
    int buffer = 4 << 20;
    for (unsigned i = 0; i < SENDERS; i++)
        (void)setsockopt(s->fd[i], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    snprintf(filter, sizeof filter, "(tcp and src host %s and dst port %u) or icmp or icmp6",
             address_text(s->target, text), s->source_port);
    struct live_options live = {
        .interface = s->route.interface,
        .filter = filter,
        .snaplen = 128,
        .no_promiscuous = true,
        .read_timeout_ms = 5,
        .buffer_bytes = 12 << 20,
    };
    s->source = source_open_live(&live, reason);
    if (s->source == NULL)
        snprintf(error, PROBE_ERROR_SIZE, "%.300s", reason);
    s->decoder = decoder_new();
    return s->source != NULL && s->decoder != NULL;
}

static void choose_order(struct sweep *s)
{
    uint16_t bits[2] = {0};
    (void)!getrandom(&s->key, sizeof s->key, 0);
    (void)!getrandom(bits, sizeof bits, 0);
    s->start = bits[0];
    s->step = 40503; /* odd, so every port comes once; 2^16 divided by the golden ratio, so neighbours are far apart */
    s->source_port = (uint16_t)(SOURCE_PORT + 1 + bits[1] % 400);
}

bool probe_sweep_run(const struct address *target, uint32_t scope, unsigned rate, struct probe_sweep *out,
                     char error[PROBE_ERROR_SIZE])
{
    struct sweep *s = calloc(1, sizeof *s);
    bool ok = false;
    memset(out, 0, sizeof *out);
    if (s == NULL) {
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
        return false;
    }
    s->target = target;
    s->out = out;
    pace_init(&s->pace, rate, BATCH);
    for (unsigned i = 0; i < SENDERS; i++)
        s->fd[i] = -1;
    choose_order(s);
    int64_t start_us = monotonic_us();
    if (probe_route_find(target, scope, &s->route, error) && open_both(s, scope, error)) {
        make_template(s);
        ok = true;
        uint64_t before = 0;
        /* A second round for every port that did not answer; more only while rounds still find some. */
        for (unsigned round = 0; ok && round < ROUNDS && s->answers < 65535; round++) {
            ok = one_round(s, error);
            if (round >= 1 && s->answers == before)
                break;
            before = s->answers;
        }
    }
    out->sent = s->sent;
    out->took_us = monotonic_us() - start_us;
    if (s->source != NULL)
        source_close(s->source);
    decoder_free(s->decoder);
    for (unsigned i = 0; i < SENDERS; i++)
        if (s->fd[i] >= 0)
            close(s->fd[i]);
    free(s);
    return ok;
}
