/* What was sent and never arrived: large segments, or all that a session still had to say. */
#include "spoken.h"

static const struct flow_side *peer_of(const struct view *v, const struct flow_side *side)
{
    return side == v->server ? v->client : v->server;
}

/* The peer is heard while the large segment is not: the path lives. */
static bool peer_heard_since(const struct view *v, const struct flow_side *side)
{
    return peer_of(v, side)->last_us > side->stalled.ts_us;
}

enum { LARGE = 500 }; /* bytes of payload; RFC 791: what is shorter passes everywhere */

/* As large a segment passed before, so the path has become narrower: the peer is heard, what is sent to it in small
 * pieces arrives, and one large one does not, however often. */
static bool narrowed_since(const struct view *v, const struct flow_side *side)
{
    enum { SURELY_STUCK = 4 };
    const struct flow_side *peer = peer_of(v, side);
    return v->login.success && side->stalled_count >= SURELY_STUCK && peer->stalled_count == 0 &&
           peer->last_payload_us > side->stalled.ts_us && side->last_us > peer->last_payload_us;
}

/* Small packets of this side do not arrive either: its peer sends again what was acknowledged, or small things of its
 * own in vain. Then it is not size that is lost. */
static bool all_is_lost(const struct view *v, const struct flow_side *side)
{
    const struct flow_side *peer = peer_of(v, side);
    return small_ones_lost_too(v, side) || (peer->stalled_count >= STUCK_SENDS && peer->stalled.payload_len < LARGE);
}

/* The part of the weight where nothing shows that small ones passed later. Judgement. */
static const float perhaps_all_is_lost = 0.6f;

static bool large_stuck(const struct view *v, struct finding *f)
{
    const struct flow_side *side = stuck_side(v);
    if (!side || side->stalled.payload_len < LARGE || (v->login.success && !peer_heard_since(v, side)))
        return false;
    if (side->stalled.payload_len <= side->largest_acked && !narrowed_since(v, side))
        return false;
    if (all_is_lost(v, side) || lost_by_dscp(v, NULL))
        return false;
    f->packet = side->stalled.number;
    f->value[0] = side->stalled.payload_len;
    f->value[1] = side->stalled_count;
    f->value[2] = side->largest_acked;
    if (!peer_heard_since(v, side) && !told_too_big(v))
        f->scale = perhaps_all_is_lost;
    return true;
}

/* What was in vain as a whole came through in pieces. */
static bool large_shrunk(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_LENGTH))
        return false;
    for (int side = SIDE_SERVER; v->connection && !v->login.success && side >= SIDE_CLIENT; side--) {
        const struct flow_side *sender = &v->connection->side[side];
        if (!sender->shrunk.number || sender->shrunk.from < LARGE ||
            (int32_t)(v->connection->side[!side].acked - sender->shrunk.seq) < sender->shrunk.to)
            continue;
        f->packet = sender->shrunk.number;
        f->value[0] = sender->shrunk.from;
        f->value[1] = sender->shrunk.sends;
        f->value[2] = sender->shrunk.to;
        return true;
    }
    return false;
}

/* Who leaves by itself as the gap shows has not waited for what is missing. */
static bool receiver_left(const struct flow_side *receiver, const struct flow_side *sender)
{
    const struct mark *end = seen(&receiver->fin) ? &receiver->fin : &receiver->rst, *gap = &sender->beyond_gap;
    if (seen(&sender->fin) && sender->fin.ts_us <= end->ts_us)
        return false;
    return seen(end) && end->ts_us >= gap->ts_us && end->ts_us - gap->ts_us < PERSON_US;
}

/* Seen from the far end the large segments never come; later, smaller ones do. */
static bool large_missing(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_LENGTH | FIELD_SEQ))
        return false;
    for (int side = SIDE_SERVER; side >= SIDE_CLIENT; side--) {
        if (!gap_stays(v, (enum side)side))
            continue;
        const struct flow_side *sender = &v->connection->side[side];
        if (receiver_left(&v->connection->side[!side], sender))
            continue;
        bool waited = seen(&v->client->fin) && v->client->fin.ts_us - sender->last_payload_us > 2 * PERSON_US;
        if (!waited && v->file->observed_until_us - sender->beyond_gap.ts_us < PERSON_US)
            continue; /* it may still come */
        f->packet = sender->beyond_gap.number;
        f->value[0] = sender->beyond_gap.seq - v->connection->side[!side].acked;
        f->word = side == SIDE_SERVER ? "server" : "client";
        return f->value[0] >= 500 && f->value[0] < 1u << 20;
    }
    return false;
}

