/* TCP segments to facts. Segments are distinguished by flags and sequence numbers, not by the order in which they were
 * read. */
#include "segments.h"

#include <sshsniff/header_fields.h>

#include "attempt_facts.h"
#include "bare_rst.h"
#include "connection.h"
#include "credible.h"
#include "handshake.h"
#include "history.h"
#include "leg_segments.h"
#include "mark.h"
#include "multipath.h"
#include "rivals.h"
#include "room.h"
#include "useless_answers.h"

static void note_ssh_bytes(struct entry *entry, const struct dialogue *d)
{
    if (d->spoken[SIDE_CLIENT] == SPOKEN_SSH || d->spoken[SIDE_SERVER] == SPOKEN_SSH)
        entry->attempt.facts |= FACT_SSH_BYTES;
}

static void tell_other_port(const struct tracker *t, enum other_port_news news, const struct attempt *attempt,
                            int64_t ts_us)
{
    if (t->options.other_port && !port_set_has(&t->ports, attempt->key.server_port))
        t->options.other_port(t->context, news, attempt->key.server_port, ts_us);
}

/* Which end is the server's is sure only of a connection whose beginning was seen. */
static void tell_who_spoke(const struct tracker *t, const struct entry *entry, enum side side,
                           const struct packet *packet)
{
    const struct attempt *attempt = &entry->attempt;
    if (!t->options.other_port || !mark_seen(&attempt->answer->synack))
        return;
    const struct dialogue *d = attempt->answer->connection->dialogue;
    if (d && d->spoken[side] == SPOKEN_SSH)
        tell_other_port(t, side == SIDE_SERVER ? OTHER_PORT_SERVER_SPOKE : OTHER_PORT_CLIENT_SPOKE, attempt,
                        packet->ts_us);
}

/* The server says something else than its banner, or leaves without one. */
static bool turns_away(const struct connection *connection, const struct tcp_view *tcp)
{
    const struct dialogue *d = connection->dialogue;
    return (tcp->payload_len || tcp->flags & (TCP_FIN | TCP_RST)) && !(d && d->clock.banner_us[SIDE_SERVER]);
}

static void learn_version(struct tracker *t, const struct attempt *attempt, const struct dialogue *d)
{
    struct host *server = hosts_find(&t->hosts, &attempt->key.server);
    if (server)
        host_learn_version(server, d->banner[SIDE_SERVER].text, d->clock.banner_number[SIDE_SERVER]);
}

static unsigned take_payload(struct tracker *t, struct entry *entry, enum side side, const struct packet *packet,
                             bool fresh)
{
    struct entry *by = entry;
    entry = multipath_session(t, entry);
    struct dialogue_entry *dialogue = entry ? life_dialogue(t, entry) : NULL;
    if (!dialogue)
        return 0;
    struct attempt *attempt = &entry->attempt;
    const struct flow_side *flow = &attempt->answer->connection->side[side];
    bool isn_known = flow->isn_known;
    uint32_t isn = flow->isn;
    const struct mark *first_ack = attempt_first_ack(attempt);
    if (!isn_known && side == SIDE_SERVER && first_ack) { /* it tells, where the SYN-ACK was not captured */
        isn_known = true;
        isn = first_ack->ack - 1;
    }
    if (attempt->facts & FACT_MULTIPATH && isn_known) {
        struct packet placed = *packet;
        if (multipath_place(dialogue, by, side, isn, &placed))
            dialogue_take(dialogue, side, &placed, isn_known, isn, fresh);
    } else
        dialogue_take(dialogue, side, packet, isn_known, isn, fresh);
    note_ssh_bytes(entry, &dialogue->dialogue);
    if (by != entry)
        return 0;
    unsigned events = dialogue->dialogue.clock.banner_us[SIDE_SERVER] ? EVENT_BANNER : 0;
    if (side == SIDE_SERVER && dialogue->dialogue.clock.banner_number[SIDE_SERVER] == packet->number)
        learn_version(t, attempt, &dialogue->dialogue);
    /* In a file it is enough to ask when the connection is over. */
    bool ask = t->live && side == SIDE_SERVER && fresh && dialogue->dialogue.encrypted[SIDE_SERVER] &&
               !(attempt->facts & FACT_DECIDED);
    if (ask && entry_is_logged_in(entry))
        events |= EVENT_SESSION;
    /* On another port it is SSH's from its first bytes on. */
    if (mark_seen(&attempt->answer->synack) && mark_seen(&attempt->answer->connection->handshake_ack))
        events |= EVENT_ACCEPTED;
    return events;
}

static void know_isn(struct flow_side *side, uint32_t isn)
{
    if (side->isn_known)
        return;
    side->isn_known = true;
    side->isn = isn;
    if (!side->seen)
        side->next = isn + 1;
}

