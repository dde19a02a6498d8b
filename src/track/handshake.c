#include "handshake.h"

#include <sshsniff/header_fields.h>

#include "attempt_facts.h"
#include "bare_rst.h"
#include "credible.h"
#include "lookups.h"
#include "mark.h"
#include "multipath.h"
#include "rivals.h"
#include "room.h"
#include "rst_text.h"

/* The first SYN of an attempt. */
static unsigned take_first_syn(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    const struct syn_trait trait = syn_trait_of(packet);
    attempt_begin(&entry->attempt, packet);
    if (packet_tells(packet, FIELD_TTL) && traces_concern(&t->traces, packet->ttl) &&
        traces_note(&t->traces, &entry->attempt.key, packet))
        entry->attempt.facts |= FACT_TRACE;
    multipath_join(t, entry, packet);
    legs_note_syn(&t->legs, &trait);
    struct host *server = hosts_meet(&t->hosts, &packet->dst, t->dst_hash, packet->ts_us);
    if (server) {
        server->syns_received++;
        server->ssh_wanted |= (entry->attempt.facts & FACT_SSH_PORT) != 0;
    }
    if (server && packet_dst_mac(packet))
        neighbours_learn_router(&t->neighbours, server, packet_dst_mac(packet));
    if (entry->attempt.facts & FACT_SSH_PORT)
        entry->attempt.name_us = lookup_before(t, &packet->src, packet->ts_us);
    return EVENT_BEGUN;
}

/* No more than two attempts of one four-tuple are kept. */
static struct entry *make_place_for_third(struct tracker *t, struct entry *before, const struct packet *syn)
{
    struct entry *less = rivals_less_shown(t, before, syn);
    if (!less)
        return before;
    struct entry *kept = less == before ? rivals_other(t, before) : before;
    room_report_and_drop(t, &less->queued, syn->ts_us);
    return kept;
}

/* `before`: what was known of the four-tuple; it may be NULL. */
static struct entry *begin_anew(struct tracker *t, struct entry *before, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    const struct flow_key key = {packet->src, packet->dst, tcp->src_port, tcp->dst_port};
    if (!before)
        return life_new(t, &key, packet->ts_us);
    before = make_place_for_third(t, before, packet);
    const struct attempt *attempt = &before->attempt;
    if (attempt_is_stale_remnant(attempt, packet->ts_us))
        room_drop(t, &before->queued);
    else if (rivals_may_be(attempt, packet)) {
        const uint32_t id = before->queued.id;
        const uint64_t number = attempt->syn.number;
        struct entry *now = life_new(t, &key, packet->ts_us);
        if (now)
            rivals_join(t, id, number, now);
        return now;
    } else /* the four-tuple is used anew */
        room_report_and_drop(t, &before->queued, packet->ts_us);
    return life_new(t, &key, packet->ts_us);
}

unsigned handshake_syn(struct tracker *t, struct entry **entry, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    struct attempt *attempt = *entry ? &(*entry)->attempt : NULL;
    if (attempt && mark_seen(&attempt->syn) && attempt->syn.seq == tcp->seq) {
        if (attempt_syn_again(attempt, packet) && packet->direction != DIRECTION_UNKNOWN) {
            const struct syn_trait trait = syn_trait_of(packet);
            legs_note_syn(&t->legs, &trait);
        }
        return attempt->syns > 1 ? EVENT_SYN_AGAIN : 0;
    }
    if (attempt && attempt_is_completed_by(attempt, tcp)) {
        attempt_begin(attempt, packet);
        return 0;
    }
    *entry = begin_anew(t, *entry, packet);
    const struct flow_key key = {packet->src, packet->dst, tcp->src_port, tcp->dst_port};
    if (resolved_may_have(&t->resolved, hash_address(&key.server, &t->hash_key)))
        name_tries_note(&t->name_tries, &key, packet->ts_us);
    return *entry ? take_first_syn(t, *entry, packet) : 0;
}

/* Read before the SYN-ACK though it came later: a RST in the sequence space of that SYN-ACK ended the connection,
 * and did not refuse the SYN. */
