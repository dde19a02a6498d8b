/* ICMP, neighbours and DNS. */
#include "test_decode_harness.h"

/* ICMP */

static void build_icmp(uint8_t type, uint8_t code, uint32_t rest)
{
    uint8_t *h = push(b, 8);
    h[0] = type;
    h[1] = code;
    put32(h + 4, rest);
}

static void quote_keep(size_t n)
{
    uint8_t kept[200];
    memcpy(kept, built(b), n);
    b->len = 0;
    push_bytes(b, kept, n);
}

static void assert_quote(const struct icmp_quote *q, int version)
{
    assert_true(q->is_tcp);
    assert_true(q->has_seq);
    assert_address(&q->src, version == 4 ? "10.7.1.2" : "fd00::1");
    assert_address(&q->dst, version == 4 ? "10.7.2.2" : "fd00::2");
    assert_int_equal(q->src_port, CLIENT_PORT);
    assert_int_equal(q->dst_port, 22);
    assert_int_equal(q->seq, SEQ);
    assert_int_equal(q->ttl, 61);
    assert_int_equal(q->tos, 0x48);
    assert_int_equal(q->ip_id, version == 4 ? 0x1234 : 0);
    assert_int_equal(q->ip_len, version == 4 ? 40 : 60);
}

static void icmp_errors(void **state)
{
    static const uint8_t types[] = {3, 4, 11, 12};
    (void)state;
    for (size_t i = 0; i < sizeof types; i++)
        for (size_t quoted = 28; quoted <= 40; quoted += 12) {
            build_syn4(b);
            quote_keep(quoted);
            build_icmp(types[i], 13, 0);
            build_ipv4(b, 1);
            struct packet p = decode_ok(RAW);
            assert_int_equal(p.kind, PACKET_ICMP_ERROR);
            assert_int_equal(p.icmp.type, types[i]);
            assert_int_equal(p.icmp.code, 13);
            assert_int_equal(p.icmp.mtu, 0);
            assert_true(p.icmp.has_quote);
            assert_quote(&p.icmp.quote, 4);
            assert_int_equal(p.icmp.quote.tcp_flags, quoted == 28 ? 0 : TCP_SYN);
        }
}

static void icmpv6_errors(void **state)
{
    (void)state;
    for (uint8_t type = 1; type <= 4; type++) {
        build_syn6(b);
        quote_keep(48);
        build_icmp(type, 0, 1280);
        build_ipv6(b, 58);
        struct packet p = decode_ok(RAW);
        assert_int_equal(p.kind, PACKET_ICMP_ERROR);
        assert_int_equal(p.icmp.type, type);
        assert_int_equal(p.icmp.mtu, type == 2 ? 1280 : 0);
        assert_quote(&p.icmp.quote, 6);
    }
    b->len = 0;
    build_tcp(b, TCP_SYN);
    build_extension(b, 6, 1);
    build_ipv6_fragment(b, 60, 0, true, 5);
    build_extension(b, 44, 1);
    build_ipv6(b, 0);
    put16(built(b) + 4, 20);
    build_icmp(1, 4, 0);
    build_ipv6(b, 58);
    struct packet p = decode_ok(RAW);
    assert_quote(&p.icmp.quote, 6);
    assert_int_equal(p.icmp.quote.tcp_flags, TCP_SYN);
}

static void icmp_next_hop_mtu(void **state)
{
    (void)state;
    build_syn4(b);
    build_icmp(3, 4, 1400);
    build_ipv4(b, 1);
    assert_int_equal(decode_ok(RAW).icmp.mtu, 1400);
}

static void icmp_quotes_that_are_no_tcp(void **state)
{
    struct packet p;
    (void)state;
    b->len = 0;
    push(b, 8);
    build_ipv4(b, 17);
    build_icmp(3, 3, 0);
    build_ipv4(b, 1);
    p = decode_ok(RAW);
    assert_true(p.icmp.has_quote);
    assert_false(p.icmp.quote.is_tcp);
    assert_true(p.icmp.quote.is_udp);
    build_syn4(b);
    put16(built(b) + 6, 100); /* a later fragment has no ports */
    build_icmp(3, 3, 0);
    build_ipv4(b, 1);
    p = decode_ok(RAW);
    assert_true(p.icmp.has_quote);
    assert_false(p.icmp.quote.is_tcp);
    build_syn4(b);
    quote_keep(27); /* one byte short of the sequence number */
    build_icmp(3, 3, 0);
    build_ipv4(b, 1);
    p = decode_ok(RAW);
    assert_true(p.icmp.quote.is_tcp);
    assert_false(p.icmp.quote.has_seq);
    assert_int_equal(p.icmp.quote.dst_port, 22);
    build_syn4(b);
    quote_keep(23); /* one byte short of the ports */
    build_icmp(3, 3, 0);
    build_ipv4(b, 1);
    p = decode_ok(RAW);
    assert_true(p.icmp.has_quote);
    assert_false(p.icmp.quote.is_tcp);
    build_syn4(b);
    quote_keep(19);
    build_icmp(3, 3, 0);
    build_ipv4(b, 1);
    assert_int_equal(decode(RAW, &p), DECODE_TRUNCATED);
    assert_int_equal(p.kind, PACKET_ICMP_ERROR);
    assert_false(p.icmp.has_quote);
}

