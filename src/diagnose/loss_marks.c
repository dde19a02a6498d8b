/* What the packets that vanish have in common, and those that pass have not: a DSCP value, or nothing but their
 * direction. */
#include "spoken.h"

#include <string.h>

/* Fewer segments than these in vain may be an accident. */
enum { SURELY_IN_VAIN = 3 };

static const struct flow_marking *marking_of(const struct flow_side *side, uint8_t tos)
{
    for (unsigned i = 0; i < side->markings; i++)
        if (dscp(side->marking[i].tos) == dscp(tos))
            return &side->marking[i];
    return NULL;
}

static const struct flow_marking *one_that_passed(const struct flow_side *side)
{
    for (unsigned i = side->markings; i > 0; i--)
        if (side->marking[i - 1].passed)
            return &side->marking[i - 1];
    return NULL;
}

/* Seen from where the segments are sent. */
static bool never_passes(const struct view *v, enum side side)
{
    const struct flow_side *sender = &v->connection->side[side];
    if (sender->stalled_count < SURELY_IN_VAIN)
        return false;
    const struct flow_marking *lost = marking_of(sender, sender->stalled.tos);
    return lost && !lost->passed && lost->segments > SURELY_IN_VAIN && one_that_passed(sender);
}

bool lost_by_dscp(const struct view *v, enum side *side)
{
    if (lacks(v, FIELD_TOS))
        return false;
    for (int s = SIDE_SERVER; v->connection && s >= SIDE_CLIENT; s--)
        if (never_passes(v, (enum side)s)) {
            if (side)
                *side = (enum side)s;
            return true;
        }
    return false;
}

static bool follows_dscp(const struct view *v, struct finding *f)
{
    enum side side;
    if (!lost_by_dscp(v, &side))
        return false;
    const struct flow_side *sender = &v->connection->side[side];
    f->packet = sender->stalled.number;
    f->value[0] = sender->stalled.tos & ~3u;
    f->value[1] = marking_of(sender, sender->stalled.tos)->segments;
    f->value[2] = one_that_passed(sender)->tos;
    f->word = side == SIDE_SERVER ? "server" : "client";
    return true;
}

/* sshd marks its packets once a session begins (packet.c ssh_packet_set_tos), and from then on nothing came: seen from
 * the far end of such a loss. */
bool lost_since_marked(const struct view *v)
{
    enum { SOON_US = 3000000 };
    const struct flow_side *server = v->server;
    if (lacks(v, FIELD_TOS) || !v->connection || !v->login.success || !v->login.success_us ||
        !strstr(v->dialogue->banner[SIDE_SERVER].text, "OpenSSH"))
        return false;
    const struct flow_marking *passed = one_that_passed(server);
    return v->client->stalled_count >= SURELY_IN_VAIN && server->markings == 1 && passed &&
           server->last_us - v->login.success_us < SOON_US && v->client->stalled.ts_us > server->last_us &&
           !lost_by_dscp(v, NULL);
}

bool lost_to_marking(const struct view *v, enum side *side)
{
    if (lost_by_dscp(v, side))
        return true;
    *side = SIDE_SERVER;
    return lost_since_marked(v);
}

static bool silent_since_marked(const struct view *v, struct finding *f)
{
    if (!lost_since_marked(v))
        return false;
    f->packet = v->server->last.number;
    f->value[0] = v->server->marking[0].tos;
    f->value[1] = (uint64_t)(v->server->last_us - v->login.success_us);
    return true;
}

bool small_ones_lost_too(const struct view *v, const struct flow_side *side)
{
    enum { NO_ACCIDENT = 2 };
    const struct flow_side *peer = side == v->server ? v->client : v->server;
    return !(v->attempt->facts & FACT_OUT_OF_ORDER) && peer->repeats_of_acked > NO_ACCIDENT;
}

static bool acks_lost_too(const struct view *v, struct finding *f)
{
    const struct flow_side *side = stuck_side(v);
    if (!side || !small_ones_lost_too(v, side))
        return false;
    const struct flow_side *peer = side == v->server ? v->client : v->server;
    f->packet = peer->last.number;
    f->value[0] = peer->repeats_of_acked;
    f->word = side == v->server ? "client" : "server";
    return true;
}

