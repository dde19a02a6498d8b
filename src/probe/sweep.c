/* All 65,535 ports of one host, without a table of what was sent: the sequence number is a keyed cookie of the port, so
 * an answer proves by itself that it belongs to a SYN of ours.
 *
 * Two threads send, the engine's loop shows what came; answers set the pace (pace.h), on top of a rate that needs no
 * answers, so a host that answers is swept as fast as it can answer, and a mute one at the modest rate. Ports without
 * an answer are asked again. */
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "pace.h"
#include "sockets.h"
#include "sweep.h"
#include "sweep_packet.h"

enum {
    SENDERS = 2, /* for what a SYN costs this machine (and, in a lab, the other one too) is spent in the send call */
    ROUNDS = SWEEP_PORTS,
    BATCH = 64,
    MOST_OPEN = 512, /* ports that are told of; a host with more is answered for by a device that opens them all */
    LINKTYPE_ETHERNET = 1,
};

#define STRAGGLER_US 60000 /* after a round, before unanswered ports are asked again; more where the host is far */
#define SOURCE_PORT  60999 /* of a range that no connection uses: the last ephemeral one, and up */
#define SEND_BUFFER  (4 << 20)
#define STEP         40503 /* odd, so every port comes once; 2^16 divided by the golden ratio, so neighbours are far apart */
#define STEP_BACK    30599u /* STEP * STEP_BACK is 1 modulo 2^16: from a port to its place in the order */

_Static_assert((uint16_t)(STEP *STEP_BACK) == 1, "one undoes the other");

struct sweep {
    struct address target;
    struct probe_cookie_key key;
    struct probe_sweep *out;
    int raw;             /* a socket of our own */
    int link;            /* the capture's socket, which sends too */
    bool link_known;     /* the packets' first bytes are the link header, and `link` is what they leave by */
    bool local;          /* what this machine sends itself must keep the route that it was sent with */
    uint16_t first_port; /* of the source ports: each round has its own, for a host that has answered a SYN rations its
                            answers to the same one */
    uint16_t start;      /* of the order: place i is port start + i * STEP */
    struct address source;
    uint8_t link_header[SWEEP_LINK_SIZE];
    struct sweep_packet syn;
    struct sockaddr_storage to;
    socklen_t to_length;
    struct port_set answered; /* by the engine's thread only */
    struct port_set skip;     /* in this round; does not change while senders are at work */
    unsigned answers, told_before, batch;
    uint16_t open[MOST_OPEN];
    unsigned opened, told;
    pthread_t sender[SENDERS];
    unsigned senders, rounds; /* threads to join; rounds begun */
    _Atomic uint32_t next;    /* place in the order of ports */
    _Atomic uint64_t sent;
    _Atomic int sending; /* senders at work */
    atomic_bool stop;
    bool over, lossy;
    int64_t rtt_us, begun_us, heard_us;
    struct pace pace;
};

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- Sending ---- */

struct batch {
    uint8_t packet[BATCH][SWEEP_PACKET_MAX];
    struct iovec part[BATCH];
    struct mmsghdr message[BATCH];
    unsigned used;
};

/* Where a packet begins for the socket that it is sent with. */
static size_t first_byte(const struct sweep *s)
{
    return s->link_known ? 0 : SWEEP_LINK_SIZE;
}

static int sending_socket(const struct sweep *s)
{
    return s->link_known ? s->link : s->raw;
}

static void prepare(struct sweep *s, struct batch *b)
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

static void flush_batch(struct sweep *s, struct batch *b)
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

/* The next ports of the order that have not answered. */
static void fill(struct sweep *s, struct batch *b, uint32_t from)
{
    for (uint32_t i = from; i < from + s->batch && i < 65536; i++) {
        uint16_t port = (uint16_t)(s->start + i * STEP);
        if (port != 0 && !port_set_has(&s->skip, port))
            sweep_packet_aim(&s->syn, b->packet[b->used++], port, probe_cookie(&s->key, &s->target, port));
    }
}

