#include "rivals.h"

#include "attempt_facts.h"
#include "credible.h"
#include "mark.h"
#include "syn_shape.h"

/* ---- What they show ---- */

struct entry *rivals_other(struct tracker *t, const struct entry *entry)
{
    return entry->rival ? pool_at(&t->entries, entry->rival - 1) : NULL;
}

static const struct connection *connection_of(const struct attempt *a)
{
    return a->answer ? a->answer->connection : NULL;
}

static bool is_answered(const struct attempt *a)
{
    const struct answer *answer = a->answer;
    return answer && (mark_seen(&answer->synack) || mark_seen(&answer->refusal) || answer->icmp.number);
}

static bool is_over(const struct attempt *a)
{
    const struct connection *c = connection_of(a);
    if (c)
        return c->closed_us || (mark_seen(&c->side[SIDE_CLIENT].fin) && mark_seen(&c->side[SIDE_SERVER].fin));
    return a->answer && (mark_seen(&a->answer->refusal) || a->answer->icmp.number);
}

/* The client's latest packet beyond its first SYN; 0: there is none. A RST may be its kernel's, who knows of nothing.
 */
static uint64_t client_went_on(const struct attempt *a)
{
    const struct connection *c = connection_of(a);
    const uint64_t again = a->syns > 1 ? a->last_syn_number : 0;
    const uint64_t last = c ? c->side[SIDE_CLIENT].last.number : 0;
    return last > again ? last : again;
}

/* One stack on one path makes SYNs alike, but for their numbers. */
static bool look_alike(const struct mark *a, const struct syn_shape *a_shape, const struct mark *b,
                       const struct syn_shape *b_shape)
{
    if (!mark_seen(a) || !mark_seen(b))
        return true;
    if (a->ttl != b->ttl || a->tos >> 2 != b->tos >> 2 || a->window != b->window || a->mss != b->mss)
        return false;
    if ((a->bits ^ b->bits) & (MARK_DF | MARK_OPTIONS | MARK_TIMESTAMPS))
        return false;
    if (a->bits & b->bits & MARK_MAC && memcmp(a->mac, b->mac, sizeof a->mac) != 0)
        return false;
    return !a_shape->whole || !b_shape->whole || a_shape->options == b_shape->options;
}

static bool attempts_look_alike(const struct attempt *a, const struct attempt *b)
{
    return (a->unknown | b->unknown) || look_alike(&a->syn, &a->shape, &b->syn, &b->shape);
}

static bool syn_looks_like(const struct packet *syn, const struct attempt *a)
{
    struct mark mark;
    struct syn_shape shape;
    mark_segment(&mark, syn);
    syn_shape_read(&shape, syn);
    return (syn->unknown | a->unknown) || look_alike(&a->syn, &a->shape, &mark, &shape);
}

/* ---- How they come about ---- */

/* When its client has sent no further SYN by then, it may have given up: the time between them doubles (RFC 6298
 * section 5.5), and begins with a second. */
static bool next_syn_is_due(const struct attempt *a, int64_t now_us)
{
    enum { FIRST_US = 1000000 };
    return now_us - a->last_syn_us >= a->last_syn_us - a->syn.ts_us + FIRST_US;
}

bool rivals_may_be(const struct attempt *before, const struct packet *syn)
{
    enum { LONG_AGO_US = 60000000 }; /* judgement: twice the segment lifetime that stacks suppose */
    if (before->facts & FACT_SUBFLOW || syn->ts_us - before->last_us > LONG_AGO_US)
        return false;
    return !syn_looks_like(syn, before) || connection_of(before) || is_answered(before) ||
           !next_syn_is_due(before, syn->ts_us);
}

void rivals_join(struct tracker *t, uint32_t before, uint64_t syn_number, struct entry *now)
{
    struct entry *other = pool_at(&t->entries, before);
    const struct flow_key *key = &other->attempt.key, *same = &now->attempt.key;
    if (other == now || !other->queued.hash || other->attempt.syn.number != syn_number || other->rival ||
        key->client_port != same->client_port || key->server_port != same->server_port ||
        !address_equal(&key->client, &same->client) || !address_equal(&key->server, &same->server))
        return; /* it was evicted for the new one */
    other->rival = now->queued.id + 1;
    now->rival = other->queued.id + 1;
}

