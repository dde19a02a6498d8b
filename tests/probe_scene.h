/* A probe's facts made by hand, for the judge. */
#ifndef TESTS_PROBE_SCENE_H
#define TESTS_PROBE_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sshsniff/probe.h>

enum { HOST_HOP = 3 }; /* two routers before the target */

static inline struct address address(const char *last)
{
    uint8_t bytes[4] = {10, 7, 0, 0};
    bytes[2] = (uint8_t)atoi(last);
    bytes[3] = (uint8_t)atoi(strchr(last, '.') + 1);
    return address_from_ipv4(bytes);
}

struct scene {
    struct probe_facts facts;
    struct probe_verdict out;
};

static inline struct probe_packet *add(struct scene *s, enum probe_kind kind, uint16_t port, uint8_t tos, uint8_t ttl)
{
    struct probe_packet *packet = &s->facts.packet[s->facts.packets];
    *packet = (struct probe_packet){
        .kind = kind, .port = port, .tos = tos, .ttl = ttl, .sends = 3, .max_sends = 3, .on_wire = true};
    packet->source_port = (uint16_t)(62000 + s->facts.packets++);
    packet->first_us = packet->last_us = 1000;
    return packet;
}

static inline void rst(const struct scene *s, struct probe_packet *packet, uint8_t ttl, uint8_t tos)
{
    packet->sends = 1;
    packet->reply = (struct probe_reply){.kind = REPLY_RST,
                                         .number = 7,
                                         .ts_us = 3000,
                                         .sender = s->facts.target,
                                         .ttl = ttl,
                                         .tos = tos,
                                         .df = true,
                                         .tcp_flags = TCP_RST | TCP_ACK};
}

static inline void icmp(struct probe_packet *packet, struct address sender, uint8_t type, uint8_t code,
                        uint8_t quoted_tos)
{
    packet->sends = 1;
    packet->reply = (struct probe_reply){.kind = REPLY_ICMP,
                                         .number = 8,
                                         .ts_us = 3000,
                                         .sender = sender,
                                         .ttl = 62,
                                         .icmp_type = type,
                                         .icmp_code = code,
                                         .quoted_tos = quoted_tos};
}

static inline struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->facts.source = address("1.1");
    s->facts.target = address("3.2");
    s->facts.port = 22;
    s->facts.base_port = 62000;
    return s;
}

/* A ping that comes back, closed ports that the kernel refuses, and the way to the host: `tos` is what a copy has
 * become. */
static inline void healthy_surroundings(struct scene *s, uint8_t tos)
{
    struct probe_packet *ping = add(s, ASK_PING, 0, PROBE_MARK, 64);
    ping->reply = (struct probe_reply){
        .kind = REPLY_ECHO, .number = 3, .ts_us = 3000, .sender = s->facts.target, .ttl = 62, .tos = tos};
    for (uint16_t port = 61100; port < 61103; port++)
        rst(s, add(s, ASK_CONTROL, port, PROBE_MARK, 64), 62, tos);
    icmp(add(s, ASK_CONTROL_SWEEP, 61100, PROBE_MARK, 1), address("1.2"), 11, 0, PROBE_MARK);
    icmp(add(s, ASK_CONTROL_SWEEP, 61100, PROBE_MARK, 2), address("2.2"), 11, 0, tos);
    rst(s, add(s, ASK_CONTROL_SWEEP, 61100, PROBE_MARK, 3), 62, tos);
}

static inline void port_refuses(struct scene *s, uint8_t ttl, uint8_t tos)
{
    rst(s, add(s, ASK_MARKED, 22, PROBE_MARK, 64), ttl, tos);
    rst(s, add(s, ASK_MARKED, 22, PROBE_MARK, 64), ttl, tos);
    add(s, ASK_SHORT_HEADER, 22, PROBE_MARK, 64);
}

static inline void port_is_mute(struct scene *s)
{
    add(s, ASK_MARKED, 22, PROBE_MARK, 64);
    add(s, ASK_MARKED, 22, PROBE_MARK, 64);
}

static inline void sweep_gets_to(struct scene *s, unsigned hops)
{
    for (unsigned ttl = 1; ttl <= HOST_HOP; ttl++) {
        struct probe_packet *packet = add(s, ASK_SWEEP, 22, PROBE_MARK, (uint8_t)ttl);
        if (ttl <= hops)
            icmp(packet, ttl == 1 ? address("1.2") : address("2.2"), 11, 0, PROBE_MARK);
    }
}

static inline void judge(struct scene *s, const struct verdict *passive)
{
    probe_hops(&s->facts);
    probe_judge(&s->facts, passive, &s->out);
}

static inline void expect(struct scene *s, enum cause cause, enum where where, unsigned hop)
{
    judge(s, NULL);
    assert_string_equal(cause_name(s->out.verdict.cause), cause_name(cause));
    assert_int_equal(s->out.verdict.where, where);
    assert_int_equal(s->out.hop, hop);
    assert_true(s->out.verdict.confidence <= 0.995);
    assert_true(s->out.verdict.evidence_count > 0);
    free(s);
}

static inline bool has_evidence(const struct scene *s, const char *id)
{
    for (unsigned i = 0; i < s->out.verdict.evidence_count; i++)
        if (strcmp(s->out.verdict.evidence[i].id, id) == 0)
            return true;
    return false;
}

#endif
