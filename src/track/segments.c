/* TCP segments to facts. Segments are told apart by flags and sequence numbers, not by the order in which they were
 * read. */
#include "connection.h"
#include "mark.h"
#include "multipath.h"
#include "state.h"

static bool is_syn(const struct tcp_view *tcp)
{
    return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

static bool is_synack(const struct tcp_view *tcp)
{
    return (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK);
}

void attempt_begin(struct attempt *attempt, const struct packet *packet)
{
    mark_segment(&attempt->syn, packet);
    attempt->syns = 1;
    attempt->last_syn_us = packet->ts_us;
    attempt->last_syn_number = packet->number;
    attempt->syn_ttl_min = attempt->syn_ttl_max = packet->ttl;
    attempt->facts &= ~(uint32_t)FACT_NO_SYN;
}

static void repeat_syn(struct attempt *attempt, const struct packet *packet)
{
    int64_t gap = packet->ts_us - attempt->last_syn_us;
    if (packet->ttl < attempt->syn_ttl_min)
        attempt->syn_ttl_min = packet->ttl;
    if (packet->ttl > attempt->syn_ttl_max)
        attempt->syn_ttl_max = packet->ttl;
    if (gap < SAME_SYN_US && gap > -SAME_SYN_US) {
        attempt->facts |= FACT_DUPLICATES;
        if (packet->ttl != attempt->syn.ttl)
            attempt->facts |= FACT_TTL_STEP;
        if (packet->direction == DIRECTION_OUT && attempt->syn.bits & MARK_IN)
            attempt->facts |= FACT_SYN_OUT_OF_HOST;
        return;
    }
    if (attempt->syns == 1)
        attempt->second_syn_gap_ms = (uint32_t)((gap < 0 ? -gap : gap) / 1000);
    if (attempt->syns < UINT16_MAX)
        attempt->syns++;
    attempt->last_syn_us = packet->ts_us;
    attempt->last_syn_number = packet->number;
    if (attempt->answer && mark_seen(&attempt->answer->refusal))
        attempt->facts |= FACT_SYN_AGAIN;
}

/* A stub made by an answer that was read before its SYN: is this the SYN that it answers? */
static bool syn_completes(const struct attempt *attempt, const struct tcp_view *tcp)
{
    const struct answer *answer = attempt->answer;
    if (!(attempt->facts & FACT_NO_SYN) || !answer)
        return false;
    if (mark_seen(&answer->refusal))
        return answer->refusal.ack == tcp->seq + 1;
    if (mark_seen(&answer->synack))
        return answer->synack.ack == tcp->seq + 1;
    /* The first segment of a side is taken to follow its SYN. */
    return answer->connection && answer->connection->side[SIDE_CLIENT].seen &&
           answer->connection->side[SIDE_CLIENT].isn == tcp->seq;
}

void learn_router(struct tracker *t, struct host *server, const uint8_t mac[6])
{
    uint64_t number = neighbours_router(&t->neighbours, &server->address, mac);
    if (number)
        server->router_number = number;
}

static struct entry *take_syn(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    if (entry && mark_seen(&entry->attempt.syn) && entry->attempt.syn.seq == tcp->seq) {
        repeat_syn(&entry->attempt, packet);
        if (entry->attempt.syns > 1)
            attempts_syn_repeated(t, &entry->queued);
        return entry;
    }
    if (entry && syn_completes(&entry->attempt, tcp)) {
        attempt_begin(&entry->attempt, packet);
        return entry;
    }
    if (entry) { /* the four-tuple is used anew */
        queued_report_and_drop(t, &entry->queued, packet->ts_us);
    }
    struct flow_key key = {packet->src, packet->dst, tcp->src_port, tcp->dst_port};
    entry = attempts_new(t, &key, packet);
    if (!entry)
        return NULL;
    attempt_begin(&entry->attempt, packet);
    multipath_join(t, entry, packet);
    struct host *server = hosts_meet(&t->hosts, &packet->dst, t->dst_hash, packet->ts_us);
    if (server)
        server->syns_received++;
    if (server && packet->has_dst_mac)
        learn_router(t, server, packet->dst_mac);
    history_start(t, entry);
    if (entry->attempt.facts & FACT_SSH_PORT)
        entry->attempt.name_us = lookup_before(t, &packet->src, packet->ts_us);
    return entry;
}

void learn_rtt(struct tracker *t, const struct address *address, uint64_t number, int64_t rtt_us)
{
    struct host *server = hosts_find(&t->hosts, address);
    if (!server || rtt_us < 0 || rtt_us > UINT32_MAX)
        return;
    server->rtt_samples++;
    if (!server->rtt_us || rtt_us < server->rtt_us) {
        server->rtt_us = rtt_us ? (uint32_t)rtt_us : 1;
        server->rtt_number = number;
    }
}

/* Read before the SYN-ACK though it came later: a bare RST in the sequence space of that SYN-ACK ended the connection,
 * and did not refuse the SYN. */
static void give_back_rst(struct tracker *t, struct entry *entry, const struct packet *synack)
{
    enum { FIRST_WINDOW = 65536 };
    struct mark rst = entry->attempt.answer->refusal;
    if (!mark_seen(&rst) || rst.ts_us < synack->ts_us || rst.seq - (synack->tcp.seq + 1) >= FIRST_WINDOW)
        return;
    struct connection *connection = attempts_connection(t, entry);
    if (!connection)
        return;
    connection->side[SIDE_SERVER].rst = rst;
    connection->side[SIDE_SERVER].rsts = entry->attempt.answer->refusals;
    connection->closed_us = rst.ts_us;
    memset(&entry->attempt.answer->refusal, 0, sizeof rst);
    memset(&entry->attempt.answer->refusal_other, 0, sizeof rst);
    entry->attempt.answer->refusals = 0;
}

static void take_synack(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    struct attempt *attempt = &entry->attempt;
    struct answer *answer = attempts_answer(t, entry);
    if (!answer)
        return;
    if (mark_seen(&attempt->syn) && packet->tcp.ack != attempt->syn.seq + 1)
        return;
    if (mark_is_same_frame(&answer->synack, packet, SAME_SYN_US) ||
        mark_is_same_frame(&answer->synack_again, packet, SAME_SYN_US)) {
        attempt->facts |= FACT_DUPLICATES;
        return;
    }
    if (answer->synacks++) {
        mark_segment(&answer->synack_again, packet);
        return;
    }
    mark_segment(&answer->synack, packet);
    multipath_agree(t, entry, packet);
    give_back_rst(t, entry, packet);
    if (attempt->syns == 1) /* of several SYNs it is not known which one this answers (Karn and Partridge, 1987) */
        learn_rtt(t, &entry->attempt.key.server, packet->number, packet->ts_us - attempt->syn.ts_us);
    struct host *server = hosts_get(&t->hosts, &packet->src, packet->ts_us);
    if (!server)
        return;
    t->sums_are_good |= (answer->synack.bits & (MARK_SUM_WHOLE | MARK_SUM_PARTIAL)) != 0;
    if (answer->synack.bits & MARK_SUM_PARTIAL)
        server->sums_partial++;
    if (answer->synack.bits & MARK_SUM_WHOLE)
        server->sums_whole++;
    host_learn_own(server, packet);
    host_learn_port(server, attempt->key.server_port, PORT_OPEN, attempt->syn.tos, &answer->synack);
}

/* RFC 9293 section 3.10.7.1: a RST for a SYN acknowledges it, with sequence number 0. Forgers put other numbers there;
 * then it still answers the SYN unless the server had already answered it and the RST speaks in the sequence space of
 * that answer. One that acknowledges nothing is ignored by a client that waits for its SYN-ACK, so it belongs to a
 * connection not seen whole. */
static bool acks_syn(const struct attempt *attempt, uint32_t ack)
{
    /* The data that a SYN brought with it (RFC 7413) is acknowledged too. */
    return ack - attempt->syn.seq - 1 <= attempt->syn.payload_len;
}

static bool answers_syn(const struct attempt *attempt, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    const struct answer *answer = attempt->answer;
    bool accepted = answer && mark_seen(&answer->synack) && answer->synack.ts_us <= packet->ts_us;
    if (attempt->facts & FACT_NO_SYN)
        return tcp->flags & TCP_ACK && tcp->seq == 0 && !(answer && (mark_seen(&answer->synack) || answer->connection));
    if (accepted || attempt->facts & FACT_CLIENT_WENT_ON)
        return tcp->flags & TCP_ACK && tcp->seq == 0 && acks_syn(attempt, tcp->ack) && !(answer && answer->connection);
    return tcp->flags & TCP_ACK ? acks_syn(attempt, tcp->ack) : tcp->seq == 0;
}

void learn_refusal(struct host *server, uint16_t port, uint8_t syn_tos, const struct mark *refusal)
{
    uint8_t dscp = syn_tos >> 2;
    if (dscp)
        host_open(server);
    if (dscp && refusal->tos >> 2 == dscp) {
        server->echoing_rsts++;
        server->echo_tos = *refusal;
        /* Only its own kernel echoes: until something better comes, this is what its packets look like. */
        if (!server->own_packets) {
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

/* A session that was handed over as logged in, and is now reset rather than ended. */
static bool session_reset(const struct entry *entry)
{
    const struct connection *c = entry->attempt.answer ? entry->attempt.answer->connection : NULL;
    return c && entry->counted & COUNTED_SESSION && (mark_seen(&c->side[0].rst) || mark_seen(&c->side[1].rst)) &&
           !mark_seen(&c->side[SIDE_CLIENT].fin);
}

static void close_entry(struct tracker *t, struct entry *entry, int64_t now_us)
{
    attempts_close(t, &entry->queued, entry->attempt.facts & FACT_DECIDED && !session_reset(entry), now_us);
}

static void take_refusal(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    struct attempt *attempt = &entry->attempt;
    struct answer *answer = attempts_answer(t, entry);
    if (!answer)
        return;
    if (mark_is_same_frame(&answer->refusal, packet, SAME_SYN_US / 40)) {
        attempt->facts |= FACT_DUPLICATES;
        return;
    }
    answer->refusals++;
    if (mark_seen(&answer->refusal)) {
        struct mark other;
        mark_segment(&other, packet);
        const struct mark *first = &answer->refusal;
        if (!mark_seen(&answer->refusal_other) && (other.ttl != first->ttl || other.seq != first->seq ||
                                                   other.flags != first->flags || other.window != first->window))
            answer->refusal_other = other;
    } else {
        mark_segment(&answer->refusal, packet);
        struct host *server = hosts_meet(&t->hosts, &packet->src, t->src_hash, packet->ts_us);
        if (server)
            learn_refusal(server, attempt->key.server_port, attempt->syn.tos, &answer->refusal);
    }
    close_entry(t, entry, packet->ts_us);
}

static void note_ssh_bytes(struct entry *entry, const struct dialogue *d)
{
    if (d->spoken[SIDE_CLIENT] == SPOKEN_SSH || d->spoken[SIDE_SERVER] == SPOKEN_SSH)
        entry->attempt.facts |= FACT_SSH_BYTES;
}

/* Of any attempt, those that are SSH's. */
static void count_accepted(struct tracker *t, struct entry *entry)
{
    const struct answer *answer = entry->attempt.answer;
    if (mark_seen(&answer->synack) && mark_seen(&answer->connection->handshake_ack))
        history_count(t, entry, COUNTED_ACCEPTED);
}

/* The server says something else than its banner, or leaves without one. */
static bool turns_away(const struct connection *connection, const struct tcp_view *tcp)
{
    const struct dialogue *d = connection->dialogue;
    return (tcp->payload_len || tcp->flags & (TCP_FIN | TCP_RST)) && !(d && d->clock.banner_us[SIDE_SERVER]);
}

static void take_payload(struct tracker *t, struct entry *entry, enum side side, const struct packet *packet,
                         bool fresh)
{
    struct entry *by = entry;
    entry = multipath_session(t, entry);
    struct dialogue_entry *dialogue = entry ? attempts_dialogue(t, entry) : NULL;
    if (!dialogue)
        return;
    struct attempt *attempt = &entry->attempt;
    const struct flow_side *flow = &attempt->answer->connection->side[side];
    bool isn_known = flow->isn_known;
    uint32_t isn = flow->isn;
    if (!isn_known && side == SIDE_CLIENT && mark_seen(&attempt->syn)) {
        isn_known = true;
        isn = attempt->syn.seq;
    } else if (!isn_known && side == SIDE_SERVER && mark_seen(&attempt->answer->synack)) {
        isn_known = true;
        isn = attempt->answer->synack.seq;
    } else if (!isn_known && side == SIDE_SERVER && mark_seen(&attempt->syn) &&
               mark_seen(&attempt->answer->connection->handshake_ack)) {
        isn_known = true; /* the client's first ACK tells, where the SYN-ACK was not captured */
        isn = attempt->answer->connection->handshake_ack.ack - 1;
    }
    if (attempt->facts & FACT_MULTIPATH && isn_known) {
        struct packet placed = *packet;
        if (multipath_place(dialogue, by, side, isn, &placed))
            dialogue_take(dialogue, side, &placed, isn_known, isn, fresh);
    } else
        dialogue_take(dialogue, side, packet, isn_known, isn, fresh);
    note_ssh_bytes(entry, &dialogue->dialogue);
    count_accepted(t, entry); /* on another port it is SSH's from its first bytes on */
    if (dialogue->dialogue.clock.banner_us[SIDE_SERVER])
        history_count(t, entry, COUNTED_BANNER);
    if (t->live && side == SIDE_SERVER && fresh && dialogue->dialogue.encrypted[SIDE_SERVER] &&
        !(attempt->facts & FACT_DECIDED)) {
        if (history_session(t, entry))
            close_entry(t, entry, packet->ts_us);
    }
}

/* The initial sequence numbers are known from the handshake even where a side's first segment here came later. */
static void know_isns(struct attempt *attempt, struct connection *connection)
{
    struct flow_side *client = &connection->side[SIDE_CLIENT], *server = &connection->side[SIDE_SERVER];
    if (!client->isn_known && mark_seen(&attempt->syn)) {
        client->isn_known = true;
        client->isn = attempt->syn.seq;
        if (!client->seen)
            client->next = client->isn + 1;
    }
    if (!server->isn_known && mark_seen(&attempt->answer->synack)) {
        server->isn_known = true;
        server->isn = attempt->answer->synack.seq;
        if (!server->seen)
            server->next = server->isn + 1;
    }
}

/* sshd marks its packets once a session begins (packet.c ssh_packet_set_tos): whether it arrives tells of the path. */
static void learn_marking(struct tracker *t, struct host *server, struct entry *entry, const struct packet *packet)
{
    enum { LOGIN_BEGUN = 3 };
    const struct dialogue *d = entry->attempt.answer->connection->dialogue;
    if (packet->tos >> 2)
        server->marked_data++;
    if (!d || server->marked_data || d->encrypted_packets[SIDE_SERVER] < LOGIN_BEGUN ||
        d->encrypted_packets[SIDE_SERVER] > LOGIN_SETTLED || !strstr(d->banner[SIDE_SERVER].text, "OpenSSH"))
        return;
    if (history_session(t, entry))
        server->openssh_session_data++;
}

/* An ACK of anything else belongs to an older connection on the same four-tuple. */
static bool acknowledges(const struct mark *synack, const struct tcp_view *tcp)
{
    enum { SOON = 1 << 24 }; /* bytes: where the first ACK was not captured, a later one stands in for it */
    return tcp->flags & TCP_ACK && (!mark_seen(synack) || tcp->ack - (synack->seq + 1) < SOON);
}

static bool take_flow(struct tracker *t, struct entry *entry, enum side side, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    struct attempt *attempt = &entry->attempt;
    struct connection *connection = attempts_connection(t, entry);
    if (!connection)
        return false;
    struct answer *answer = attempt->answer;
    know_isns(attempt, connection);
    struct segment_news news = connection_segment(connection, side, packet);
    if (news.duplicate) {
        attempt->facts |= FACT_DUPLICATES;
        return true;
    }
    if (news.rtt_us && side == SIDE_SERVER)
        learn_rtt(t, &attempt->key.server, packet->number, news.rtt_us);
    if (packet->cut && tcp->payload_captured < tcp->payload_len)
        attempt->facts |= FACT_CUT;
    bool forward = side == SIDE_CLIENT && !(tcp->flags & TCP_RST);
    if (forward && !mark_seen(&answer->synack))
        attempt->facts |= FACT_CLIENT_WENT_ON;
    if (forward && !mark_seen(&connection->handshake_ack) && acknowledges(&answer->synack, tcp)) {
        mark_segment(&connection->handshake_ack, packet);
        count_accepted(t, entry);
        struct host *client = hosts_get(&t->hosts, &packet->src, packet->ts_us);
        int64_t gap = packet->ts_us - answer->synack.ts_us;
        if (client && mark_seen(&answer->synack) && gap >= 0 && (!client->ack_rtt_us || gap < client->ack_rtt_us))
            client->ack_rtt_us = gap ? (uint32_t)gap : 1;
    }
    if (side == SIDE_SERVER && tcp->payload_len) {
        struct host *server = hosts_get(&t->hosts, &packet->src, packet->ts_us);
        if (server) {
            host_learn_own(server, packet);
            learn_marking(t, server, entry, packet);
        }
    }
    if (tcp->payload_len)
        take_payload(t, entry, side, packet, news.fresh);
    if (side == SIDE_SERVER && attempt_is_ssh(attempt) && turns_away(connection, tcp))
        load_count(t, entry, packet->number);
    bool server_fin = side == SIDE_SERVER && tcp->flags & TCP_FIN;
    if (tcp->flags & TCP_RST || connection->closed_us || server_fin || (tcp->flags & TCP_FIN && t->live))
        close_entry(t, entry, packet->ts_us);
    else if (entry->queued.queue == QUEUE_OPEN)
        queue_move(t, &entry->queued, QUEUE_OPEN);
    return true;
}

/* A connection on another port is watched only until its first bytes say that it is not SSH. */
static bool lost_interest(const struct entry *entry)
{
    const struct attempt *a = &entry->attempt;
    if (attempt_is_ssh(a) || !a->answer || a->facts & FACT_SUBFLOW)
        return false;
    if (mark_seen(&a->answer->refusal) || a->answer->icmp.number)
        return true;
    const struct connection *c = a->answer->connection;
    if (!c)
        return false;
    return c->side[SIDE_CLIENT].payload_bytes || c->side[SIDE_SERVER].payload_bytes || c->closed_us ||
           mark_seen(&c->side[SIDE_CLIENT].fin) || mark_seen(&c->side[SIDE_SERVER].fin);
}

static bool begins_like_ssh(const struct tcp_view *tcp)
{
    return tcp->payload_captured >= 4 && memcmp(tcp->payload, "SSH-", 4) == 0;
}

/* A segment of a connection whose SYN the capture does not hold. */
static struct entry *begin_stub(struct tracker *t, const struct packet *packet, enum side *side)
{
    const struct tcp_view *tcp = &packet->tcp;
    bool to_ssh = port_set_has(&t->ports, tcp->dst_port), from_ssh = port_set_has(&t->ports, tcp->src_port);
    if (!to_ssh && !from_ssh && !begins_like_ssh(tcp))
        return NULL;
    if (tcp->flags & TCP_RST && !(from_ssh && tcp->flags & TCP_ACK && tcp->seq == 0))
        return NULL; /* a lone RST says nothing unless it answers a SYN */
    if (t->sums_are_good && packet_tcp_checksum(packet) == CHECKSUM_BAD)
        return NULL; /* damaged on its way: these may be the addresses and ports of nobody */
    bool from_server = is_synack(tcp) || (from_ssh && !to_ssh) || (from_ssh == to_ssh && tcp->src_port < tcp->dst_port);
    *side = from_server ? SIDE_SERVER : SIDE_CLIENT;
    struct flow_key key = {packet->src, packet->dst, tcp->src_port, tcp->dst_port};
    if (from_server)
        key = (struct flow_key){packet->dst, packet->src, tcp->dst_port, tcp->src_port};
    struct entry *entry = attempts_new(t, &key, packet);
    if (!entry)
        return NULL;
    entry->attempt.facts |= FACT_NO_SYN;
    if (begins_like_ssh(tcp))
        entry->attempt.facts |= FACT_SSH_BYTES;
    hosts_get(&t->hosts, &key.server, packet->ts_us);
    return entry;
}

bool track_segment(struct tracker *t, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    enum side side = SIDE_CLIENT;
    struct entry *entry = attempts_find(t, packet, &side);
    if (is_syn(tcp)) {
        if (entry && side == SIDE_SERVER)
            return true; /* simultaneous open: nothing that ssh does */
        entry = take_syn(t, entry, packet);
    } else if (!entry)
        entry = begin_stub(t, packet, &side);
    if (!entry)
        return false;
    struct attempt *attempt = &entry->attempt;
    entry->is_steady = false;
    attempt->packets++;
    if (packet->ts_us < attempt->last_us)
        attempt->facts |= FACT_OUT_OF_ORDER;
    else
        attempt->last_us = packet->ts_us;
    if (!is_syn(tcp)) {
        if (side == SIDE_SERVER && is_synack(tcp))
            take_synack(t, entry, packet);
        else if (side == SIDE_SERVER && tcp->flags & TCP_RST && answers_syn(attempt, packet))
            take_refusal(t, entry, packet);
        else
            take_flow(t, entry, side, packet);
    }
    bool ssh = attempt_is_ssh(attempt) || attempt->facts & FACT_SUBFLOW;
    if (lost_interest(entry))
        attempts_drop(t, entry);
    return ssh;
}
