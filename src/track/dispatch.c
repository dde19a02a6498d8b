#include "dispatch.h"

#include <sshsniff/header_fields.h>

#include "icmp_errors.h"
#include "life.h"
#include "lookups.h"
#include "segments.h"

/* What any packet shows of the hosts that are known already; packets of others cost one look-up. */
static void learn(struct tracker *t, const struct packet *packet, const struct recorded *recorded)
{
    /* A forged RST must not teach us its forger's MAC address. */
    if (packet->kind == PACKET_ARP && packet->ip_version == 4 && packet->neighbour.kind == NEIGHBOUR_REPLY)
        return; /* its `src` is who had asked, and its MAC address another's */
    const bool reset = packet->kind == PACKET_TCP && packet->tcp.flags & TCP_RST;
    const uint8_t *mac = reset || recorded->unasked ? NULL : packet_src_mac(packet);
    struct host *sender = hosts_learn_sender(&t->hosts, &packet->src, t->src_hash, packet->ts_us, mac);
    if (sender && (recorded->related || packet->kind == PACKET_ARP))
        sender->ssh_or_lookup_packets++;
    if (sender && packet->kind == PACKET_ICMP_ECHO_REPLY)
        host_learn_own(sender, packet);
}

/* What every machine sends by itself (group membership, multicast DNS), and searches for neighbours. Of what the quick
 * path takes, TCP and other UDP, it is nothing: both ways must count alike. */
static bool is_aside(const struct packet *packet)
{
    if (packet->kind == PACKET_ARP)
        return true;
    return packet->kind != PACKET_TCP && (packet->kind == PACKET_DNS || !packet->udp) && address_is_group(&packet->dst);
}

static struct recorded record(struct tracker *t, const struct packet *packet)
{
    switch (packet->kind) {
    case PACKET_TCP:
        return record_segment(t, packet);
    case PACKET_ICMP_ERROR:
        return record_icmp_error(t, packet);
    case PACKET_DNS:
        return (struct recorded){.related = track_dns(t, packet)};
    case PACKET_ARP:
        return (struct recorded){.related = track_neighbour(t, packet)};
    case PACKET_ICMP_ECHO_REPLY:
    case PACKET_OTHER:
    case PACKET_NOT_IP:
        break;
    }
    return (struct recorded){.entry = NULL};
}

/* Whoever pastes a connection wants to know of it, whatever its port is. */
static void watch_pasted_port(struct tracker *t, const struct packet *packet)
{
    enum { SYSTEM_PORTS = 1024 };
    if (packet->kind != PACKET_TCP || packet_tells(packet, FIELD_OF_TEXT))
        return;
    const struct tcp_view *tcp = &packet->tcp;
    if ((tcp->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
        port_set_add(&t->ports, tcp->dst_port);
    else if (port_set_has(&t->ports, tcp->dst_port) || port_set_has(&t->ports, tcp->src_port))
        return;
    else if (tcp->flags & TCP_SYN || (tcp->src_port < SYSTEM_PORTS && tcp->dst_port >= SYSTEM_PORTS))
        port_set_add(&t->ports, tcp->src_port);
    else if (tcp->dst_port < SYSTEM_PORTS && tcp->src_port >= SYSTEM_PORTS)
        port_set_add(&t->ports, tcp->dst_port);
}

static void note_unknown(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    struct host *sender = hosts_find(&t->hosts, &packet->src);
    if (entry)
        entry->attempt.unknown |= packet->unknown;
    if (sender)
        sender->unknown |= packet->unknown;
}

bool dispatch_packet(struct tracker *t, const struct packet *packet)
{
    tracker_note_time(t, packet->ts_us);
    if (packet->cut && packet->kind == PACKET_OTHER && packet->ip_version == 6)
        t->capture.cut_ipv6++;
    if (packet_src_mac(packet) && !packet_dst_mac(packet))
        t->capture.cooked = true;
    if (packet->kind == PACKET_NOT_IP)
        return false;
    if (packet->kind == PACKET_ARP)
        identities_note_neighbour(&t->identities, packet);
    if (packet->kind == PACKET_ARP && packet->neighbour.kind == NEIGHBOUR_ANNOUNCEMENT)
        return false;
    t->src_hash = hash_address(&packet->src, &t->hash_key);
    t->dst_hash = hash_address(&packet->dst, &t->hash_key);
    localities_learn(&t->localities, packet, &(struct address_hashes){t->src_hash, t->dst_hash});
    if (packet->unknown)
        watch_pasted_port(t, packet);
    struct recorded recorded = record(t, packet);
    if (packet->unknown)
        note_unknown(t, recorded.entry, packet);
    if (recorded.entry)
        trail_note(&t->trails, &recorded.entry->trail_id, &recorded.entry->attempt, packet);
    if (recorded.entry)
        life_on_events(t, recorded.entry, recorded.events, packet->number, packet->ts_us);
    learn(t, packet, &recorded);
    if (!recorded.related)
        t->stats.ignored++;
    if (!recorded.related && is_aside(packet))
        t->ignored_aside++;
    return recorded.related;
}
