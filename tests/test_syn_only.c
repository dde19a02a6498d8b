/* A server that was no more than parsed at gives what it would have given had every frame been decoded whole: random
 * packets among a handful of addresses, so that all meets all, read both ways and compared to the last byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/packet.h>
#include <sshsniff/report.h>
#include <sshsniff/tracker.h>
#include <sshsniff/verdict.h>

#include "random_frames.h"

enum { TRIALS = 1200, PACKETS = 24, ADDRESSES = 5, FRAME = 128, ETHERNET = 14, IPV4 = 20, TCP = 20 };

static struct dice dice;

struct sending {
    uint8_t bytes[FRAME];
    uint32_t size;
};

static uint32_t address(uint32_t number)
{
    return 0x0a000001 + number;
}

static void put_ethernet(struct sending *s, uint32_t src, uint32_t dst, uint16_t type)
{
    memset(s, 0, sizeof *s);
    /* Two behind one router, whose MAC address is also that of an address of its own. */
    s->bytes[5] = (uint8_t)(dst < 2 ? 9 : dst);
    s->bytes[11] = (uint8_t)(src < 2 ? 9 : src);
    s->bytes[0] = s->bytes[6] = 2;
    put16(s->bytes + 12, type);
    s->size = ETHERNET;
}

static uint8_t *put_ipv4(struct sending *s, uint32_t src, uint32_t dst, uint8_t protocol, uint32_t payload)
{
    static const uint8_t tos[] = {0, 0, 0, 0x10}, ttl[] = {64, 64, 63, 255};
    put_ethernet(s, src, dst, 0x0800);
    uint8_t *ip = s->bytes + ETHERNET;
    ip[0] = 0x45;
    ip[1] = tos[roll(&dice, 4)];
    put16(ip + 2, IPV4 + payload);
    ip[8] = ttl[roll(&dice, 4)];
    ip[9] = protocol;
    put32(ip + 12, address(src));
    put32(ip + 16, address(dst));
    s->size += IPV4 + payload;
    return ip + IPV4;
}

/* NOPs, and at their end what is read of them: so that a longer SYN's last bytes tell too. */
static void put_options(uint8_t *options, uint32_t length)
{
    memset(options, 1, length);
    if (length) {
        options[length - 4] = 2; /* the MSS */
        options[length - 3] = 4;
        put16(options + length - 2, 500 + roll(&dice, 1000));
    }
}

static void put_segment(struct sending *s, bool to_server, uint8_t flags, const char *text)
{
    uint32_t client = roll(&dice, ADDRESSES), server = roll(&dice, ADDRESSES), seq = 1000 * roll(&dice, 2);
    uint16_t client_port = (uint16_t)(roll(&dice, 4) ? 40000 + roll(&dice, 2) : 22),
             server_port = (uint16_t)(roll(&dice, 8) ? 22 : 80);
    uint32_t length = (uint32_t)strlen(text), options = flags & TCP_SYN ? 4 * roll(&dice, 11) : 0;
    uint8_t *tcp = put_ipv4(s, to_server ? client : server, to_server ? server : client, 6, TCP + options + length);
    put16(tcp, to_server ? client_port : server_port);
    put16(tcp + 2, to_server ? server_port : client_port);
    put32(tcp + 4, to_server || !(flags & TCP_RST) ? seq + (length ? 1 : 0) : 0);
    put32(tcp + 8, flags & TCP_ACK ? seq + 1 : 0);
    tcp[12] = (uint8_t)((TCP + options) << 2);
    put_options(tcp + TCP, options);
    tcp[13] = flags;
    put16(tcp + 14, flags & TCP_RST ? 0 : 64000);
    memcpy(tcp + TCP + options, text, length);
}

/* Port unreachable, or communication administratively prohibited, for a SYN. */
static void put_error(struct sending *s)
{
    uint32_t client = roll(&dice, ADDRESSES), server = roll(&dice, ADDRESSES);
    uint8_t *icmp = put_ipv4(s, roll(&dice, 2) ? server : roll(&dice, ADDRESSES), client, 1, 8 + IPV4 + 8);
    icmp[0] = 3;
    icmp[1] = roll(&dice, 2) ? 3 : 13;
    uint8_t *quote = icmp + 8;
    quote[0] = 0x45;
    put16(quote + 2, 40);
    quote[8] = 64;
    quote[9] = 6;
    put32(quote + 12, address(client));
    put32(quote + 16, address(server));
    put16(quote + IPV4, 40000 + roll(&dice, 2));
    put16(quote + IPV4 + 2, 22);
    put32(quote + IPV4 + 4, 1000 * roll(&dice, 2));
}

static void put_arp(struct sending *s, bool reply)
{
    uint32_t asker = roll(&dice, ADDRESSES), target = roll(&dice, ADDRESSES);
    put_ethernet(s, reply ? target : asker, asker, 0x0806);
    if (!reply)
        memset(s->bytes, 0xff, 6);
    uint8_t *arp = s->bytes + ETHERNET;
    put16(arp, 1);
    put16(arp + 2, 0x0800);
    arp[4] = 6;
    arp[5] = 4;
    put16(arp + 6, reply ? 2 : 1);
    memcpy(arp + 8, s->bytes + 6, 6);
    put32(arp + 14, address(reply ? target : asker));
    put32(arp + 24, address(reply ? asker : target));
    s->size += 28;
}