static void *send_round(void *argument)
{
    struct sweep *s = argument;
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

/* This machine's kernel resets what it did not ask for, unless its own firewall hides the SYN-ACK from it; the host
 * must not be left with a connection half open. */
static void hang_up(struct sweep *s, uint16_t port, uint16_t source_port)
{
    struct sweep_packet reset;
    size_t from = first_byte(s);
    sweep_packet_make(&reset, &s->source, &s->target, source_port, TCP_RST);
    memcpy(reset.bytes, s->link_header, SWEEP_LINK_SIZE);
    sweep_packet_aim(&reset, reset.bytes, port, probe_cookie(&s->key, &s->target, port) + 1);
    (void)sendto(sending_socket(s), reset.bytes + from, reset.end - from, MSG_DONTWAIT,
                 s->link_known ? NULL : (struct sockaddr *)&s->to, s->link_known ? 0 : s->to_length);
}

/* ---- Receiving ---- */

static void mark(struct sweep *s, struct port_set *set, unsigned *count, uint16_t port)
{
    uint64_t bit = 1ULL << (port & 63);
    s->heard_us = monotonic_us();
    s->out->received++;
    if (s->answered.bits[port >> 6] & bit)
        return;
    s->answered.bits[port >> 6] |= bit;
    set->bits[port >> 6] |= bit;
    ++*count;
    s->answers++;
    pace_answered(&s->pace, (uint16_t)((uint16_t)(port - s->start) * STEP_BACK));
    if (set == &s->out->open && s->opened < MOST_OPEN)
        s->open[s->opened++] = port;
}

static bool is_ours(const struct sweep *s, uint16_t source_port)
{
    return source_port >= s->first_port && source_port < s->first_port + SWEEP_PORTS;
}

static bool take_tcp(struct sweep *s, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    if (!is_ours(s, tcp->dst_port) || !address_equal(&packet->src, &s->target))
        return false;
    if (tcp->ack != probe_cookie(&s->key, &s->target, tcp->src_port) + 1)
        return true; /* to our port, but no answer to us */
    if (tcp->flags & TCP_RST)
        mark(s, &s->out->closed, &s->out->closed_count, tcp->src_port);
    else if ((tcp->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
        mark(s, &s->out->open, &s->out->open_count, tcp->src_port);
        hang_up(s, tcp->src_port, tcp->dst_port);
    }
    return true;
}

static bool take_error(struct sweep *s, const struct icmp_quote *quote)
{
    if (!quote->is_tcp || !is_ours(s, quote->src_port) || !address_equal(&quote->dst, &s->target))
        return false;
    if (quote->seq == probe_cookie(&s->key, &s->target, quote->dst_port))
        mark(s, &s->out->rejected, &s->out->rejected_count, quote->dst_port);
    return true;
}

bool sweep_take(struct sweep *s, const struct packet *packet)
{
    if (s == NULL)
        return false;
    if (packet->kind == PACKET_TCP)
        return take_tcp(s, packet);
    return packet->kind == PACKET_ICMP_ERROR && packet->icmp.has_quote && take_error(s, &packet->icmp.quote);
}

/* Past the queues and past this machine's other captures: what a SYN costs is most of what a sweep takes. */
static void use_link(struct sweep *s, int descriptor)
{
    int yes = 1, buffer = SEND_BUFFER;
    (void)setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    s->link = descriptor;
    s->link_known = true;
}

/* What rewrites or encrypts packets after the kernel's routing would be passed by, so the kernel's own SYN must be seen
 * on the interface as it was made. */
void sweep_learn(struct sweep *s, const struct frame *frame, const struct packet *packet, int descriptor)
{
    if (s == NULL || s->link_known || s->local || s->rounds > 0 || descriptor < 0 ||
        frame->linktype != LINKTYPE_ETHERNET || packet->kind != PACKET_TCP || frame->caplen < SWEEP_LINK_SIZE ||
        memcmp(frame->data + SWEEP_LINK_SIZE - 2, s->syn.bytes + SWEEP_LINK_SIZE - 2, 2) != 0)
        return;
    memcpy(s->link_header, frame->data, SWEEP_LINK_SIZE);
    use_link(s, descriptor);
}

uint16_t sweep_next_open(struct sweep *s)
{
    return s != NULL && s->told < s->opened ? s->open[s->told++] : 0;
}

/* ---- Rounds ---- */

/* What TCP itself answered: ICMP errors are rationed, so each round has a few new ones of them. */
static unsigned told_by_tcp(const struct sweep *s)
{
    return s->out->open_count + s->out->closed_count;
}

static bool begin_round(struct sweep *s, char *error)
{
    sweep_packet_make(&s->syn, &s->source, &s->target, (uint16_t)(s->first_port + s->rounds), TCP_SYN);
    memcpy(s->syn.bytes, s->link_header, SWEEP_LINK_SIZE);
    s->skip = s->answered;
    s->told_before = told_by_tcp(s);
    s->next = 0;
    s->heard_us = monotonic_us();
    pace_begin(&s->pace, s->heard_us, s->rtt_us);
    s->rounds++;
    s->out->rounds++;
    s->sending = SENDERS;
    for (s->senders = 0; s->senders < SENDERS; s->senders++) {
        int result = pthread_create(&s->sender[s->senders], NULL, send_round, s);
        if (result == 0)
            continue;
        s->sending -= SENDERS - (int)s->senders;
        snprintf(error, PROBE_ERROR_SIZE, "cannot start a thread: %s", strerror(result));
        return false;
    }
    return true;
}

static void join(struct sweep *s)
{
    while (s->senders > 0)
        pthread_join(s->sender[--s->senders], NULL);
}

static void finish(struct sweep *s)
{
    join(s);
    s->over = true;
    s->out->sent = s->sent;
    s->out->took_us = monotonic_us() - s->begun_us;
}

bool sweep_begin(struct sweep *s, int64_t rtt_us, char error[PROBE_ERROR_SIZE])
{
    if (s == NULL || s->rounds > 0)
        return true;
    s->rtt_us = rtt_us;
    s->begun_us = monotonic_us();
    return begin_round(s, error);
}

/* A second round for every port that did not answer; more only while rounds still find some. */
bool sweep_step(struct sweep *s, char error[PROBE_ERROR_SIZE])
{
    if (s == NULL || s->over || s->rounds == 0)
        return true;
    if (s->answers >= 65535) {
        s->lossy |= s->rounds > 1;
        finish(s);
        return true;
    }
    if (s->sending > 0) {
        s->heard_us = monotonic_us();
        return true;
    }
    if (monotonic_us() - s->heard_us < STRAGGLER_US + 2 * s->rtt_us)
        return true;
    join(s);
    s->lossy |= s->rounds > 1 && told_by_tcp(s) > s->told_before;
    if (s->rounds < ROUNDS && (s->rounds == 1 || told_by_tcp(s) > s->told_before))
        return begin_round(s, error);
    finish(s);
    return true;
}

bool sweep_is_over(const struct sweep *s)
{
    return s == NULL || s->over;
}

bool sweep_has_the_floor(const struct sweep *s)
{
    return s->rounds == 1 && !s->over && pace_is_brief(&s->pace, monotonic_us());
}

bool sweep_saw_loss(const struct sweep *s)
{
    return s != NULL && s->lossy;
}

uint16_t sweep_first_port(const struct sweep *s)
{
    return s->first_port;
}

/* ---- The whole ---- */

static bool open_raw(struct sweep *s, uint32_t scope, char *error)
{
    int buffer = SEND_BUFFER;
    s->to_length = probe_sockaddr(&s->target, scope, 0, &s->to);
    s->raw = socket(s->to.ss_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (s->raw >= 0)
        (void)setsockopt(s->raw, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    else
        snprintf(error, PROBE_ERROR_SIZE,
                 "--all-ports needs a raw socket: %s; run with sudo, or: setcap cap_net_raw+ep", strerror(errno));
    return s->raw >= 0;
}

static void choose_order(struct sweep *s)
{
    uint16_t bits[2] = {0};
    (void)!getrandom(&s->key, sizeof s->key, 0);
    (void)!getrandom(bits, sizeof bits, 0);
    s->start = bits[0];
    s->first_port = (uint16_t)(SOURCE_PORT + 1 + bits[1] % 400);
}

/* At a low rate a burst is small, too. */
static unsigned batch_at(unsigned rate)
{
    return rate / 100 > BATCH ? BATCH : rate >= 200 ? rate / 100 : 1;
}

struct sweep *sweep_open(const struct address *target, uint32_t scope, const struct probe_route *route, unsigned rate,
                         struct probe_sweep *out, char error[PROBE_ERROR_SIZE])
{
    struct sweep *s = calloc(1, sizeof *s);
    if (s == NULL) {
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
        return NULL;
    }
    memset(out, 0, sizeof *out);
    s->target = *target;
    s->source = route->source;
    s->out = out;
    s->raw = s->link = -1;
    s->local = route->local;
    s->batch = batch_at(rate);
    pace_init(&s->pace, rate);
    choose_order(s);
    sweep_packet_make(&s->syn, &route->source, target, s->first_port, TCP_SYN);
    if (open_raw(s, scope, error))
        return s;
    sweep_close(s);
    return NULL;
}

void sweep_close(struct sweep *s)
{
    if (s == NULL)
        return;
    s->stop = true;
    join(s);
    if (s->raw >= 0)
        close(s->raw);
    free(s);
}