static void icmp_that_is_no_error(void **state)
{
    (void)state;
    build_syn4(b);
    build_icmp(5, 1, 0);
    build_ipv4(b, 1);
    assert_int_equal(decode_ok(RAW).kind, PACKET_OTHER);
    b->len = 0;
    push(b, 56);
    build_icmp(0, 0, 1);
    build_ipv4(b, 1);
    assert_int_equal(decode_ok(RAW).kind, PACKET_ICMP_ECHO_REPLY);
    b->len = 0;
    build_icmp(129, 0, 1);
    build_ipv6(b, 58);
    assert_int_equal(decode_ok(RAW).kind, PACKET_ICMP_ECHO_REPLY);
    b->len = 0;
    build_icmp(8, 0, 1);
    build_ipv4(b, 1);
    assert_int_equal(decode_ok(RAW).kind, PACKET_OTHER);
    b->len = 0;
    build_icmp(1, 0, 1); /* ICMPv6 within IPv4 */
    build_ipv4(b, 58);
    assert_int_equal(decode_ok(RAW).kind, PACKET_OTHER);
}

/* Neighbours */

static struct packet decode_arp(uint8_t operation, const uint8_t sender[4], const uint8_t target[4])
{
    b->len = 0;
    push(b, 18);
    push_bytes(b, target, 4);
    PUSH(b, 2, 0, 0, 0, 0, 9);
    push_bytes(b, sender, 4);
    PUSH(b, 0, 1, 8, 0, 6, 4, 0, operation, 2, 0, 0, 0, 0, 8);
    build_ethernet(b, 0x0806);
    return decode_ok(ETHERNET);
}

static void arp(void **state)
{
    static const uint8_t one[4] = {10, 0, 0, 1}, two[4] = {10, 0, 0, 2}, zero[4] = {0};
    (void)state;
    struct packet p = decode_arp(1, one, two);
    assert_int_equal(p.kind, PACKET_ARP);
    assert_int_equal(p.neighbour.kind, NEIGHBOUR_REQUEST);
    assert_address(&p.neighbour.asker, "10.0.0.1");
    assert_address(&p.neighbour.target, "10.0.0.2");
    assert_address(&p.src, "10.0.0.1");
    assert_address(&p.dst, "10.0.0.2");
    assert_true(p.neighbour.padded);
    p = decode_arp(2, two, one);
    assert_int_equal(p.neighbour.kind, NEIGHBOUR_REPLY);
    assert_address(&p.neighbour.asker, "10.0.0.1");
    assert_address(&p.neighbour.target, "10.0.0.2");
    assert_int_equal(p.neighbour.target_mac[5], 8);
    p = decode_arp(1, zero, two); /* a probe */
    assert_int_equal(p.kind, PACKET_ARP);
    assert_true(address_is_none(&p.neighbour.asker));
    p = decode_arp(1, two, two);
    assert_int_equal(p.kind, PACKET_ARP);
    assert_int_equal(p.neighbour.kind, NEIGHBOUR_ANNOUNCEMENT);
    assert_address(&p.neighbour.target, "10.0.0.2");
    assert_int_equal(p.neighbour.target_mac[5], 8);
    assert_int_equal(decode_arp(2, two, two).neighbour.kind, NEIGHBOUR_ANNOUNCEMENT);
    assert_int_equal(decode_arp(3, one, two).kind, PACKET_NOT_IP);
}

static void build_neighbour_message(uint8_t type, bool with_option)
{
    b->len = 0;
    if (with_option)
        PUSH(b, 14, 1, 0, 0, 0, 0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 8);
    PUSH(b, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9);
    build_icmp(type, 0, 0);
    build_ipv6(b, 58)[7] = 255;
    build_ethernet(b, 0x86dd);
}