/* The initial sequence numbers are known from the handshake even where a side's first segment here came later. Of a SYN
 * that was not captured its SYN-ACK tells the number. */
static void know_isns(struct attempt *attempt, struct connection *connection)
{
    const struct mark *synack = &attempt->answer->synack;
    struct flow_side *client = &connection->side[SIDE_CLIENT];
    if (mark_seen(&attempt->syn))
        know_isn(client, attempt->syn.seq);
    else if (mark_seen(synack) && !client->seen)
        know_isn(client, synack->ack - 1);
    if (mark_seen(synack))
        know_isn(&connection->side[SIDE_SERVER], synack->seq);
}

/* sshd marks its packets once a session begins (packet.c ssh_packet_set_tos): whether it arrives tells of the path. */
static unsigned learn_marking(struct host *server, const struct entry *entry, const struct packet *packet)
{
    enum { LOGIN_BEGUN = 3 };
    const struct dialogue *d = entry->attempt.answer->connection->dialogue;
    if (!packet_tells(packet, FIELD_TOS))
        return 0;
    if (packet->tos >> 2)
        server->marked_data++;
    if (!d || server->marked_data || d->encrypted_packets[SIDE_SERVER] < LOGIN_BEGUN ||
        d->encrypted_packets[SIDE_SERVER] > LOGIN_SETTLED || !strstr(d->banner[SIDE_SERVER].text, "OpenSSH"))
        return 0;
    if (!entry_is_logged_in(entry))
        return 0;
    server->openssh_session_data++;
    return EVENT_SESSION;
}

/* An ACK of anything else belongs to an older connection on the same four-tuple. */
static bool acknowledges(const struct mark *synack, const struct tcp_view *tcp)
{
    enum { SOON = 1 << 24 }; /* bytes: where the first ACK was not captured, a later one stands in for it */
    return tcp->flags & TCP_ACK && (!mark_seen(synack) || tcp->ack - (synack->seq + 1) < SOON);
}

/* The client's ACK of the SYN-ACK, or what stands in for it. */
static unsigned take_handshake_ack(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    const struct answer *answer = entry->attempt.answer;
    const bool answered = mark_seen(&answer->synack);
    mark_segment(&answer->connection->handshake_ack, packet);
    struct host *client = hosts_get(&t->hosts, &packet->src, packet->ts_us);
    int64_t gap = packet->ts_us - answer->synack.ts_us;
    if (client && answered && gap >= 0 && (!client->ack_rtt_us || gap < client->ack_rtt_us))
        client->ack_rtt_us = gap ? (uint32_t)gap : 1;
    struct host *server = answered && (!mark_seen(&entry->attempt.syn) || entry->rival)
                              ? hosts_get(&t->hosts, &entry->attempt.key.server, packet->ts_us)
                              : NULL;
    if (server)
        host_learn_synack(server, entry->attempt.key.server_port, &answer->synack);
    return answered ? EVENT_ACCEPTED : 0;
}

static unsigned take_client(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    const struct answer *answer = entry->attempt.answer;
    if (!mark_seen(&answer->synack))
        entry->attempt.facts |= FACT_CLIENT_WENT_ON;
    if (mark_seen(&answer->connection->handshake_ack) || !acknowledges(&answer->synack, &packet->tcp))
        return 0;
    return take_handshake_ack(t, entry, packet);
}

/* Anybody can send what nobody asked for: a server is known by what answers its client. */
static bool is_asked(const struct attempt *attempt)
{
    const struct connection *c = attempt->answer ? attempt->answer->connection : NULL;
    return mark_seen(&attempt->syn) || (c && c->side[SIDE_CLIENT].seen);
}

static unsigned learn_server_data(struct tracker *t, const struct entry *entry, const struct packet *packet)
{
    struct host *server = is_asked(&entry->attempt) ? hosts_get(&t->hosts, &packet->src, packet->ts_us) : NULL;
    if (!server)
        return 0;
    host_learn_own(server, packet);
    return learn_marking(server, entry, packet);
}

static unsigned how_it_goes_on(const struct connection *connection, enum side side, const struct tcp_view *tcp)
{
    if (tcp->flags & TCP_RST || connection->closed_us || (side == SIDE_SERVER && tcp->flags & TCP_FIN))
        return EVENT_CLOSED;
    return tcp->flags & TCP_FIN ? EVENT_CLIENT_FIN : EVENT_WENT_ON;
}

/* Which machine the client speaks to, and which speaks for the server. Not in a session that goes on, which the fast
 * path takes. */
