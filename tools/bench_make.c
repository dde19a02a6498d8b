/* Writes one input of the benchmark to standard output.
 *
 *     bench_make [-n] mixed PACKETS          what a busy network shows: downloads, web, QUIC, voice, DNS, some SSH
 *     bench_make [-n] refused ATTEMPTS       SYNs from random clients to random servers' port 22, each met by a RST
 *     bench_make [-n] bulk PACKETS           scp: a login, then full segments
 *     bench_make [-n] open ATTEMPTS AT_ONCE  SYN, SYN again, RST: AT_ONCE attempts are open at a time
 *
 * -n writes pcapng instead of pcap. The same arguments give the same bytes.
 */
#include "bench_flows.h"

enum { SLOTS = 4000 };

static const struct {
    enum flow_kind kind;
    uint16_t share; /* of 1000 flows */
    uint16_t port;
    uint16_t least, most; /* packets */
} mix[] = {
    {FLOW_BULK, 340, 8443, 200, 4000},  {FLOW_WEB, 160, 443, 10, 60}, {FLOW_QUIC, 180, 443, 50, 2000},
    {FLOW_VOICE, 250, 5004, 500, 4000}, {FLOW_DNS, 40, 53, 2, 3},     {FLOW_PING, 10, 0, 4, 40},
    {FLOW_SSH, 20, 22, 25, 400},
};

static void begin_any(struct flow *flow, struct dice *dice)
{
    uint32_t pick = dice_below(dice, 1000), i = 0;
    while (pick >= mix[i].share)
        pick -= mix[i++].share;
    flow_begin(flow, mix[i].kind, mix[i].port, mix[i].least + dice_below(dice, mix[i].most - mix[i].least), dice);
}

static void make_mixed(struct capture *capture, struct dice *dice, uint64_t packets)
{
    struct flow *flows = calloc(SLOTS, sizeof *flows);
    if (flows == NULL)
        exit(1);
    while (capture->frames < packets) {
        struct flow *flow = &flows[dice_below(dice, SLOTS)];
        capture->ts_us += dice_below(dice, 20);
        if (flow->last == 0)
            begin_any(flow, dice);
        if (!flow_step(flow, capture, dice))
            flow->last = 0;
    }
    free(flows);
}

struct attempt {
    struct endpoint client, server;
    uint32_t seq;
};

static struct attempt random_attempt(struct dice *dice)
{
    return (struct attempt){.client = {(uint32_t)dice_roll(dice), (uint16_t)(1024 + dice_below(dice, 64000))},
                            .server = {0x0a000000 | (uint32_t)(dice_roll(dice) >> 40), 22},
                            .seq = (uint32_t)dice_roll(dice)};
}

static void put_syn(struct capture *capture, const struct attempt *attempt)
{
    struct segment syn = {.seq = attempt->seq, .flags = SYN, .bare = true};
    tcp_frame(capture, false, &attempt->client, &attempt->server, &syn);
}

static void put_refusal(struct capture *capture, const struct attempt *attempt)
{
    struct segment rst = {.ack = attempt->seq + 1, .flags = RST | ACK, .bare = true};
    tcp_frame(capture, false, &attempt->server, &attempt->client, &rst);
}

/* A RST comes some round trip after its SYN, with others' packets between. */
static void make_refused(struct capture *capture, struct dice *dice, uint64_t attempts)
{
    enum { UNDER_WAY = 64 };
    static struct attempt under_way[UNDER_WAY];
    for (uint64_t i = 0; i < attempts + UNDER_WAY; i++) {
        struct attempt *slot = &under_way[i % UNDER_WAY];
        capture->ts_us += dice_below(dice, 8);
        if (i >= UNDER_WAY)
            put_refusal(capture, slot);
        if (i >= attempts)
            continue;
        *slot = random_attempt(dice);
        put_syn(capture, slot);
    }
}

static void make_bulk(struct capture *capture, struct dice *dice, uint64_t packets)
{
    struct flow flow;
    flow_begin(&flow, FLOW_SSH, 22, UINT32_MAX, dice);
    flow.ipv6 = false;
    for (int login = 0; login < SSH_OPENING + SSH_PROLOGUE + 8; login++, capture->ts_us += 900)
        flow_step(&flow, capture, dice);
    while (capture->frames < packets) {
        uint8_t room[FULL_SEGMENT];
        capture->ts_us += 12;
        if (capture->frames % 3 == 0)
            flow_tcp(&flow, capture, 1, ACK, NULL, 0);
        else {
            dice_fill(dice, room, sizeof room);
            flow_tcp(&flow, capture, 0, ACK | PSH, room, sizeof room);
        }
    }
}

/* The same packets for any number at once, only in another order: what differs is how many the reader has to keep. */
static void make_open(struct capture *capture, struct dice *dice, uint64_t attempts, uint64_t at_once)
{
    struct attempt *open = calloc(at_once, sizeof *open);
    if (open == NULL)
        exit(1);
    for (uint64_t done = 0; done < attempts; done += at_once) {
        for (uint64_t i = 0; i < at_once; i++, capture->ts_us++) {
            open[i] = random_attempt(dice);
            put_syn(capture, &open[i]);
        }
        capture->ts_us += 1000000;
        for (uint64_t i = 0; i < at_once; i++, capture->ts_us++)
            put_syn(capture, &open[i]);
        for (uint64_t i = 0; i < at_once; i++, capture->ts_us++)
            put_refusal(capture, &open[i]);
    }
    free(open);
}

static int usage(void)
{
    fputs("usage: bench_make [-n] mixed|refused|bulk COUNT | open COUNT AT_ONCE > FILE\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct capture capture = {.out = stdout, .ts_us = 1700000000000000};
    struct dice dice = {0x9e3779b97f4a7c15};
    if (argc > 1 && strcmp(argv[1], "-n") == 0) {
        capture.pcapng = true;
        argv++;
        argc--;
    }
    if (argc < 3)
        return usage();
    uint64_t count = strtoull(argv[2], NULL, 10), at_once = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    static char buffer[1 << 20];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    capture_begin(&capture);
    if (strcmp(argv[1], "mixed") == 0)
        make_mixed(&capture, &dice, count);
    else if (strcmp(argv[1], "refused") == 0)
        make_refused(&capture, &dice, count);
    else if (strcmp(argv[1], "bulk") == 0)
        make_bulk(&capture, &dice, count);
    else if (strcmp(argv[1], "open") == 0 && at_once > 0)
        make_open(&capture, &dice, count, at_once);
    else
        return usage();
    if (fflush(stdout) == 0)
        return 0;
    perror("writing");
    return 1;
}
