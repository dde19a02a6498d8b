/* The probe packets of a plan: their kinds, and which packet that came back answers which. */
#ifndef PROBE_PROBE_PACKETS_H
#define PROBE_PROBE_PACKETS_H

#include <sshsniff/packet.h>
#include <sshsniff/probe.h>

/* What a kind of probe packet is, for the plan and for the bytes. */
struct probe_style {
    const char *name; /* for --dry-run */
    const char *asks; /* what its answer tells */
    uint8_t protocol; /* IPPROTO_ number, ICMPv6 for IPv6 left to the crafting */
    uint8_t tos;
    uint8_t sends;     /* at most */
    uint16_t again_ms; /* after which it is sent once more */
};
const struct probe_style *probe_style(enum probe_kind kind);

/* Adds a probe packet that is due at `when_us`. NULL where the table is full. */
struct probe_packet *probe_packet_add(struct probe_facts *facts, enum probe_kind kind, uint16_t port, uint8_t ttl,
                                      int64_t when_us);

static inline bool is_fragment(enum probe_kind kind)
{
    return kind == ASK_FRAGMENT || kind == ASK_CONTROL_FRAGMENT || kind == ASK_FAR_FRAGMENT;
}

/* Ping and UDP have no port to be told apart by, so each of them has its own length. */
static inline uint16_t probe_payload_size(unsigned index)
{
    return (uint16_t)(16 + index);
}

/* Files a packet with the probe packet that it answers, or that it is. True where it is one on its way out. */
bool match_packet(struct probe_facts *facts, const struct packet *packet);

/* The first probe packet of this kind that was answered; NULL for none. */
const struct probe_packet *probe_answered(const struct probe_facts *facts, enum probe_kind kind);
bool reply_is_expired(const struct probe_reply *reply, bool ipv6);
/* True where the target itself sent it, or somebody in its name. */
bool reply_is_targets(const struct probe_facts *facts, const struct probe_reply *reply);

#endif
