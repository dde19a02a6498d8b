/* What packets show of a host. */
#include <sshsniff/header_fields.h>

#include "hosts.h"
#include "mark.h"
#include "syn_shape.h"

static void note_own_ttl(struct host *host, uint8_t ttl)
{
    if (host->own_packets == 0 || ttl < host->own_ttl_min)
        host->own_ttl_min = ttl;
    if (ttl > host->own_ttl_max)
        host->own_ttl_max = ttl;
}

void host_learn_data(struct host *host, const struct mark *mark)
{
    note_own_ttl(host, mark->ttl);
    host->own = *mark;
    host->own_is_synack = false;
    host->own_packets++;
}

void host_learn_own(struct host *host, const struct packet *packet)
{
    host_open(host);
    bool synack = packet->kind == PACKET_TCP && packet->tcp.flags & TCP_SYN;
    if (synack)
        host->synack_tos = packet->tos;
    host->own_arrives |= packet->direction == DIRECTION_IN;
    if (host->own_arrives && packet->direction == DIRECTION_OUT) {
        host->own_packets++;
        return; /* forwarded: the copy that came in looks as its sender made it */
    }
    note_own_ttl(host, packet->ttl);
    /* Data says more than a SYN-ACK (its IP ID counts, and no SYN proxy sends it). */
    if (host->own_packets == 0 || !synack || host->own_is_synack) {
        if (packet->kind == PACKET_TCP)
            mark_segment(&host->own, packet);
        else
            host->own =
                (struct mark){.ts_us = packet->ts_us, .number = packet->number, .ttl = packet->ttl, .tos = packet->tos};
        host->own_is_synack = synack;
    }
    host->own_packets++;
}

/* A SYN without DSCP teaches nothing of whose RST answers it: it must not wipe out what one with DSCP had shown. */
static void remember_marked(struct port_fact *now, const struct port_fact *before, int64_t reply_us)
{
    if (now->syn_tos >> 2) {
        now->marked_syn_tos = now->syn_tos;
        now->marked_rst_tos = now->reply.tos;
        now->marked_us = reply_us;
        now->marked_number = now->reply.number;
    } else if (before->port == now->port && before->state == PORT_REFUSES) {
        now->marked_syn_tos = before->marked_syn_tos;
        now->marked_rst_tos = before->marked_rst_tos;
        now->marked_us = before->marked_us;
        now->marked_number = before->marked_number;
    }
}

static void remember_times(struct port_fact *now, const struct port_fact *before, int64_t reply_us)
{
    now->turns = before->turns;
    memcpy(now->turned_us, before->turned_us, sizeof now->turned_us);
    now->accepted_us = before->accepted_us;
    now->closed_us = before->closed_us;
    const bool closed = before->closed_us > before->accepted_us;
    if (now->state == PORT_REFUSES && !closed)
        now->closed_us = reply_us;
    if (now->state != PORT_OPEN)
        return;
    now->accepted_us = reply_us;
    if (!before->accepted_us || !closed || reply_us - before->accepted_us >= PORT_TURN_US)
        return;
    now->turned_us[now->turns > 0] = reply_us;
    if (!now->turns)
        now->turned_us[1] = reply_us;
    if (now->turns < UINT16_MAX)
        now->turns++;
}

static struct port_fact *new_port(struct host *host)
{
    struct port_fact *slot = &host->ports[host->ports_used++];
    *slot = (struct port_fact){.state = PORT_UNKNOWN};
    return slot;
}

static struct port_fact *find_port(struct host *host, uint16_t port)
{
    for (int i = 0; i < host->ports_used; i++)
        if (host->ports[i].port == port)
            return &host->ports[i];
    return NULL;
}

void host_count_accepted(struct host *server, uint16_t port)
{
    struct port_fact *fact = find_port(server, port);
    server->accepted++;
    if (fact && fact->accepted < UINT16_MAX)
        fact->accepted++;
}

void host_count_bannered(struct host *server, uint16_t port)
{
    struct port_fact *fact = find_port(server, port);
    server->bannered++;
    if (fact && fact->bannered < UINT16_MAX)
        fact->bannered++;
}

void host_count_left_early(struct host *server, uint16_t port)
{
    struct port_fact *fact = find_port(server, port);
    server->left_early++;
    if (fact && fact->left_early < UINT16_MAX)
        fact->left_early++;
}