/* Nearly all that says ECT is sent again, without: a path that loses one in ten is bad enough. */
const struct flow_side *ect_lost(const struct view *v)
{
    enum { NO_ACCIDENT = 3 };
    for (int side = SIDE_SERVER; v->connection && side >= SIDE_CLIENT; side--) {
        const struct flow_side *sender = &v->connection->side[side];
        if (sender->ect_repeats >= NO_ACCIDENT && 2 * sender->ect_repeats > sender->ect_segments)
            return sender;
    }
    return NULL;
}

static bool ecn_dropped(const struct view *v, struct finding *f)
{
    const struct flow_side *side = ect_lost(v);
    if (!side)
        return false;
    f->packet = side->last.number;
    f->value[0] = side->ect_segments;
    f->value[1] = side->ect_repeats;
    f->word = side == v->server ? "server" : "client";
    return true;
}

const struct flow_side *stray_sacks(const struct view *v)
{
    enum { NO_ACCIDENT = 2 };
    for (int side = SIDE_SERVER; v->connection && side >= SIDE_CLIENT; side--)
        if (v->connection->side[side].stray_sack.count >= NO_ACCIDENT)
            return &v->connection->side[side];
    return NULL;
}

static bool sack_astray(const struct view *v, struct finding *f)
{
    const struct flow_side *side = stray_sacks(v);
    if (!side)
        return false;
    const uint32_t ahead = side->stray_sack.left - side->stray_sack.ack;
    f->packet = side->stray_sack.number;
    f->value[0] = ahead < UINT32_MAX / 2 ? ahead : -ahead;
    f->value[1] = side->stray_sack.count;
    f->word = side == v->server ? "server" : "client";
    return true;
}

static const struct evidence_row rows[] = {
    {"ecn-dropped",
     VIEW_TEST(ecn_dropped),
     {{CAUSE_MTU_BLACKHOLE, -3.0f}, {CAUSE_IDLE_DROP, 1.0f}},
     "of {0} segments that the {w} marked as ECN-capable {1} were sent again, and without the mark they passed",
     "RFC 3168 section 6.1.5; lab"},
    {"sack-astray",
     VIEW_TEST(sack_astray),
     {{CAUSE_IDLE_DROP, 3.0f}, {CAUSE_MTU_BLACKHOLE, -4.0f}, {CAUSE_SERVER_STALLED, -2.0f}},
     "{1} SACK blocks of the {w} lie {0} bytes from what it acknowledges: a firewall on the way rewrites sequence "
     "numbers, "
     "and forgets those in SACK",
     "RFC 2018 section 3; Cisco's random sequence numbers; judgement"},
    {"lost-by-dscp",
     VIEW_TEST(follows_dscp),
     {{CAUSE_IDLE_DROP, 9.0f}, {CAUSE_MTU_BLACKHOLE, -8.0f}, {CAUSE_NONE, -6.0f}},
     "of what the {w} sent with TOS {0x} nothing arrived ({1} segments), while with {2x} it passed, of any size",
     "OpenSSH packet.c ssh_packet_set_tos, IPQoS; lab"},
    {"silent-since-marked",
     VIEW_TEST(silent_since_marked),
     {{CAUSE_IDLE_DROP, 2.0f}},
     "nothing more came from the server {1t} after the login: there sshd begins to mark its packets, and all that came "
     "had TOS {0x}",
     "OpenSSH packet.c ssh_packet_set_tos, IPQoS; lab"},
    {"acks-lost-too",
     VIEW_TEST(acks_lost_too),
     {{CAUSE_IDLE_DROP, 2.0f}, {CAUSE_MTU_BLACKHOLE, -6.0f}},
     "the {w} sends again what was acknowledged ({0} times): small packets to it vanish as well",
     "RFC 2923 section 2.1: small packets pass; lab"},
};

const struct evidence_rows mark_rows = EVIDENCE_ROWS(rows);
