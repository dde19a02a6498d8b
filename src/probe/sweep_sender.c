#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sshsniff/packet.h>

#include "base/clock.h"
#include "os/confine.h"
#include "os/privilege.h"
#include "sender.h"
#include "sockets.h"
#include "sweep_packet.h"
#include "sweep_sender.h"

enum { BATCH = 64 };

#define SEND_BUFFER (4 << 20)
#define STEP        40503 /* odd, so every port comes once; 2^16 divided by the golden ratio, so neighbours are far apart */
#define STEP_BACK   30599u /* STEP * STEP_BACK is 1 modulo 2^16: from a port to its place in the order */

_Static_assert((uint16_t)(STEP *STEP_BACK) == 1, "one undoes the other");
_Static_assert((int)SWEEP_LINK_SIZE == (int)ETHERNET_HEADER_SIZE, "the room before the IP header");

enum {
    THREADS = 2
}; /* for what a SYN costs this machine (and, in a lab, the other one too) is spent in the send call */

/* What the process that sends has. */
struct sweeping {
    struct sweep_shared *shared;
    struct address source, target;
    uint32_t scope;
    char interface[IF_NAMESIZE];
    struct probe_cookie_key key;
    struct sweep_packet syn, rst;
    int raw;
    int link;        /* -1: none */
    bool link_known; /* the packets' first bytes are the link header, and `link` is what they leave by */
    struct sockaddr_storage to;
    socklen_t to_length;
    uint16_t start, source_port;
    unsigned batch, rate;
    pthread_t thread[THREADS];
    unsigned threads; /* to join */
};

/* Where a packet begins for the socket that it is sent with. */
static size_t first_byte(const struct sweeping *s)
{
    return s->link_known ? 0 : SWEEP_LINK_SIZE;
}

static int sending_socket(const struct sweeping *s)
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

static void prepare(struct sweeping *s, struct batch *b)
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

static void flush_batch(struct sweeping *s, struct batch *b)
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
    s->shared->sent += b->used;
    b->used = 0;
}

/* The next ports of the order that are not to be skipped. */
static void fill(struct sweeping *s, struct batch *b, uint32_t from)
{
    for (uint32_t i = from; i < from + s->batch && i < 65536; i++) {
        uint16_t port = (uint16_t)(s->start + i * STEP);
        if (port != 0 && !port_set_has(&s->shared->skip, port))
            sweep_packet_aim(&s->syn, b->packet[b->used++], s->source_port, port,
                             probe_cookie(&s->key, &s->target, port));
    }
}

static void *send_round(void *argument)
{
    struct sweeping *s = argument;
    struct batch *b = malloc(sizeof *b);
    useconds_t nap_us = s->rate < 30000 ? 1000 : 100;
    if (b != NULL)
        prepare(s, b);
    while (b != NULL && !s->shared->stop) {
        uint32_t from = atomic_fetch_add(&s->shared->next, s->batch);
        if (from >= 65536)
            break;
        fill(s, b, from);
        while (b->used > 0 && !s->shared->stop &&
               !pace_may_send(&s->shared->pace, monotonic_us(), (uint16_t)from, b->used))
            usleep(nap_us);
        flush_batch(s, b);
    }
    free(b);
    s->shared->sending--;
    return NULL;
}

static void join(struct sweeping *s)
{
    while (s->threads > 0)
        pthread_join(s->thread[--s->threads], NULL);
}

/* An errno; 0: all threads are at work. */
static int begin_round(struct sweeping *s, uint16_t source_port)
{
    int failure = 0;
    join(s);
    s->source_port = source_port;
    s->shared->sending = THREADS;
    for (s->threads = 0; s->threads < THREADS && failure == 0; s->threads += failure == 0)
        failure = pthread_create(&s->thread[s->threads], NULL, send_round, s);
    if (failure != 0)
        s->shared->sending -= THREADS - (int)s->threads;
    return failure;
}

/* This machine's kernel resets what it did not ask for, unless its own firewall hides the SYN-ACK from it; the host
 * must not be left with a connection half open. */
static void reset(struct sweeping *s, uint16_t source_port, uint16_t port)
{
    struct sweep_packet reset = s->rst;
    size_t from = first_byte(s);
    sweep_packet_aim(&s->rst, reset.bytes, source_port, port, probe_cookie(&s->key, &s->target, port) + 1);
    (void)sendto(sending_socket(s), reset.bytes + from, reset.end - from, MSG_DONTWAIT,
                 s->link_known ? NULL : (struct sockaddr *)&s->to, s->link_known ? 0 : s->to_length);
}

static void use_link(struct sweeping *s, const uint8_t header[HELPER_LINK_SIZE])
{
    memcpy(s->syn.bytes, header, SWEEP_LINK_SIZE);
    memcpy(s->rst.bytes, header, SWEEP_LINK_SIZE);
    s->link_known = s->link >= 0;
}

