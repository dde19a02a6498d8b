/* All 65,535 ports of one host, without a table of what was sent: the sequence number is a keyed cookie of the port, so
 * an answer proves by itself that it belongs to a SYN of ours.
 *
 * Two threads send (sweep_sender.h), the engine's loop shows what came; answers set the pace (pace.h), on top of a rate
 * that needs no answers, so a host that answers is swept as fast as it can answer, and a mute one at the modest rate.
 * Ports without an answer are asked again. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "sender.h"
#include "sweep.h"
#include "sweep_sender.h"

enum {
    ROUNDS = SWEEP_PORTS,
    MOST_OPEN = 512, /* ports that are reported; a host with more is answered for by a device that opens them all */
};

#define STRAGGLER_US 60000 /* after a round, before unanswered ports are asked again; more where the host is far */
#define SOURCE_PORT  60999 /* of a range that no connection uses: the last ephemeral one, and up */

struct sweep {
    struct address target;
    struct probe_sweep *out;
    bool local;          /* what this machine sends itself must keep the route that it was sent with */
    uint16_t first_port; /* of the source ports: each round has its own, for a host that has answered a SYN rations its
                            answers to the same one */
    struct port_set answered;
    unsigned answers, answered_before; /* ports that answered; by TCP, before this round */
    uint16_t open[MOST_OPEN];
    unsigned opened, reported;
    unsigned rounds; /* begun */
    bool over, lossy;
    int64_t rtt_us, begun_us, heard_us;
    struct sweep_sender sender;
};

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
    sweep_sender_answered(&s->sender, port);
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
    if (tcp->ack != probe_cookie(&s->sender.key, &s->target, tcp->src_port) + 1)
        return true; /* to our port, but no answer to us */
    if (tcp->flags & TCP_RST)
        mark(s, &s->out->closed, &s->out->closed_count, tcp->src_port);
    else if ((tcp->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
        mark(s, &s->out->open, &s->out->open_count, tcp->src_port);
        sweep_sender_reset(&s->sender, tcp->dst_port, tcp->src_port);
    }
    return true;
}

static bool take_error(struct sweep *s, const struct icmp_quote *quote)
{
    if (!quote->is_tcp || !is_ours(s, quote->src_port) || !address_equal(&quote->dst, &s->target))
        return false;
    if (quote->seq == probe_cookie(&s->sender.key, &s->target, quote->dst_port))
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

/* What rewrites or encrypts packets after the kernel's routing would be passed by, so the kernel's own SYN must be seen
 * on the interface as it was made. */
void sweep_learn(struct sweep *s, const struct frame *frame, const struct packet *packet)
{
    uint8_t header[HELPER_LINK_SIZE] = {0};
    if (s == NULL || s->sender.link_known || s->local || s->rounds > 0 || packet->kind != PACKET_TCP ||
        !ethernet_header_of(frame, !address_is_ipv4(&s->target), header))
        return;
    sweep_sender_use_link(&s->sender, header);
}

uint16_t sweep_next_open(struct sweep *s)
{
    return s != NULL && s->reported < s->opened ? s->open[s->reported++] : 0;
}

/* ---- Rounds ---- */

/* What TCP itself answered: ICMP errors are rationed, so each round has a few new ones of them. */
static unsigned answered_by_tcp(const struct sweep *s)
{
    return s->out->open_count + s->out->closed_count;
}

static bool begin_round(struct sweep *s, char *error)
{
    uint16_t source_port = (uint16_t)(s->first_port + s->rounds);
    s->answered_before = answered_by_tcp(s);
    s->heard_us = monotonic_us();
    s->rounds++;
    s->out->rounds++;
    return sweep_sender_begin(&s->sender, source_port, &s->answered, s->heard_us, s->rtt_us, error);
}

static void finish(struct sweep *s)
{
    sweep_sender_join(&s->sender);
    s->over = true;
    s->out->sent = s->sender.shared->sent;
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
    if (s->sender.shared->sending > 0) {
        s->heard_us = monotonic_us();
        return true;
    }
    if (monotonic_us() - s->heard_us < STRAGGLER_US + 2 * s->rtt_us)
        return true;
    sweep_sender_join(&s->sender);
    s->lossy |= s->rounds > 1 && answered_by_tcp(s) > s->answered_before;
    if (s->rounds < ROUNDS && (s->rounds == 1 || answered_by_tcp(s) > s->answered_before))
        return begin_round(s, error);
    finish(s);
    return true;
}

bool sweep_is_over(const struct sweep *s)
{
    return s == NULL || s->over;
}

bool sweep_goes_first(const struct sweep *s)
{
    return s->rounds == 1 && !s->over && pace_is_brief(&s->sender.shared->pace, monotonic_us());
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

struct sweep *sweep_open(const struct address *target, uint32_t scope, const struct probe_route *route, unsigned rate,
                         struct probe_sweep *out, char error[PROBE_ERROR_SIZE])
{
    struct sweep *s = calloc(1, sizeof *s);
    uint16_t bits = 0;
    if (s == NULL) {
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
        return NULL;
    }
    memset(out, 0, sizeof *out);
    s->target = *target;
    s->out = out;
    s->local = route->local;
    (void)!getrandom(&bits, sizeof bits, 0);
    s->first_port = (uint16_t)(SOURCE_PORT + 1 + bits % 400);
    if (sweep_sender_open(&s->sender, route, target, scope, rate, error))
        return s;
    sweep_close(s);
    return NULL;
}

void sweep_close(struct sweep *s)
{
    if (s == NULL)
        return;
    sweep_sender_close(&s->sender);
    free(s);
}
