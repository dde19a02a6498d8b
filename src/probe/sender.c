#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/steady_clock.h"
#include "craft.h"
#include "neighbour_ask.h"
#include "os/confine.h"
#include "os/helper.h"
#include "os/privilege.h"
#include "plan.h"
#include "probe_packets.h"
#include "sender.h"
#include "sockets.h"

#define ASK_AGAIN_US 60000
#define CATCH_UP_US  4000 /* a late turn may make up for so much, a long pause may not */

/* What the process that reads the answers has of it: neither socket. */
struct sender {
    struct helper helper;
    bool ipv6;
    bool link_known;
    unsigned neighbour_asked;
    int64_t next_us; /* the next packet may leave then */
};

/* What the process that sends has: to one target, and only packets that the plan knows. */
struct sending {
    struct address source, target;
    uint32_t scope;
    unsigned ifindex;
    bool near; /* whoever has the target's address can be asked */
    struct neighbour_ask neighbour;
    struct crafter *crafter;
    int raw;
    int link; /* -1: packets leave by the kernel's routing */
    bool link_known;
    uint8_t link_header[ETHERNET_HEADER_SIZE];
    struct sockaddr_storage to;
    socklen_t to_length;
};

int raw_socket_open(const struct address *target)
{
    return socket(address_is_ipv4(target) ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
}

bool ethernet_header_of(const struct frame *frame, bool ipv6, uint8_t out[ETHERNET_HEADER_SIZE])
{
    enum { LINKTYPE_ETHERNET = 1 };
    uint16_t type = htons(ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
    if (frame->linktype != LINKTYPE_ETHERNET || frame->caplen < ETHERNET_HEADER_SIZE ||
        memcmp(frame->data + ETHERNET_HEADER_SIZE - sizeof type, &type, sizeof type) != 0)
        return false;
    memcpy(out, frame->data, ETHERNET_HEADER_SIZE);
    return true;
}

/* ---- The process that sends ---- */

static bool send_by_link(struct sending *s, struct crafted_packet *packet)
{
    struct iovec parts[] = {{s->link_header, sizeof s->link_header}, {packet->bytes, packet->size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(s->link, &message, 0) == (ssize_t)(packet->size + sizeof s->link_header);
}

/* False where sending failed; errno tells why. */
static bool send_packet(struct sending *s, const struct helper_packet *asked)
{
    const struct probe_packet probe = {.kind = (enum probe_kind)asked->kind,
                                       .port = asked->port,
                                       .source_port = asked->source_port,
                                       .seq = asked->seq,
                                       .tos = asked->tos,
                                       .ttl = asked->ttl};
    struct crafted_packet packet;
    errno = EINVAL;
    if (asked->kind >= ASK_KINDS || asked->index >= PROBE_PACKETS ||
        !craft_probe_packet(s->crafter, &probe, asked->index, asked->host_hop, &packet))
        return false;
    if (is_fragment(probe.kind) && s->link_known)
        return send_by_link(s, &packet);
    return sendto(s->raw, packet.bytes, packet.size, 0, (struct sockaddr *)&s->to, s->to_length) ==
           (ssize_t)packet.size;
}

static void serve(void *context, int channel)
{
    struct sending *s = context;
    struct helper_request request;
    while (helper_listen(channel, &request)) {
        struct helper_answer answer = {.question = request.question};
        if (request.question == HELPER_SEND)
            answer.number = send_packet(s, &request.packet) ? 0 : errno;
        else if (request.question == HELPER_NEIGHBOUR)
            neighbour_ask_send(&s->neighbour);
        else if (request.question == HELPER_LINK) {
            memcpy(s->link_header, request.link_header, sizeof s->link_header);
            s->link_known = s->link >= 0;
        }
        if (!helper_tell(channel, &answer))
            return;
    }
}

/* It is bound to no protocol. */
int link_socket_open(unsigned ifindex)
{
    const struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)ifindex};
    int fd = ifindex != 0 ? socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0 || bind(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool begin_sending(void *context, int channel, char error[HELPER_ERROR_SIZE])
{
    struct sending *s = context;
    const struct confinement wanted = {.kind = PROCESS_SENDER, .output = -1, .channel = channel};
    struct privilege now;
    struct confined got;
    s->crafter = crafter_new(&s->source, &s->target);
    s->raw = raw_socket_open(&s->target);
    s->link = link_socket_open(s->ifindex);
    s->neighbour.fd = -1;
    if (s->near)
        neighbour_ask_open(&s->neighbour, &s->source, &s->target, s->ifindex);
    s->to_length = probe_sockaddr(&s->target, s->scope, 0, &s->to); /* a raw socket takes no port, IPv6 refuses one */
    if (s->crafter != NULL && s->raw >= 0)
        return privilege_drop(NULL, &now, error) && confine(&wanted, &got, error);
    snprintf(error, HELPER_ERROR_SIZE, "%s", strerror(errno));
    return false;
}

/* ---- The process that reads the answers ---- */

/* Whether a raw socket is to be had is found out first: without one, ordinary sockets ask. */
static bool may_send(const struct address *target, bool *denied, char *error)
{
    int fd = raw_socket_open(target);
    if (fd >= 0) {
        close(fd);
        return true;
    }
    *denied = errno == EPERM || errno == EACCES || geteuid() != 0;
    snprintf(error, PROBE_ERROR_SIZE, "cannot open a raw socket: %s; run with sudo, or: setcap cap_net_raw+ep",
             strerror(errno));
    return false;
}

struct sender *sender_open(const struct probe_route *route, const struct address *target, uint32_t scope, bool *denied,
                           char error[PROBE_ERROR_SIZE])
{
    static const struct helper_duty duty = {"what sends", begin_sending, serve};
    struct sending sending = {.source = route->source,
                              .target = *target,
                              .scope = scope,
                              .ifindex = if_nametoindex(route->interface),
                              .near = route->near && !route->local,
                              .raw = -1,
                              .link = -1};
    struct sender *s;
    *denied = false;
    if (!may_send(target, denied, error))
        return NULL;
    s = calloc(1, sizeof *s);
    if (s != NULL && helper_start(&s->helper, &duty, &sending, error)) {
        s->ipv6 = !address_is_ipv4(target);
        return s;
    }
    if (s == NULL)
        snprintf(error, PROBE_ERROR_SIZE, "out of memory");
    free(s);
    return NULL;
}

void sender_close(struct sender *s)
{
    if (s == NULL)
        return;
    helper_end(&s->helper);
    free(s);
}

/* An errno; 0: done. */
static int ask(struct sender *s, const struct helper_request *request)
{
    struct helper_answer answer;
    if (!helper_ask(&s->helper, request) || helper_hear(&s->helper, true, &answer) != 1)
        return EPIPE;
    return answer.number;
}

void sender_ask_neighbour(struct sender *s, const struct probe_facts *facts, int64_t now_us)
{
    enum { REQUESTS = 2 };
    const struct helper_request request = {.question = HELPER_NEIGHBOUR};
    if (!facts->near || facts->local || s->neighbour_asked == REQUESTS ||
        now_us < facts->started_us + s->neighbour_asked * ASK_AGAIN_US)
        return;
    s->neighbour_asked++;
    (void)ask(s, &request);
}

void sender_learn(struct sender *s, const struct frame *frame)
{
    struct helper_request request = {.question = HELPER_LINK};
    if (s->link_known || !ethernet_header_of(frame, s->ipv6, request.link_header))
        return;
    s->link_known = true;
    (void)ask(s, &request);
}

/* `index` is the place of the packet in the table. */
static int send_one(struct sender *s, const struct probe_packet *probe, unsigned index, unsigned host_hop)
{
    const struct helper_request request = {.question = HELPER_SEND,
                                           .packet = {.kind = probe->kind,
                                                      .index = index,
                                                      .host_hop = host_hop,
                                                      .seq = probe->seq,
                                                      .source_port = probe->source_port,
                                                      .port = probe->port,
                                                      .tos = probe->tos,
                                                      .ttl = probe->ttl}};
    return ask(s, &request);
}

static unsigned target_hop(const struct probe_facts *facts)
{
    unsigned hop = 0;
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe = &facts->packet[i];
        bool sweep = probe->kind == ASK_CONTROL_SWEEP || probe->kind == ASK_PING_SWEEP;
        if (sweep && reply_is_targets(facts, &probe->reply) && (hop == 0 || probe->ttl < hop))
            hop = probe->ttl;
    }
    return hop;
}

static void send_and_note(struct sender *s, struct probe_facts *facts, struct probe_packet *probe, int64_t now_us)
{
    int failure = send_one(s, probe, (unsigned)(probe - facts->packet), target_hop(facts));
    if (failure != 0 && failure != ENOBUFS)
        facts->send_error = failure;
    if (probe->sends++ == 0)
        probe->first_us = now_us;
    probe->last_us = now_us;
    probe->next_us = now_us + probe_style(probe->kind)->again_ms * INT64_C(1000);
    facts->packets_sent++;
}

void sender_send_due(struct sender *s, struct probe_facts *facts, unsigned rate)
{
    int64_t now_us = steady_now_us(), gap_us = 1000000 / (int64_t)rate;
    struct probe_packet *probe;
    if (s->next_us < now_us - CATCH_UP_US)
        s->next_us = now_us - CATCH_UP_US;
    while (s->next_us <= now_us && (probe = plan_next_due(facts, now_us)) != NULL) {
        send_and_note(s, facts, probe, now_us);
        s->next_us += gap_us;
    }
}