static void note_machines(struct tracker *t, struct connection *connection, enum side side, const struct packet *packet)
{
    const struct dialogue *d = connection->dialogue;
    if (packet->tcp.flags & TCP_RST || (d && d->events == LOGIN_EVENTS))
        return;
    if (side == SIDE_SERVER) {
        identities_note_segment(&t->identities, packet);
        return;
    }
    connection->has_asked_mac = packet_dst_mac(packet) != NULL;
    if (connection->has_asked_mac)
        memcpy(connection->asked_mac, packet_dst_mac(packet), sizeof connection->asked_mac);
}

/* What follows the SYN and its answer. */
static unsigned take_flow(struct tracker *t, struct entry *entry, enum side side, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    struct attempt *attempt = &entry->attempt;
    struct connection *connection = life_connection(t, entry);
    if (!connection)
        return 0;
    know_isns(attempt, connection);
    struct segment_news news = connection_segment(connection, side, packet);
    if (news.duplicate) {
        attempt->facts |= FACT_DUPLICATES;
        return 0;
    }
    if (news.rtt_us && side == SIDE_SERVER)
        hosts_learn_rtt(&t->hosts, &attempt->key.server, packet->number, packet->ts_us, news.rtt_us);
    if (packet->cut && tcp->payload_captured < tcp->payload_len)
        attempt->facts |= FACT_CUT;
    if (side == SIDE_CLIENT || is_asked(attempt))
        note_machines(t, connection, side, packet);
    unsigned events = 0;
    if (side == SIDE_SERVER && tcp->flags & TCP_ACK && !(tcp->flags & TCP_RST) &&
        attempt_came_up(attempt, packet->ts_us)) /* its SYN-ACK was not captured */
        events |= EVENT_CAME_UP;
    if (side == SIDE_CLIENT && tcp->payload_len && attempt_goes_on_refused(attempt))
        events |= EVENT_CAME_UP;
    if (side == SIDE_CLIENT && !(tcp->flags & TCP_RST))
        events |= take_client(t, entry, packet);
    if (side == SIDE_SERVER && tcp->payload_len)
        events |= learn_server_data(t, entry, packet);
    if (tcp->payload_len) {
        events |= take_payload(t, entry, side, packet, news.fresh);
        tell_who_spoke(t, entry, side, packet);
    }
    if (side == SIDE_SERVER && turns_away(connection, tcp))
        events |= EVENT_TURNED_AWAY;
    return events | how_it_goes_on(connection, side, tcp);
}

static bool begins_like_ssh(const struct tcp_view *tcp)
{
    return tcp->payload_captured >= 4 && memcmp(tcp->payload, "SSH-", 4) == 0;
}

/* RFC 9293 section 3.10.7.4: every segment of a connection but its SYN has ACK, or is a RST; and no SYN ends it at
 * once. */
static bool has_odd_flags(const struct tcp_view *tcp)
{
    return !(tcp->flags & (TCP_ACK | TCP_RST | TCP_SYN)) || (tcp->flags & (TCP_SYN | TCP_FIN)) == (TCP_SYN | TCP_FIN);
}

/* A segment of a connection whose SYN the capture does not hold. */
static struct entry *begin_without_syn(struct tracker *t, const struct packet *packet, enum side *side)
{
    const struct tcp_view *tcp = &packet->tcp;
    bool to_ssh = port_set_has(&t->ports, tcp->dst_port), from_ssh = port_set_has(&t->ports, tcp->src_port);
    if (!to_ssh && !from_ssh && !begins_like_ssh(tcp))
        return NULL;
    if (tcp->flags & TCP_RST && !(from_ssh && tcp->flags & TCP_ACK && tcp->seq == 0))
        return NULL; /* a lone RST says nothing unless it answers a SYN */
    if (t->sums_are_good && packet_tcp_checksum(packet) == CHECKSUM_BAD)
        return NULL; /* damaged on its way: these may be the addresses and ports of nobody */
    bool from_server =
        tcp_is_synack(tcp) || (from_ssh && !to_ssh) || (from_ssh == to_ssh && tcp->src_port < tcp->dst_port);
    *side = from_server ? SIDE_SERVER : SIDE_CLIENT;
    struct flow_key key = {packet->src, packet->dst, tcp->src_port, tcp->dst_port};
    if (from_server)
        key = (struct flow_key){packet->dst, packet->src, tcp->dst_port, tcp->src_port};
    struct entry *entry = life_new(t, &key, packet->ts_us);
    if (!entry)
        return NULL;
    entry->attempt.facts |= FACT_NO_SYN;
    if (!from_server && has_odd_flags(tcp))
        entry->attempt.facts |= FACT_ODD_FLAGS;
    if (begins_like_ssh(tcp))
        entry->attempt.facts |= FACT_SSH_BYTES;
    hosts_get(&t->hosts, &key.server, packet->ts_us);
    return entry;
}