void host_learn_port(struct host *host, uint16_t port, enum port_state state, uint8_t syn_tos, const struct mark *reply)
{
    struct port_fact *slot = find_port(host, port);
    if (!slot && host->ports_used < HOST_PORTS)
        slot = new_port(host);
    for (int i = 0; i < HOST_PORTS && !slot; i++)
        if (host->ports[i].state == PORT_SILENT || host->ports[i].state == PORT_UNKNOWN)
            slot = &host->ports[i];
    if (!slot)
        return;
    struct port_fact before = *slot;
    *slot = (struct port_fact){.port = port, .state = (uint8_t)state, .syn_tos = syn_tos};
    if (before.port == port) {
        slot->accepted = before.accepted;
        slot->bannered = before.bannered;
        slot->left_early = before.left_early;
        remember_times(slot, &before, reply ? reply->ts_us : 0);
    } else if (reply)
        remember_times(slot, &(struct port_fact){.port = port}, reply->ts_us);
    if (!reply)
        return;
    slot->reply = (struct port_reply){.number = reply->number,
                                      .interface = reply->interface,
                                      .ttl = reply->ttl,
                                      .tos = reply->tos,
                                      .out = (reply->bits & MARK_OUT) != 0,
                                      .df = (reply->bits & MARK_DF) != 0,
                                      .label_zero = !reply->flow_label,
                                      .ip_id = reply->ip_id,
                                      .window = reply->window};
    if (state == PORT_REFUSES)
        remember_marked(slot, &before, reply->ts_us);
}

/* pf and ipfw write this value themselves: such a RST says nothing of the host's own kernel. */
static bool may_be_bsd_firewall(const struct host *server, const struct mark *refusal)
{
    return refusal->tos == TOS_LOWDELAY && address_is_ipv4(&server->address);
}

void host_learn_refusal(struct host *server, uint16_t port, uint8_t syn_tos, const struct mark *refusal)
{
    uint8_t dscp = syn_tos >> 2;
    if (dscp)
        host_open(server);
    if (dscp && refusal->tos >> 2 == dscp) {
        server->echoing_rsts++;
        const bool teaches = !may_be_bsd_firewall(server, refusal);
        if (teaches)
            server->echo_tos = *refusal;
        /* Only its own kernel echoes: until something better comes, this is what its packets look like. */
        if (teaches && !server->own_packets) {
            server->own = *refusal;
            server->own_is_synack = true;
            server->own_packets = 1;
            server->own_ttl_min = server->own_ttl_max = refusal->ttl;
        }
    } else if (dscp && refusal->tos >> 2 == 0) {
        server->zeroing_rsts++;
        server->zero_tos = *refusal;
    }
    host_learn_port(server, port, PORT_REFUSES, syn_tos, refusal);
}

void hosts_learn_rtt(struct hosts *hosts, const struct address *address, uint64_t number, int64_t ts_us, int64_t rtt_us)
{
    struct host *server = hosts_find(hosts, address);
    if (!server || rtt_us < 0 || rtt_us > UINT32_MAX)
        return;
    if (server->rtt_samples++ == 0)
        server->rtt_first_us = ts_us;
    server->rtt_last_us = ts_us;
    if (!server->rtt_us || rtt_us < server->rtt_us) {
        server->rtt_us = rtt_us ? (uint32_t)rtt_us : 1;
        server->rtt_number = number;
    }
}

void host_learn_stack(struct host *server, const struct syn_shape *syn, const struct packet *synack)
{
    struct syn_shape shape;
    if (!packet_tells(synack, FIELD_OPTIONS | FIELD_TTL | FIELD_DF | FIELD_IP_ID))
        return;
    syn_shape_read(&shape, synack);
    const struct synack_look look = {
        .options = shape.options,
        .whole = shape.whole,
        .all_offered = syn_shape_has(syn, SYN_OPTION_MSS) && syn_shape_has(syn, SYN_OPTION_SACK) &&
                       syn_shape_has(syn, SYN_OPTION_TIMESTAMPS) && syn_shape_has(syn, SYN_OPTION_SCALE),
        .ipv6 = synack->ip_version == 6,
        .df = synack->df,
        .ttl = synack->ttl,
        .ip_id = synack->ip_id,
    };
    const enum stack stack = stack_of_synack(&look);
    if (stack == STACK_UNKNOWN)
        return;
    server->stack.by_synack = (uint8_t)stack;
    server->stack.synack_number = synack->number;
}

void host_learn_version(struct host *server, const char *version, uint64_t number)
{
    const enum stack stack = stack_of_version(version);
    server->stack.recent |= version_is_recent(version);
    if (stack == STACK_UNKNOWN)
        return;
    server->stack.by_version = (uint8_t)stack;
    server->stack.version_number = number;
}

void host_learn_quoted_tos(struct host *server, uint8_t sent, const struct packet *error)
{
    const uint8_t arrived = error->icmp.quote.tos;
    if (!packet_tells(error, FIELD_QUOTE) || !(sent >> 2))
        return;
    if (!(arrived >> 2))
        server->stack.dscp_lost_number = error->number;
    else if (address_equal(&error->src, &server->address))
        server->stack.dscp_kept_number = error->number;
}

void host_learn_synack(struct host *host, uint16_t port, const struct mark *synack)
{
    host_open(host);
    host->synack_tos = synack->tos;
    note_own_ttl(host, synack->ttl);
    if (host->own_packets == 0) {
        host->own = *synack;
        host->own_is_synack = true;
    }
    host->own_packets++;
    host_learn_port(host, port, PORT_OPEN, 0, synack);
}