/* Twice may be a bad moment of the path; five times and seconds without a word are not. Judgement. */
enum { SURELY_DEAD_SENDS = 5, SURELY_DEAD_US = 5000000 };
static const float maybe_dead = 0.6f;

static bool session_dead(const struct view *v, struct finding *f)
{
    const struct flow_side *side = stuck_side(v);
    if (!side || !v->login.success || peer_heard_since(v, side))
        return false;
    const struct flow_side *peer = peer_of(v, side);
    bool surely = side->stalled_count >= SURELY_DEAD_SENDS && side->last_us - peer->last_us >= SURELY_DEAD_US;
    f->packet = side->stalled.number;
    f->value[0] = side->stalled_count;
    f->scale = surely ? 1 : maybe_dead;
    return true;
}

/* Before a session too: what is small is sent again, and nobody is heard. */
static bool login_dead(const struct view *v, struct finding *f)
{
    const struct flow_side *side = stuck_side(v);
    if (!side || v->login.success || side->stalled_count < SURELY_DEAD_SENDS - 1 ||
        (peer_heard_since(v, side) && !small_ones_lost_too(v, side)) ||
        (side->stalled.payload_len >= LARGE && !all_is_lost(v, side)))
        return false;
    f->packet = side->stalled.number;
    f->value[0] = side->stalled_count;
    return true;
}

/* A large segment is stuck before a session, and nothing shows that a small one would pass. */
static bool size_unproved(const struct view *v, struct finding *f)
{
    struct finding stuck = {.scale = 1};
    if (v->login.success || !large_stuck(v, &stuck) || stuck.scale >= 1)
        return false;
    f->packet = stuck.packet;
    return true;
}

static bool closed_to_nobody(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_SEQ))
        return false;
    enum { QUIET_US = 3000000 };
    const struct mark *fin = v->client ? &v->client->fin : NULL;
    if (!v->login.success || !seen(fin) || seen(&v->server->fin) || fin->ts_us - v->server->last_us < QUIET_US)
        return false;
    f->packet = fin->number;
    f->value[0] = (uint64_t)(fin->ts_us - v->server->last_us);
    return (int32_t)(v->server->acked - (fin->seq + fin->payload_len)) <= 0 && v->server->last_us < fin->ts_us;
}

static const struct evidence_row rows[] = {
    {"large-stuck",
     VIEW_TEST(large_stuck),
     {{CAUSE_MTU_BLACKHOLE, 9.0f}, {CAUSE_NONE, -6.0f}},
     "a segment of {0} bytes was sent again {1} times and never acknowledged, while {2} bytes passed",
     "RFC 2923 section 2.1; lab"},
    {"large-shrunk",
     VIEW_TEST(large_shrunk),
     {{CAUSE_MTU_BLACKHOLE, 10.0f}, {CAUSE_NONE, -6.0f}},
     "a segment of {0} bytes was sent {1} times in vain, and came through when its sender cut it to {2} bytes",
     "RFC 4821 section 7.7; net/ipv4/tcp_timer.c tcp_mtu_probing; lab"},
    {"large-missing",
     VIEW_TEST(large_missing),
     {{CAUSE_MTU_BLACKHOLE, 12.0f}, {CAUSE_CLIENT_ABORT, -2.0f}, {CAUSE_NONE, -6.0f}},
     "{0} bytes that the {w} sent never came here and were never acknowledged, while later, smaller segments did",
     "RFC 2923 section 2.1; lab"},
    {"closed-to-nobody",
     VIEW_TEST(closed_to_nobody),
     {{CAUSE_IDLE_DROP, 7.0f}},
     "the client closed a session in which the server had been silent for {0t}, and got no answer",
     "lab"},
    {"session-dead",
     VIEW_TEST(session_dead),
     {{CAUSE_IDLE_DROP, 7.5f}},
     "the session's last data was sent again {0} times and never acknowledged",
     "lab"},
    {"size-unproved",
     VIEW_TEST(size_unproved),
     {{CAUSE_IDLE_DROP, 6.0f}},
     "nothing more was heard from the other side, so that small packets may be lost as well",
     "RFC 2923 section 2.1; judgement"},
    {"login-dead",
     VIEW_TEST(login_dead),
     {{CAUSE_IDLE_DROP, 6.0f}, {CAUSE_MTU_BLACKHOLE, -2.0f}},
     "in the middle of the login one side was no longer heard: what it was sent was sent again {0} times, in vain",
     "lab"},
};

const struct evidence_rows stall_rows = EVIDENCE_ROWS(rows);