/* Of a four-tuple on which no SYN is known: its segments may be another attempt's. */
static bool is_unasked(const struct entry *entry)
{
    return !entry || (entry->attempt.facts & FACT_NO_SYN && !mark_seen(&entry->attempt.syn));
}

static unsigned take_answer(struct tracker *t, struct entry *entry, enum side side, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    struct entry *other = rivals_other(t, entry); /* what acknowledges no SYN may answer either */
    if (stale_takes(t, entry, side, packet)) {
        if (other)
            stale_takes(t, other, side, packet);
        return 0;
    }
    if (side == SIDE_SERVER && tcp_is_synack(tcp))
        return handshake_synack(t, entry, packet);
    if (side == SIDE_SERVER && tcp->flags & TCP_RST && attempt_is_refused_by(&entry->attempt, tcp, packet->ts_us))
        return handshake_refusal(t, entry, packet);
    if (side == SIDE_SERVER && tcp->flags & TCP_RST && bare_rst_take(t, entry, packet)) {
        if (other)
            bare_rst_take(t, other, packet);
        return 0;
    }
    if (!segment_is_credible(&entry->attempt, side, packet))
        return 0;
    bare_rst_take_back(t, entry);
    return take_flow(t, entry, side, packet);
}

static void note_packet(struct entry *entry, int64_t ts_us)
{
    struct attempt *attempt = &entry->attempt;
    entry->is_steady = false;
    attempt->packets++;
    if (ts_us < attempt->last_us)
        attempt->facts |= FACT_OUT_OF_ORDER;
    else
        attempt->last_us = ts_us;
}

/* What was seen of this four-tuple before that attempt's SYN was its own, too; others may have been evicted meanwhile.
 */
static struct recorded of_another_attempt(struct tracker *t, const struct packet *packet)
{
    enum side side;
    struct entry *entry = life_find(t, packet, &side);
    return (struct recorded){.entry = entry, .events = entry ? EVENT_NOT_SSH : 0, .related = true};
}

/* A SYN from an SSH server's port, to whose port nobody would connect, and no more of it: whoever sends one before the
 * client's own must not hide that. */
static bool hides_client(const struct tracker *t, const struct attempt *attempt, const struct tcp_view *syn)
{
    return port_set_has(&t->ports, syn->dst_port) && !port_set_has(&t->ports, syn->src_port) && !attempt->answer;
}

struct recorded record_segment(struct tracker *t, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    enum side side = SIDE_CLIENT;
    struct recorded out = {.entry = life_find(t, packet, &side)};
    out.entry = rivals_of_segment(t, out.entry, side, packet);
    if (!out.entry && leg_takes(t, packet)) {
        misaddressed_on_leg(t, packet);
        out.related = port_set_has(&t->ports, tcp->src_port) || port_set_has(&t->ports, tcp->dst_port);
        return out;
    }
    if (tcp_is_syn(tcp) && out.entry && side == SIDE_SERVER && hides_client(t, &out.entry->attempt, tcp)) {
        room_drop(t, &out.entry->queued);
        out.entry = NULL;
    }
    if (tcp_is_syn(tcp) && out.entry && side == SIDE_SERVER)
        return (struct recorded){.related = true}; /* simultaneous open: nothing that ssh does */
    if (tcp_is_syn(tcp))
        out.events = handshake_syn(t, &out.entry, packet);
    else if (is_unasked(out.entry) && misaddressed_takes(t, packet))
        return of_another_attempt(t, packet);
    else if (!out.entry)
        out.entry = begin_without_syn(t, packet, &side);
    if (!out.entry)
        return out;
    note_packet(out.entry, packet->ts_us);
    rule_prefix_note(&t->rule_prefixes, &out.entry->attempt, packet);
    const uint32_t misfits = out.entry->attempt.misfits;
    if (!tcp_is_syn(tcp))
        out.events |= take_answer(t, out.entry, side, packet);
    const bool fits = out.entry->attempt.misfits == misfits;
    out.unasked = side == SIDE_SERVER && !(fits && is_asked(&out.entry->attempt));
    if (fits)
        reset_text_note(&t->reset_texts, &out.entry->attempt, packet);
    if (attempt_is_not_ssh(&out.entry->attempt))
        out.events |= EVENT_NOT_SSH;
    if (out.events & EVENT_NOT_SSH && out.events & EVENT_REFUSED)
        tell_other_port(t, OTHER_PORT_REFUSED, &out.entry->attempt, packet->ts_us);
    out.related = attempt_is_ssh(&out.entry->attempt) || out.entry->attempt.facts & FACT_SUBFLOW;
    return out;
}