static void neighbour_discovery(void **state)
{
    (void)state;
    build_neighbour_message(135, false);
    struct packet p = decode_ok(ETHERNET);
    assert_int_equal(p.kind, PACKET_ARP);
    assert_int_equal(p.ip_version, 6);
    assert_int_equal(p.neighbour.kind, NEIGHBOUR_REQUEST);
    assert_address(&p.neighbour.asker, "fd00::1");
    assert_address(&p.neighbour.target, "fd00::9");
    build_neighbour_message(136, true);
    p = decode_ok(ETHERNET);
    assert_int_equal(p.neighbour.kind, NEIGHBOUR_REPLY);
    assert_address(&p.neighbour.asker, "fd00::2");
    assert_address(&p.neighbour.target, "fd00::9");
    assert_int_equal(p.neighbour.target_mac[5], 8);
    build_neighbour_message(136, false); /* the MAC address that answered is then the answer */
    assert_int_equal(decode_ok(ETHERNET).neighbour.target_mac[5], 0x50);
    build_neighbour_message(135, false);
    built(b)[14 + 7] = 254; /* came through a router */
    assert_int_equal(decode_ok(ETHERNET).kind, PACKET_OTHER);
}

/* DNS */

static void build_dns_header(uint16_t flags, uint16_t questions, uint16_t answers)
{
    uint8_t *h = push(b, 12);
    put16(h, 0xbeef);
    put16(h + 2, flags);
    put16(h + 4, questions);
    put16(h + 6, answers);
}

static void build_question(uint8_t type)
{
    PUSH(b, 3, 'W', 'w', 'w', 7, 'E', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, type, 0, 1);
}

static struct packet decode_dns(uint16_t src, uint16_t dst)
{
    build_udp(b, src, dst);
    build_ipv4(b, 17);
    struct packet p = decode_ok(RAW);
    assert_int_equal(p.kind, PACKET_DNS);
    return p;
}

static void dns_question(void **state)
{
    static const uint16_t ports[] = {53, 5353, 5355};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        b->len = 0;
        build_question(28);
        build_dns_header(0x0100, 1, 0);
        struct packet p = decode_dns(40000, ports[i]);
        assert_false(p.dns.is_response);
        assert_int_equal(p.dns.id, 0xbeef);
        assert_int_equal(p.dns.query_type, 28);
        assert_string_equal(p.dns.name, "www.example");
        assert_int_equal(p.dns.answers, 0);
    }
}

static void dns_questions_of_resolvers(void **state)
{
    (void)state;
    b->len = 0;
    build_question(1);
    build_dns_header(0, 1, 0);
    assert_false(decode_dns(40000, 53).dns.recursion_desired);
    for (size_t cut = 0; cut < 2; cut++) { /* the record of EDNS with an option of no use and a cookie, whole and cut */
        b->len = 0;
        if (cut)
            PUSH(b, 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 12, 0, 3, 0, 0, 0, 10);
        else
            PUSH(b, 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 16, 0, 3, 0, 0, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);
        build_question(1);
        build_dns_header(0x0100, 1, 0);
        const struct packet p = decode_dns(40000, 53);
        assert_true(p.dns.recursion_desired);
        assert_int_equal(p.dns.cookie, !cut);
    }
    b->len = 0;
    PUSH(b, 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0);
    build_question(1);
    build_dns_header(0x0100, 1, 0);
    assert_false(decode_dns(40000, 53).dns.cookie);
}

static void dns_answers(void **state)
{
    (void)state;
    b->len = 0;
    PUSH(b, 0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 9, 0, 16, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7);
    PUSH(b, 1, 'x', 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 0, 0, 1);
    PUSH(b, 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 4, 1, 'x', 0xc0, 12); /* CNAME */
    build_question(1);
    build_dns_header(0x8180, 1, 3);
    struct packet p = decode_dns(53, 40000);
    assert_true(p.dns.is_response);
    assert_int_equal(p.dns.rcode, 0);
    assert_int_equal(p.dns.answers, 2);
    assert_string_equal(p.dns.name, "www.example");
    assert_false(p.dns.truncated);
    assert_int_equal(p.dns.address_count, 2);
    assert_address(&p.dns.address[0], "10.0.0.1");
    assert_address(&p.dns.address[1], "fd00::7");
}

/* No more addresses are kept than there is room for, and none that has not the length of one. */
static void dns_addresses(void **state)
{
    (void)state;
    b->len = 0;
    for (uint8_t i = 0; i < 2 * DNS_ADDRESSES; i++)
        PUSH(b, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 0, 0, i);
    PUSH(b, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 3, 10, 0, 0);
    PUSH(b, 0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 9, 0, 4, 10, 0, 0, 1);
    build_question(1);
    build_dns_header(0x8380, 1, 2 * DNS_ADDRESSES + 2);
    struct packet p = decode_dns(53, 40000);
    assert_true(p.dns.truncated);
    assert_int_equal(p.dns.answers, 2 * DNS_ADDRESSES + 2);
    assert_int_equal(p.dns.address_count, DNS_ADDRESSES);
    for (int i = 0; i < DNS_ADDRESSES; i++)
        assert_true(address_is_ipv4(&p.dns.address[i]) && p.dns.address[i].bytes[12] == 10);
}

