/*
 * delayer: a wire with a length. Joins two Ethernet interfaces and hands each frame over after a delay.
 *
 *     delayer IFACE_A IFACE_B DELAY_MS [JITTER_MS]
 *
 * The lab needs paths of tens of milliseconds, and this is what stands in for netem. It prints "ready" once both
 * ends are open, and runs until it is killed. Frames are never reordered: a wire does not do that.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll */
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Room for what a sweep of all ports has under way: a wire loses nothing. Memory is touched only as it is used. */
enum { FRAME_MAX = 9216, QUEUE_SLOTS = 16384, SOCKET_BUFFER = 64 << 20 };

struct frame {
    int64_t due_ns;
    size_t length;
    uint8_t bytes[FRAME_MAX];
};

struct direction {
    int in;
    int out;
    size_t head;
    size_t used;
    int64_t last_due_ns;
    struct frame *queue;
};

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int fail(const char *what, const char *on)
{
    fprintf(stderr, "delayer: %s: %s: %s\n", on, what, strerror(errno));
    return -1;
}

static int open_end(const char *name)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    int on = 1, buffer = SOCKET_BUFFER;

    if (fd < 0)
        return fail("socket", name);
    address.sll_ifindex = (int)if_nametoindex(name);
    if (address.sll_ifindex == 0)
        return fail("no such interface", name);
    if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) < 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0)
        return fail("setsockopt", name);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return fail("bind", name);
    return fd;
}

static uint32_t sum16(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (; length > 1; bytes += 2, length -= 2)
        sum += (uint32_t)bytes[0] << 8 | bytes[1];
    if (length)
        sum += (uint32_t)bytes[0] << 8;
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* The upper protocol's checksum, where the sender left it for the interface to complete: a veth does not, and the
 * receiver would drop the frame. Addresses lie side by side in both families, so one sum covers them. */
static void complete_checksum(uint8_t *frame, size_t length)
{
    uint8_t *ip = frame + ETHER_HDR_LEN;
    size_t header, size, addresses, address_bytes, at;
    uint16_t type = (uint16_t)(frame[12] << 8 | frame[13]);
    uint8_t protocol;
    uint32_t sum;
    uint16_t checksum;

    if (type == ETHERTYPE_IP && length >= ETHER_HDR_LEN + 20) {
        header = (size_t)(ip[0] & 15) * 4;
        size = (size_t)ip[2] << 8 | ip[3];
        protocol = ip[9];
        addresses = 12;
        address_bytes = 8;
    } else if (type == ETHERTYPE_IPV6 && length >= ETHER_HDR_LEN + 40) {
        header = 40;
        size = ((size_t)ip[4] << 8 | ip[5]) + 40;
        protocol = ip[6];
        addresses = 8;
        address_bytes = 32;
    } else {
        return;
    }
    at = header + (protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 2);
    if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_ICMPV6) || size < at + 2 ||
        ETHER_HDR_LEN + size > length)
        return;
    ip[at] = ip[at + 1] = 0;
    sum = sum16(ip + addresses, address_bytes, (uint32_t)(size - header) + protocol);
    checksum = fold(sum16(ip + header, size - header, sum));
    if (checksum == 0 && protocol == IPPROTO_UDP)
        checksum = 0xffff;
    ip[at] = (uint8_t)(checksum >> 8);
    ip[at + 1] = (uint8_t)checksum;
}

/* One frame from the socket, its checksum whole. Returns its length, 0 where there is none now. */
static size_t receive(int fd, uint8_t *bytes)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } control;
    struct iovec span = {.iov_base = bytes, .iov_len = FRAME_MAX};
    struct msghdr message = {
        .msg_iov = &span, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
    struct cmsghdr *note;
    struct tpacket_auxdata aux;

    if (got < ETHER_HDR_LEN)
        return 0;
    for (note = CMSG_FIRSTHDR(&message); note; note = CMSG_NXTHDR(&message, note)) {
        if (note->cmsg_level != SOL_PACKET || note->cmsg_type != PACKET_AUXDATA)
            continue;
        memcpy(&aux, CMSG_DATA(note), sizeof aux);
        if (aux.tp_status & TP_STATUS_CSUMNOTREADY)
            complete_checksum(bytes, (size_t)got);
    }
    return (size_t)got;
}

static void take(struct direction *way, int64_t delay_ns, int64_t jitter_ns)
{
    while (way->used < QUEUE_SLOTS) {
        struct frame *slot = &way->queue[(way->head + way->used) % QUEUE_SLOTS];

        slot->length = receive(way->in, slot->bytes);
        if (slot->length == 0)
            return;
        slot->due_ns = now_ns() + delay_ns;
        if (jitter_ns > 0)
            slot->due_ns += (int64_t)(drand48() * (double)jitter_ns);
        if (slot->due_ns < way->last_due_ns)
            slot->due_ns = way->last_due_ns;
        way->last_due_ns = slot->due_ns;
        way->used++;
    }
}

/* Hands over what is due, and returns when the next frame will be; -1 for never. */
static int64_t deliver(struct direction *way)
{
    while (way->used > 0) {
        struct frame *first = &way->queue[way->head];

        if (first->due_ns > now_ns())
            return first->due_ns;
        /* A frame that the other end cannot take is lost, as on any wire. */
        (void)!write(way->out, first->bytes, first->length);
        way->head = (way->head + 1) % QUEUE_SLOTS;
        way->used--;
    }
    return -1;
}

static void wait_for(struct pollfd ends[2], int64_t next_ns)
{
    int64_t rest = next_ns < 0 ? 0 : next_ns - now_ns();
    struct timespec timeout = {.tv_sec = rest / 1000000000, .tv_nsec = rest % 1000000000};

    if (next_ns >= 0 && rest <= 0)
        return;
    ppoll(ends, 2, next_ns < 0 ? NULL : &timeout, NULL);
}

static void run(struct direction ways[2], int64_t delay_ns, int64_t jitter_ns)
{
    struct pollfd ends[2] = {{.fd = ways[0].in, .events = POLLIN}, {.fd = ways[1].in, .events = POLLIN}};

    for (;;) {
        int64_t first, second;

        take(&ways[0], delay_ns, jitter_ns);
        take(&ways[1], delay_ns, jitter_ns);
        first = deliver(&ways[0]);
        second = deliver(&ways[1]);
        if (first < 0 || (second >= 0 && second < first))
            first = second;
        wait_for(ends, first);
    }
}

int main(int argc, char **argv)
{
    static struct frame queues[2][QUEUE_SLOTS];
    struct direction ways[2] = {{.queue = queues[0]}, {.queue = queues[1]}};
    double delay_ms, jitter_ms;
    int i;

    if (argc < 4 || argc > 5) {
        fputs("usage: delayer IFACE_A IFACE_B DELAY_MS [JITTER_MS]\n", stderr);
        return 2;
    }
    delay_ms = atof(argv[3]);
    jitter_ms = argc == 5 ? atof(argv[4]) : 0;
    srand48(time(NULL) ^ getpid());
    for (i = 0; i < 2; i++) {
        ways[i].in = open_end(argv[1 + i]);
        if (ways[i].in < 0)
            return 1;
    }
    ways[0].out = ways[1].in;
    ways[1].out = ways[0].in;
    puts("ready");
    fflush(stdout);
    run(ways, (int64_t)(delay_ms * 1e6), (int64_t)(jitter_ms * 1e6));
    return 0;
}
