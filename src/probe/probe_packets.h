/* The shots of a plan: made, sent and matched with what comes back. */
#ifndef PROBE_PROBE_PACKETS_H
#define PROBE_PROBE_PACKETS_H

#include <sshsniff/packet.h>
#include <sshsniff/probe.h>

/* What a kind of shot is, for the plan and for the packets. */
struct probe_style {
    const char *name; /* for --dry-run */
    const char *asks; /* what its answer tells */
    uint8_t protocol; /* IPPROTO_ number, ICMPv6 for IPv6 left to the crafting */
    uint8_t tos;
    uint8_t sends;     /* at most */
    uint16_t again_ms; /* after which it is sent once more */
};
const struct probe_style *probe_style(enum probe_kind kind);

/* Adds a shot that is due at `when_us`. NULL where the table is full. */
struct probe_packet *probe_packet_add(struct probe_facts *facts, enum probe_kind kind, uint16_t port, uint8_t ttl,
                                      int64_t when_us);

static inline bool is_fragment(enum probe_kind kind)
{
    return kind == ASK_FRAGMENT || kind == ASK_CONTROL_FRAGMENT || kind == ASK_FAR_FRAGMENT;
}

/* Ping and UDP have no port to be told apart by, so each shot has its own length. */
static inline uint16_t probe_payload_size(unsigned index)
{
    return (uint16_t)(16 + index);
}

enum { PLAN_TALKS = 8 }; /* connections: the SSH port, and the usual other ports */
/* Source ports of the shots begin here, those of the connections after them. */
uint16_t plan_base_port(const struct probe_options *options);

/* The first shots, and how many hops of a sweep are in flight beyond the last one that answered. */
void plan_first(struct probe_facts *facts, int64_t now_us);
/* Lets the sweeps grow, and adds what earlier answers call for. */
void plan_grow(struct probe_facts *facts, int64_t now_us);
/* The fragments of --patient, and whether all of them have told what they can. */
void plan_be_patient(struct probe_facts *facts, int64_t now_us);
void plan_fragments(struct probe_facts *facts, uint16_t control_port, int64_t now_us);
bool plan_fragments_done(const struct probe_facts *facts, int64_t now_us);
/* True where nothing more can be learned by waiting. */
bool plan_done(const struct probe_facts *facts, int64_t now_us);

/* Whether anything at all came in the target's name. */
bool plan_heard_target(const struct probe_facts *facts);
/* True where many more packets to the target would not take from the plan what is rationed: ICMP errors. */
bool plan_leaves_room(const struct probe_facts *facts, int64_t now_us);
/* The shortest that an answer of the target took; 0: none came. */
int64_t plan_shortest_trip(const struct probe_facts *facts);

/* Files a packet with the shot that it answers, or that it is. True where it is one on its way out. */
bool match_packet(struct probe_facts *facts, const struct packet *packet);

/* Answers to SYNs with a whole TTL at the SSH port: the first one; NULL for none. */
const struct probe_packet *probe_answered(const struct probe_facts *facts, enum probe_kind kind);
bool reply_is_expired(const struct probe_reply *reply, bool ipv6);
/* True where the target itself sent it, or somebody in its name. */
bool reply_is_targets(const struct probe_facts *facts, const struct probe_reply *reply);

#endif