static void serve(void *context, int channel)
{
    struct sweeping *s = context;
    struct helper_request request;
    while (helper_listen(channel, &request)) {
        struct helper_answer answer = {.question = request.question};
        if (request.question == HELPER_RESET) {
            reset(s, request.packet.source_port, request.packet.port);
            continue; /* nobody waits for that */
        }
        if (request.question == HELPER_SWEEP)
            answer.number = begin_round(s, request.packet.source_port);
        else if (request.question == HELPER_LINK && s->threads == 0)
            use_link(s, request.link_header);
        if (!helper_tell(channel, &answer))
            return;
    }
}

static bool open_sockets(struct sweeping *s)
{
    int buffer = SEND_BUFFER, yes = 1;
    s->to_length = probe_sockaddr(&s->target, s->scope, 0, &s->to);
    s->raw = raw_socket_open(&s->target);
    s->link = link_socket_open(if_nametoindex(s->interface));
    (void)setsockopt(s->raw, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    /* What a SYN costs on its way out is most of what a sweep takes. */
    (void)setsockopt(s->link, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
    (void)setsockopt(s->link, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    return s->raw >= 0;
}

static bool begin_sending(void *context, int channel, char error[HELPER_ERROR_SIZE])
{
    struct sweeping *s = context;
    const struct confinement wanted = {.kind = PROCESS_SENDER, .output = -1, .channel = channel};
    struct privilege now;
    struct confined got;
    if (!sweep_packet_make(&s->syn, &s->source, &s->target, TCP_SYN) ||
        !sweep_packet_make(&s->rst, &s->source, &s->target, TCP_RST))
        snprintf(error, HELPER_ERROR_SIZE, "out of memory");
    else if (!open_sockets(s))
        snprintf(error, HELPER_ERROR_SIZE, "%s", strerror(errno));
    else
        return privilege_drop(NULL, &now, error) && confine(&wanted, &got, error);
    return false;
}

/* At a low rate a burst is small, too. */
static unsigned batch_at(unsigned rate)
{
    return rate / 100 > BATCH ? BATCH : rate >= 200 ? rate / 100 : 1;
}

/* ---- The process that reads the answers ---- */

static int ask(struct sweep_sender *s, const struct helper_request *request)
{
    struct helper_answer answer;
    if (!helper_ask(&s->helper, request) || helper_hear(&s->helper, true, &answer) != 1)
        return EPIPE;
    return answer.number;
}

bool sweep_sender_begin(struct sweep_sender *s, uint16_t source_port, const struct port_set *skip, int64_t now_us,
                        int64_t rtt_us, char error[PROBE_ERROR_SIZE])
{
    const struct helper_request request = {.question = HELPER_SWEEP, .packet = {.source_port = source_port}};
    s->shared->skip = *skip;
    s->shared->next = 0;
    pace_begin(&s->shared->pace, now_us, rtt_us);
    int failure = ask(s, &request);
    if (failure != 0)
        snprintf(error, PROBE_ERROR_SIZE, "cannot start a thread: %s", strerror(failure));
    return failure == 0;
}

void sweep_sender_join(struct sweep_sender *s)
{
    while (s->shared->sending > 0)
        usleep(200);
}

void sweep_sender_answered(struct sweep_sender *s, uint16_t port)
{
    pace_answered(&s->shared->pace, (uint16_t)((uint16_t)(port - s->start) * STEP_BACK));
}

void sweep_sender_reset(struct sweep_sender *s, uint16_t source_port, uint16_t port)
{
    const struct helper_request request = {.question = HELPER_RESET,
                                           .packet = {.source_port = source_port, .port = port}};
    (void)helper_ask(&s->helper, &request);
}

void sweep_sender_use_link(struct sweep_sender *s, const uint8_t header[HELPER_LINK_SIZE])
{
    struct helper_request request = {.question = HELPER_LINK};
    memcpy(request.link_header, header, sizeof request.link_header);
    s->link_known = true;
    (void)ask(s, &request);
}

static bool share(struct sweep_sender *s, unsigned rate)
{
    void *memory = mmap(NULL, sizeof *s->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    s->shared = memory;
    pace_init(&s->shared->pace, rate);
    return true;
}

bool sweep_sender_open(struct sweep_sender *s, const struct probe_route *route, const struct address *target,
                       uint32_t scope, unsigned rate, char error[PROBE_ERROR_SIZE])
{
    static const struct helper_duty duty = {"--all-ports needs a raw socket", begin_sending, serve};
    struct sweeping sweeping = {
        .source = route->source, .target = *target, .scope = scope, .batch = batch_at(rate), .rate = rate};
    *s = (struct sweep_sender){.helper = {-1, -1}, .target = *target};
    (void)!getrandom(&s->key, sizeof s->key, 0);
    (void)!getrandom(&s->start, sizeof s->start, 0);
    if (!share(s, rate)) {
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
        return false;
    }
    memcpy(sweeping.interface, route->interface, sizeof sweeping.interface);
    sweeping.shared = s->shared;
    sweeping.key = s->key;
    sweeping.start = s->start;
    return helper_start(&s->helper, &duty, &sweeping, error);
}

void sweep_sender_close(struct sweep_sender *s)
{
    if (s->shared == NULL)
        return;
    s->shared->stop = true;
    helper_end(&s->helper);
    munmap(s->shared, sizeof *s->shared);
    s->shared = NULL;
}