static void dns_response_codes(void **state)
{
    (void)state;
    for (uint8_t rcode = 0; rcode < 16; rcode++) {
        b->len = 0;
        build_question(1);
        build_dns_header((uint16_t)(0x8180 | rcode), 1, 0);
        assert_int_equal(decode_dns(53, 40000).dns.rcode, rcode);
    }
}

static void dns_lying_counts(void **state)
{
    struct packet p;
    (void)state;
    b->len = 0;
    build_question(1);
    build_dns_header(0x8180, 1, 0xffff);
    assert_int_equal(decode_dns(53, 40000).dns.answers, 0);
    b->len = 0;
    build_question(1);
    build_dns_header(0x8180, 0xffff, 0);
    build_udp(b, 53, 40000);
    build_ipv4(b, 17);
    assert_int_equal(decode(RAW, &p), DECODE_TRUNCATED);
    assert_int_equal(p.kind, PACKET_DNS);
    assert_string_equal(p.dns.name, "www.example");
}

static void dns_names_that_loop(void **state)
{
    static const uint8_t names[][6] = {
        {0xc0, 12, 0, 1, 0, 1},   {0xc0, 14, 0xc0, 12, 0, 1}, {1, 'a', 0xc0, 12, 0, 1},
        {0xff, 0xff, 0, 1, 0, 1}, {0x40, 0, 0, 1, 0, 1},      {63, 'a', 0, 1, 0, 1},
    };
    struct packet p;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        b->len = 0;
        push_bytes(b, names[i], sizeof names[i]);
        build_dns_header(0x0100, 1, 0);
        build_udp(b, 40000, 53);
        build_ipv4(b, 17);
        assert_int_equal(decode(RAW, &p), DECODE_TRUNCATED);
        assert_int_equal(p.kind, PACKET_DNS);
        assert_string_equal(p.dns.name, "");
    }
}

static void dns_long_and_odd_names(void **state)
{
    struct packet p;
    (void)state;
    for (int last = 61; last <= 62; last++) { /* 253 characters are a name, 254 are none */
        b->len = 0;
        PUSH(b, 0, 0, 1, 0, 1);
        for (int label = 0; label < 4; label++) {
            int len = label == 0 ? last : 63;
            memset(push(b, (size_t)len), 'a', (size_t)len);
            push(b, 1)[0] = (uint8_t)len;
        }
        build_dns_header(0x0100, 1, 0);
        build_udp(b, 40000, 53);
        build_ipv4(b, 17);
        assert_int_equal(decode(RAW, &p), last == 61 ? DECODE_OK : DECODE_TRUNCATED);
        assert_int_equal(strlen(p.dns.name), last == 61 ? 253 : 0);
    }
    b->len = 0;
    PUSH(b, 4, 'a', '.', 0x1b, 0xff, 0, 0, 1, 0, 1);
    build_dns_header(0x0100, 1, 0);
    assert_string_equal(decode_dns(40000, 53).dns.name, "a???");
    b->len = 0; /* the root */
    PUSH(b, 0, 0, 2, 0, 1);
    build_dns_header(0x0100, 1, 0);
    assert_string_equal(decode_dns(40000, 53).dns.name, "");
}

static void dns_updates_are_no_queries(void **state)
{
    (void)state;
    b->len = 0;
    build_question(6);
    build_dns_header(0x2800, 1, 0);
    build_udp(b, 40000, 53);
    build_ipv4(b, 17);
    assert_int_equal(decode_ok(RAW).kind, PACKET_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(icmp_errors),
        cmocka_unit_test(icmpv6_errors),
        cmocka_unit_test(icmp_next_hop_mtu),
        cmocka_unit_test(icmp_quotes_that_are_no_tcp),
        cmocka_unit_test(icmp_that_is_no_error),
        cmocka_unit_test(arp),
        cmocka_unit_test(neighbour_discovery),
        cmocka_unit_test(dns_question),
        cmocka_unit_test(dns_questions_of_resolvers),
        cmocka_unit_test(dns_answers),
        cmocka_unit_test(dns_addresses),
        cmocka_unit_test(dns_response_codes),
        cmocka_unit_test(dns_lying_counts),
        cmocka_unit_test(dns_names_that_loop),
        cmocka_unit_test(dns_long_and_odd_names),
        cmocka_unit_test(dns_updates_are_no_queries),
        cmocka_unit_test(flipped_bits), /* last: it flips the frames of all others */
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
