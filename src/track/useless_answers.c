#include "useless_answers.h"

#include "leg_segments.h"
#include "life.h"
#include "mark.h"
#include "rivals.h"

static void count(uint16_t *counter)
{
    if (*counter < UINT16_MAX)
        (*counter)++;
}

static void note(struct useless_answer *out, const struct packet *packet)
{
    const struct tcp_view *tcp = &packet->tcp;
    if (!out->number)
        *out = (struct useless_answer){
            .number = packet->number,
            .ts_us = packet->ts_us,
            .ack = tcp->ack,
            .flags = tcp->flags,
            .ttl = packet->ttl,
        };
    out->last_number = packet->number;
    count(&out->count);
}

/* ---- From another address ---- */

/* Where one of the two has a wrong checksum and the other has not, it was damaged on its way, and its address with it;
 * in a capture whose addresses a program rewrote, both are wrong. */
static bool is_damaged(const struct syn_trait *syn, const struct packet *packet)
{
    return syn->sum_is_bad != (packet_tcp_checksum(packet) == CHECKSUM_BAD);
}

/* The attempt that `client` began from that port with this sequence number; NULL: none, or not lately. */
static struct entry *attempt_of_syn(struct tracker *t, const struct packet *packet, uint32_t seq,
                                    const struct address *client, uint16_t port)
{
    struct syn_trait trait;
    if (!recent_syn(t, seq, &trait) || trait.key.client_port != port || !address_equal(&trait.key.client, client) ||
        is_damaged(&trait, packet))
        return NULL;
    struct entry *entry = rivals_of_syn(t, life_find_key(t, &trait.key), seq);
    return entry && mark_seen(&entry->attempt.syn) && entry->attempt.syn.seq == seq ? entry : NULL;
}

static bool is_answered(const struct attempt *attempt)
{
    const struct answer *answer = attempt->answer;
    return answer && (mark_seen(&answer->synack) || mark_seen(&answer->refusal));
}

static bool goes_to_client(const struct attempt *attempt, const struct packet *answer)
{
    const uint8_t *to = packet_dst_mac(answer);
    return to && attempt->syn.bits & MARK_MAC && memcmp(to, attempt->syn.mac, sizeof attempt->syn.mac) == 0;
}

/* `translated`: the SYN was seen on its further way, so that the answer may yet be translated back. */
static bool take_answer(struct tracker *t, const struct packet *packet, bool translated)
{
    struct entry *entry = attempt_of_syn(t, packet, packet->tcp.ack - 1, &packet->dst, packet->tcp.dst_port);
    if (!entry || is_answered(&entry->attempt) || packet->ts_us < entry->attempt.syn.ts_us)
        return false;
    struct answer *answer = life_answer(t, entry);
    if (!answer)
        return true; /* memory is out */
    if (!answer->misaddressed.number) {
        answer->misaddressed_from = packet->src;
        answer->misaddressed_port = packet->tcp.src_port;
    }
    note(&answer->misaddressed, packet);
    if (!translated)
        trail_note(&t->trails, &entry->trail_id, &entry->attempt, packet);
    answer->misaddressed.arrives |= !translated || goes_to_client(&entry->attempt, packet);
    if (packet->ts_us > entry->attempt.last_us)
        entry->attempt.last_us = packet->ts_us;
    return true;
}

/* A kernel that did not ask resets with the number that was acknowledged (RFC 9293 section 3.10.7.1). */
static bool take_reset(struct tracker *t, const struct packet *packet)
{
    struct entry *entry = attempt_of_syn(t, packet, packet->tcp.seq - 1, &packet->src, packet->tcp.src_port);
    struct answer *answer = entry ? entry->attempt.answer : NULL;
    if (!answer || !answer->misaddressed.number || !address_equal(&answer->misaddressed_from, &packet->dst))
        return false;
    answer->misaddressed.arrives = true;
    count(&answer->misaddressed.resets);
    trail_note(&t->trails, &entry->trail_id, &entry->attempt, packet);
    return true;
}

static bool take(struct tracker *t, const struct packet *packet, bool translated)
{
    const uint8_t what = packet->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
    if (packet->tcp.payload_len)
        return false;
    if (what == (TCP_SYN | TCP_ACK) || what == (TCP_RST | TCP_ACK))
        return take_answer(t, packet, translated);
    return what == TCP_RST && take_reset(t, packet);
}

bool misaddressed_takes(struct tracker *t, const struct packet *packet)
{
    return take(t, packet, false);
}

void misaddressed_on_leg(struct tracker *t, const struct packet *packet)
{
    take(t, packet, true);
}

/* ---- Of an older connection ---- */

/* Of a client that has sent nothing but its SYN, as far as is known, nobody acknowledges so much: where the SYN-ACK and
 * what came after it were not captured, that was less. */
static bool is_foreign(const struct attempt *attempt, uint32_t ack)
{
    enum { FIRST_WINDOW = 65536 };
    return ack - (attempt->syn.seq + 1) >= FIRST_WINDOW;
}

static bool take_stale(struct tracker *t, struct entry *entry, const struct packet *packet)
{
    struct answer *answer = life_answer(t, entry);
    if (!answer)
        return false;
    note(&answer->stale, packet);
    return true;
}

bool stale_takes(struct tracker *t, struct entry *entry, enum side side, const struct packet *packet)
{
    struct attempt *attempt = &entry->attempt;
    const struct tcp_view *tcp = &packet->tcp;
    struct answer *answer = attempt->answer;
    if (!mark_seen(&attempt->syn) || packet->ts_us < attempt->syn.ts_us || attempt->facts & FACT_NO_SYN)
        return false;
    if (answer && (mark_seen(&answer->synack) || mark_seen(&answer->refusal) || answer->connection))
        return false;
    if (side == SIDE_SERVER)
        return tcp->flags & TCP_ACK && !(tcp->flags & TCP_RST) && is_foreign(attempt, tcp->ack) &&
               take_stale(t, entry, packet);
    if (!answer || !answer->stale.number || !(tcp->flags & TCP_RST) || !is_foreign(attempt, tcp->seq))
        return false;
    count(&answer->stale.resets);
    return true;
}