static void put_datagram(struct sending *s)
{
    uint8_t *udp = put_ipv4(s, roll(&dice, ADDRESSES), roll(&dice, ADDRESSES), 17, 20);
    put16(udp, 5000);
    put16(udp + 2, 5001);
    put16(udp + 4, 20);
}

static void put_echo_reply(struct sending *s)
{
    put_ipv4(s, roll(&dice, ADDRESSES), roll(&dice, ADDRESSES), 1, 16);
}

static void put_any(struct sending *s)
{
    switch (roll(&dice, 16)) {
    case 0:
        put_segment(s, false, TCP_SYN | TCP_ACK, "");
        break;
    case 1:
        put_segment(s, false, TCP_ACK | TCP_PSH, "SSH-2.0-OpenSSH_9.2\r\n");
        break;
    case 2:
        put_segment(s, true, TCP_ACK, "");
        break;
    case 3:
        put_segment(s, roll(&dice, 2), TCP_RST, "");
        break;
    case 4:
        put_error(s);
        break;
    case 5:
        put_arp(s, roll(&dice, 2));
        break;
    case 6:
        put_datagram(s);
        break;
    case 7:
        put_echo_reply(s);
        break;
    case 8:
    case 9:
    case 10:
        put_segment(s, false, TCP_RST | TCP_ACK, "");
        break;
    default:
        put_segment(s, true, TCP_SYN, "");
    }
}

struct way {
    bool whole, live;
    struct tracker *tracker;
    struct report *report;
    struct verdict verdict;
    FILE *out;
    char *text;
    size_t size;
};

static void on_case(void *context, const struct case_file *file)
{
    struct way *way = context;
    diagnose(file, &way->verdict);
    report_verdict(way->report, file, &way->verdict, "syn-only");
    const struct attempt *a = file->attempt;
    /* No line of the report shows these. */
    fprintf(way->out, "MSS %u, interface %u, TTL %u to %u, again after %u ms, last after %lld us\n", a->syn.mss,
            a->syn.interface, a->syn_ttl_min, a->syn_ttl_max, a->second_syn_gap_ms,
            (long long)(a->last_syn_us - a->syn.ts_us));
}

static void on_host(void *context, const struct host *host)
{
    struct way *way = context;
    report_host(way->report, host, "syn-only");
}

static void way_open(struct way *way, const struct port_set *ports)
{
    way->out = open_memstream(&way->text, &way->size);
    way->report = report_new(&(struct report_options){.format = report_format_named("json"), .out = way->out});
    way->tracker = tracker_new(&(struct tracker_options){.ports = ports, .live = way->live, .decode_all = way->whole},
                               on_case, way);
    assert_non_null(way->tracker);
}

static void way_take(struct way *way, const struct frame *frame)
{
    tracker_frames(way->tracker, frame, 1);
    tracker_advance(way->tracker, frame->ts_us);
}

static void way_close(struct way *way)
{
    tracker_finish(way->tracker, false);
    tracker_hosts(way->tracker, on_host, way);
    report_close(way->report);
    fclose(way->out);
    tracker_free(way->tracker);
}

static void one_trial(const struct port_set *ports, bool live)
{
    static const int64_t pause_us[] = {100, 100, 5000, 1000000, 3000000};
    struct way quick = {.live = live}, whole = {.whole = true, .live = live};
    struct frame frame = {.linktype = 1, .ts_us = 1700000000000000};
    way_open(&quick, ports);
    way_open(&whole, ports);
    for (int i = 0; i < PACKETS; i++) {
        struct sending sending;
        put_any(&sending);
        frame.data = sending.bytes;
        frame.len = sending.size;
        frame.caplen = sending.size - roll(&dice, 2) * roll(&dice, sending.size / 3); /* some are snapped */
        frame.interface = roll(&dice, 2) * 70000;
        frame.ts_us += pause_us[roll(&dice, 5)];
        frame.number++;
        way_take(&quick, &frame);
        way_take(&whole, &frame);
    }
    way_close(&quick);
    way_close(&whole);
    assert_string_equal(quick.text, whole.text);
    free(quick.text);
    free(whole.text);
}

static void many_trials(bool live)
{
    static struct port_set ports;
    assert_true(port_set_parse(&ports, "22"));
    for (int i = 0; i < TRIALS; i++) {
        dice.state = (uint64_t)i << 32;
        one_trial(&ports, live);
    }
}

static void in_a_file(void **state)
{
    (void)state;
    many_trials(false);
}

static void live(void **state)
{
    (void)state;
    many_trials(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_a_file), cmocka_unit_test(live)};
    return cmocka_run_group_tests_name("syn-only", tests, NULL, NULL);
}
