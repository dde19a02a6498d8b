#include "due.h"

#include "mark.h"

#define SECOND_US INT64_C(1000000)

/* A router tells of a dead neighbour after three requests, 3.1 s after the SYN: a verdict of silence waits for it. */
static const int64_t syn_wait_us = 42 * SECOND_US / 10;
/* Longer than one reverse look-up that times out (5 s for each server and try), after which sshd still answers. */
static const int64_t banner_wait_us = 15 * SECOND_US;
/* SYN-ACKs go out at 0, 1, 3 s: after the third nobody is there to hear them. */
static const int64_t handshake_wait_us = 4 * SECOND_US;
/* Lines in place of a banner, at most one every ten seconds or so, make a tarpit. */
static const int64_t tarpit_wait_us = 22 * SECOND_US;
/* The same segment sent this often without being acknowledged is a blackhole, not a loss. */
enum { STALLED_SENDS = 4 };
/* Packets that follow the deciding one within this time belong to the evidence (a second RST, a late SYN-ACK). */
enum { CLOSING_WAIT_US = 40000 };

static bool stalled(const struct connection *c)
{
    return c->side[SIDE_CLIENT].stalled_count >= STALLED_SENDS || c->side[SIDE_SERVER].stalled_count >= STALLED_SENDS;
}

bool due_while_open(const struct entry *entry, int64_t now_us)
{
    const struct attempt *a = &entry->attempt;
    const struct answer *answer = a->answer;
    if (a->facts & FACT_SUBFLOW)
        return false; /* nothing is told of it; as long as it is known, its packets begin no attempt */
    if (a->facts & (FACT_DECIDED | FACT_NO_SYN) || !answer)
        return answer && answer->connection && a->facts & FACT_DECIDED && stalled(answer->connection) &&
               !(a->facts & FACT_NO_SYN);
    const struct connection *c = answer->connection;
    if (!c && !mark_seen(&answer->synack)) /* what came is no answer that its client can take */
        return due_without_answer(a->syn.ts_us, now_us);
    if (!c)
        return now_us - answer->synack.ts_us > handshake_wait_us;
    const struct dialogue *d = c->dialogue;
    if (stalled(c))
        return true;
    if (!d || (!d->clock.banner_us[SIDE_SERVER] && !d->pre_banner_lines))
        return now_us - answer->synack.ts_us > banner_wait_us;
    if (!d->clock.banner_us[SIDE_SERVER])
        return now_us - answer->synack.ts_us > tarpit_wait_us;
    return false;
}

bool due_without_answer(int64_t first_syn_us, int64_t now_us)
{
    return now_us - first_syn_us > syn_wait_us;
}

bool due_after_decision(int64_t decided_us, int64_t now_us)
{
    return decided_us + CLOSING_WAIT_US <= now_us;
}

bool decision_is_void(const struct attempt *attempt)
{
    const struct connection *c = attempt->answer ? attempt->answer->connection : NULL;
    if (!c)
        return false;
    for (int side = 0; side < 2; side++) {
        const struct mark *rst = &c->side[side].rst;
        if (mark_seen(rst) && mark_seen(&c->side[!side].last) &&
            c->side[!side].last.ts_us > c->side[side].last_rst_us && !mark_seen(&c->side[!side].rst) &&
            !mark_seen(&c->side[!side].fin) && !mark_seen(&c->side[side].fin))
            return true;
    }
    return false;
}

bool attempt_is_over(const struct attempt *attempt)
{
    const struct connection *c = attempt->answer ? attempt->answer->connection : NULL;
    return !c || c->closed_us || mark_seen(&c->side[0].fin) || mark_seen(&c->side[1].fin);
}