static bool is_older(const struct entry *a, const struct entry *b)
{
    return a->attempt.syn.number < b->attempt.syn.number;
}

/* Of two with nothing more to show, a third that looks like one of them comes from whoever sent that. */
static struct entry *less_shown(struct entry *before, struct entry *now, const struct packet *syn)
{
    const uint64_t before_went_on = client_went_on(&before->attempt), now_went_on = client_went_on(&now->attempt);
    if (before_went_on != now_went_on)
        return before_went_on < now_went_on ? before : now;
    return syn_looks_like(syn, &before->attempt) && !syn_looks_like(syn, &now->attempt) ? before : now;
}

struct entry *rivals_less_shown(struct tracker *t, struct entry *entry, const struct packet *syn)
{
    struct entry *other = rivals_other(t, entry);
    if (!other)
        return NULL;
    return is_older(entry, other) ? less_shown(entry, other, syn) : less_shown(other, entry, syn);
}

/* ---- Whose a packet is ---- */

/* The SYN, or what answers it. */
static bool is_of_syn(const struct attempt *a, enum side side, const struct tcp_view *tcp)
{
    if (!mark_seen(&a->syn))
        return false;
    if (side == SIDE_CLIENT)
        return tcp_is_syn(tcp) && tcp->seq == a->syn.seq;
    return tcp->flags & TCP_ACK && tcp->flags & (TCP_SYN | TCP_RST) && tcp->ack - a->syn.seq - 1 <= a->syn.payload_len;
}

/* A stack that still holds the older connection answers a SYN in its numbers; a client that knows of none resets it
 * (RFC 5961 section 4). */
static bool is_challenge(const struct attempt *before, const struct attempt *now, enum side side,
                         const struct tcp_view *tcp)
{
    enum { OTHERS = TCP_SYN | TCP_FIN | TCP_RST };
    const struct connection *c = connection_of(before);
    if (is_answered(now) || tcp->payload_len || !c)
        return false;
    if (side == SIDE_CLIENT)
        return tcp->flags & TCP_RST && now->answer && now->answer->stale.number;
    return tcp->flags & TCP_ACK && !(tcp->flags & OTHERS) && tcp->ack == c->side[SIDE_SERVER].acked;
}

struct entry *rivals_of_segment(struct tracker *t, struct entry *entry, enum side side, const struct packet *packet)
{
    struct entry *other = entry ? rivals_other(t, entry) : NULL;
    if (!other)
        return entry;
    struct entry *before = is_older(entry, other) ? entry : other, *now = before == entry ? other : entry;
    if (is_of_syn(&now->attempt, side, &packet->tcp) || tcp_is_syn(&packet->tcp))
        return is_of_syn(&before->attempt, side, &packet->tcp) ? before : now;
    if (is_of_syn(&before->attempt, side, &packet->tcp))
        return before;
    if (numbers_tell(&now->attempt, side, packet))
        return now;
    if (is_challenge(&before->attempt, &now->attempt, side, &packet->tcp))
        return now;
    return is_answered(&before->attempt) || connection_of(&before->attempt) ||
                   numbers_tell(&before->attempt, side, packet)
               ? before
               : now;
}

struct entry *rivals_of_syn(struct tracker *t, struct entry *entry, uint32_t seq)
{
    struct entry *other = entry ? rivals_other(t, entry) : NULL;
    return other && entry->attempt.syn.seq != seq && other->attempt.syn.seq == seq ? other : entry;
}

struct entry *rivals_of_quote(struct tracker *t, struct entry *entry, const struct packet *error)
{
    struct entry *other = entry ? rivals_other(t, entry) : NULL;
    if (!other || !error->icmp.quote.has_seq || (mark_seen(&entry->attempt.syn) && quote_fits(&entry->attempt, error)))
        return entry;
    return mark_seen(&other->attempt.syn) && quote_fits(&other->attempt, error) ? other : entry;
}

/* ---- Which one is true ---- */

static uint64_t both_begun(const struct attempt *a, const struct attempt *b)
{
    return a->syn.number > b->syn.number ? a->syn.number : b->syn.number;
}

