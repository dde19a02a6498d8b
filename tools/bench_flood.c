/* Floods an interface with frames, as fast as one core can send them or at a given rate.
 *
 *     bench_flood syn|bulk INTERFACE MAC ADDRESS SECONDS [PER_SECOND]
 *
 * syn: SYNs from random sources to ADDRESS port 22. bulk: full segments of one SSH connection to it, as of scp.
 * MAC is the receiver's. Prints the frames sent and the processor seconds that it took.
 */
#include <net/if.h>
#include <netpacket/packet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench_frames.h"

#ifndef PACKET_QDISC_BYPASS
#define PACKET_QDISC_BYPASS 20
#endif

/* Frames are built where bench_frames.h writes them: behind a pcap record's header. */
enum { BATCH = 64, SSH = 22, RECORD_HEADER = 16, IP_AT = RECORD_HEADER + ETHERNET, TCP_AT = IP_AT + 20 };

struct slot {
    uint8_t bytes[RECORD_HEADER + FRAME_MAX];
    size_t size;
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int open_socket(const char *interface)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};
    const int on = 1;
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0 || to.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&to, sizeof to) < 0)
        fail(interface);
    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    return fd;
}

static void build(struct slot *slot, const uint8_t mac[6], const struct endpoint *to, const struct segment *segment)
{
    static const struct endpoint from = {0x0a090901, 40000};
    struct capture capture = {.out = fmemopen(slot->bytes, sizeof slot->bytes, "w")};
    if (capture.out == NULL)
        fail("fmemopen");
    tcp_frame(&capture, false, &from, to, segment);
    slot->size = (size_t)ftell(capture.out);
    fclose(capture.out);
    memcpy(slot->bytes + RECORD_HEADER, mac, 6);
}

/* A new source, port and sequence number; the checksums are made anew. */
static void renew_syn(struct slot *slot, struct dice *dice)
{
    uint8_t *ip = slot->bytes + IP_AT, *tcp = slot->bytes + TCP_AT;
    uint64_t random = dice_roll(dice);
    put32(ip + 12, 0x0b000000 + (uint32_t)random % 0xb0000000); /* from 11.0.0.0 on: 10/8 is the genuine clients' */
    put16(ip + 10, 0);
    uint16_t check = sum_end(sum(0, ip, 20));
    memcpy(ip + 10, &check, 2);
    put16(tcp, 1024 + (uint32_t)(random >> 32) % 64000);
    put32(tcp + 4, (uint32_t)(random >> 24));
    put16(tcp + 16, 0);
    segment_sum(tcp, false, 6, (uint32_t)slot->size - TCP_AT, tcp + 16);
}

static void renew_data(struct slot *slot, uint32_t *seq)
{
    put32(slot->bytes + TCP_AT + 4, *seq);
    *seq += FULL_SEGMENT;
}

static int64_t flood(int fd, bool syn, struct slot *slots, int64_t seconds, int64_t per_second)
{
    struct mmsghdr messages[BATCH] = {0};
    struct iovec vectors[BATCH];
    struct dice dice = {(uint64_t)now_us() | 1};
    uint32_t seq = 1001;
    int64_t sent = 0, begin = now_us();
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){slots[i].bytes + RECORD_HEADER, slots[i].size - RECORD_HEADER};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (int64_t at; (at = now_us() - begin) < seconds * 1000000;) {
        if (per_second > 0 && sent > at * per_second / 1000000) {
            usleep(200);
            continue;
        }
        for (int i = 0; i < BATCH; i++)
            if (syn)
                renew_syn(&slots[i], &dice);
            else
                renew_data(&slots[i], &seq);
        int n = sendmmsg(fd, messages, BATCH, 0);
        sent += n > 0 ? n : 0;
    }
    return sent;
}

static double processor_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
    static struct slot slots[BATCH];
    static uint8_t payload[FULL_SEGMENT];
    uint8_t mac[6];
    struct in_addr address;
    if (argc < 6 || inet_pton(AF_INET, argv[4], &address) != 1 ||
        sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6) {
        fputs("usage: bench_flood syn|bulk INTERFACE MAC ADDRESS SECONDS [PER_SECOND]\n", stderr);
        return 2;
    }
    bool syn = strcmp(argv[1], "syn") == 0;
    struct endpoint to = {ntohl(address.s_addr), SSH};
    struct segment segment = {.seq = 1, .flags = SYN};
    if (!syn)
        segment = (struct segment){.seq = 1, .ack = 1, .flags = ACK | PSH, .payload = payload, .size = FULL_SEGMENT};
    for (int i = 0; i < BATCH; i++)
        build(&slots[i], mac, &to, &segment);
    int64_t sent = flood(open_socket(argv[2]), syn, slots, atol(argv[5]), argc > 6 ? atol(argv[6]) : 0);
    printf("%lld %.2f\n", (long long)sent, processor_seconds());
    return 0;
}