static void give_back_rst(struct tracker *t, struct entry *entry, const struct packet *synack)
{
    enum { FIRST_WINDOW = 65536 };
    struct mark rst = entry->attempt.answer->refusal;
    if (!mark_seen(&rst) || rst.ts_us < synack->ts_us || rst.seq - (synack->tcp.seq + 1) >= FIRST_WINDOW)
        return;
    struct connection *connection = life_connection(t, entry);
    if (!connection)
        return;
    connection->side[SIDE_SERVER].rst = rst;
    connection->side[SIDE_SERVER].rsts = entry->attempt.answer->refusals;
    connection->closed_us = rst.ts_us;
    memset(&entry->attempt.answer->refusal, 0, sizeof rst);
    memset(&entry->attempt.answer->refusal_other, 0, sizeof rst);
    entry->attempt.answer->refusals = 0;
}

static void note_answer(struct tracker *t, const struct attempt *attempt, const struct mark *answer)
{
    if (attempt->has_asked_mac && answer->bits & MARK_MAC)
        identities_note_answer(&t->identities, &attempt->key.server, attempt->asked_mac, answer->mac, answer->number);
}

unsigned handshake_synack(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    struct attempt *attempt = &entry->attempt;
    struct answer *answer = life_answer(t, entry);
    if (!answer)
        return 0;
    if (mark_seen(&attempt->syn) && packet->tcp.ack != attempt->syn.seq + 1)
        return 0;
    if (mark_is_same_frame(&answer->synack, packet, SAME_SYN_US) ||
        mark_is_same_frame(&answer->synack_again, packet, SAME_SYN_US)) {
        attempt->facts |= FACT_DUPLICATES;
        return 0;
    }
    bare_rst_take_back(t, entry);
    if (answer->synacks++) {
        mark_segment(&answer->synack_again, packet);
        identities_note_segment(&t->identities, packet);
        return 0;
    }
    mark_segment(&answer->synack, packet);
    doubt_rst_before_synack(attempt);
    const unsigned events = attempt_came_up(attempt, packet->ts_us) ? EVENT_CAME_UP : 0;
    multipath_agree(t, entry, packet);
    give_back_rst(t, entry, packet);
    if (attempt->syns == 1) /* of several SYNs it is not known which one this answers (Karn and Partridge, 1987) */
        hosts_learn_rtt(&t->hosts, &entry->attempt.key.server, packet->number, packet->ts_us,
                        packet->ts_us - attempt->syn.ts_us);
    struct host *server = hosts_get(&t->hosts, &packet->src, packet->ts_us);
    if (!server)
        return events;
    t->sums_are_good |= (answer->synack.bits & (MARK_SUM_WHOLE | MARK_SUM_PARTIAL)) != 0;
    if (answer->synack.bits & MARK_SUM_PARTIAL)
        server->sums_partial++;
    if (answer->synack.bits & MARK_SUM_WHOLE)
        server->sums_whole++;
    if (!mark_seen(&attempt->syn) || entry->rival) /* anybody can send both: the client's ACK will tell */
        return events;
    host_learn_own(server, packet);
    host_learn_stack(server, &attempt->shape, packet);
    identities_note_segment(&t->identities, packet);
    note_answer(t, attempt, &answer->synack);
    host_learn_port(server, attempt->key.server_port, PORT_OPEN, attempt->syn.tos, &answer->synack);
    return events;
}

unsigned handshake_refusal(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    struct attempt *attempt = &entry->attempt;
    struct answer *answer = life_answer(t, entry);
    if (!answer)
        return 0;
    if (mark_is_same_frame(&answer->refusal, packet, SAME_SYN_US / 40)) {
        attempt->facts |= FACT_DUPLICATES;
        return 0;
    }
    answer->refusals++;
    answer->last_refusal_us = packet->ts_us;
    if (mark_seen(&answer->refusal)) {
        struct mark other;
        mark_segment(&other, packet);
        const struct mark *first = &answer->refusal;
        const bool as_told = (other.ttl == first->ttl || !packet_tells(packet, FIELD_TTL)) &&
                             (other.seq == first->seq || !packet_tells(packet, FIELD_SEQ)) &&
                             (other.window == first->window || !packet_tells(packet, FIELD_WINDOW));
        if (!mark_seen(&answer->refusal_other) && (!as_told || other.flags != first->flags))
            answer->refusal_other = other;
    } else {
        mark_segment(&answer->refusal, packet);
        note_answer(t, attempt, &answer->refusal);
        rst_text_read(answer->refusal_text, &packet->tcp);
        struct host *server = hosts_meet(&t->hosts, &packet->src, t->src_hash, packet->ts_us);
        if (server)
            host_learn_refusal(server, attempt->key.server_port, attempt->syn.tos, &answer->refusal);
    }
    return EVENT_REFUSED;
}