/* It was accepted, and its client speaks since both began. */
static bool talks(const struct attempt *a, uint64_t since)
{
    const struct connection *c = connection_of(a);
    return c && mark_seen(&a->answer->synack) && c->side[SIDE_CLIENT].last.number > since;
}

static bool is_forged(const struct attempt *a, const struct attempt *other)
{
    const struct connection *c = connection_of(a);
    const uint64_t both = both_begun(a, other), went_on = client_went_on(a);
    if (a->facts & FACT_NO_SYN || (c && mark_seen(&c->side[SIDE_CLIENT].last)))
        return false;
    if (is_over(a) && a->syn.number < other->syn.number)
        return false;
    if (talks(other, both)) /* no kernel sends its SYN again by then */
        return !went_on || went_on > both;
    if (went_on)
        return false;
    return !is_answered(a) && (client_went_on(other) > both || (is_answered(other) && !attempts_look_alike(a, other)));
}

static bool marks_alike(const struct mark *a, const struct mark *b)
{
    return mark_seen(a) == mark_seen(b) && a->ttl == b->ttl && a->window == b->window && a->mss == b->mss;
}

/* A tool sends its SYNs from one port, and gets the same answer each time. */
static bool answers_alike(const struct attempt *a, const struct attempt *b)
{
    if (!a->answer || !b->answer)
        return false;
    const struct icmp_mark *error = &a->answer->icmp, *same = &b->answer->icmp;
    return marks_alike(&a->answer->synack, &b->answer->synack) &&
           marks_alike(&a->answer->refusal, &b->answer->refusal) && error->type == same->type &&
           error->code == same->code && error->ttl == same->ttl && address_equal(&error->sender, &same->sender);
}

static bool is_used_anew(const struct attempt *a, const struct attempt *b)
{
    const struct attempt *before = a->syn.number < b->syn.number ? a : b;
    return is_over(before) && attempts_look_alike(a, b) && answers_alike(a, b);
}

/* After it has closed a connection a kernel keeps its four-tuple for a while (RFC 9293 section 3.6.1). */
static bool ended_by_fin(const struct attempt *a)
{
    const struct connection *c = connection_of(a);
    return c && (mark_seen(&c->side[SIDE_CLIENT].fin) || mark_seen(&c->side[SIDE_SERVER].fin));
}

static bool is_contested(const struct attempt *a, const struct attempt *other)
{
    const bool other_went_on = client_went_on(other) > both_begun(a, other), alike = attempts_look_alike(a, other);
    if (!client_went_on(a))
        return !is_used_anew(a, other);
    if (other_went_on || talks(a, 0))
        return other_went_on;
    /* Anybody can send a SYN twice. */
    return a->syn.number > other->syn.number ? ended_by_fin(other) || !alike : is_answered(other) && !alike;
}

static void set_contested(struct attempt *a, const struct attempt *other)
{
    if (is_contested(a, other) && !is_forged(other, a))
        a->facts |= FACT_CONTESTED;
    else
        a->facts &= ~(uint32_t)FACT_CONTESTED;
}

static void note_forged(struct entry *forged, struct attempt *on)
{
    if (forged->counted & COUNTED_FORGED)
        return;
    forged->counted |= COUNTED_FORGED;
    if (on->misfits == 0 || forged->attempt.syn.number < on->misfit_number)
        on->misfit_number = forged->attempt.syn.number;
    on->misfits += forged->attempt.packets;
}

bool rivals_settle(struct tracker *t, struct entry *entry)
{
    struct entry *other = rivals_other(t, entry);
    if (!other)
        return true;
    set_contested(&entry->attempt, &other->attempt);
    if (is_forged(&other->attempt, &entry->attempt))
        note_forged(other, &entry->attempt);
    else if (is_forged(&entry->attempt, &other->attempt)) {
        note_forged(entry, &other->attempt);
        entry->attempt.facts |= FACT_DECIDED;
        return false;
    }
    return true;
}

void rivals_part(struct tracker *t, struct entry *entry)
{
    struct entry *other = rivals_other(t, entry);
    if (!other)
        return;
    set_contested(&other->attempt, &entry->attempt);
    other->rival = entry->rival = 0;
}
