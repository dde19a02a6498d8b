/* Live: when an attempt is handed over. In a file everything waits for the end, for later packets teach about earlier
 * ones. */
#include "due.h"

#include "mark.h"
#include "state.h"
#include "track/fast/compact_syn.h"

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
static const int64_t scan_every_us = SECOND_US / 4;
/* Packets that follow the deciding one within this time belong to the evidence (a second RST, a late SYN-ACK). */
enum { CLOSING_WAIT_US = 40000 };

static bool stalled(const struct connection *c)
{
    return c->side[SIDE_CLIENT].stalled_count >= STALLED_SENDS || c->side[SIDE_SERVER].stalled_count >= STALLED_SENDS;
}

static bool open_is_due(const struct entry *entry, int64_t now_us)
{
    const struct attempt *a = &entry->attempt;
    const struct answer *answer = a->answer;
    if (a->facts & FACT_SUBFLOW)
        return false; /* nothing is told of it; as long as it is known, its packets begin no attempt */
    if (a->facts & (FACT_DECIDED | FACT_NO_SYN) || !answer)
        return answer && answer->connection && a->facts & FACT_DECIDED && stalled(answer->connection) &&
               !(a->facts & FACT_NO_SYN);
    const struct connection *c = answer->connection;
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

/* A RST that its receiver ignored (RFC 5961 section 3) ended nothing. */
static bool goes_on(const struct entry *entry)
{
    const struct connection *c = entry->attempt.answer ? entry->attempt.answer->connection : NULL;
    if (!c)
        return false;
    for (int side = 0; side < 2; side++) {
        const struct mark *rst = &c->side[side].rst;
        if (mark_seen(rst) && mark_seen(&c->side[!side].last) && c->side[!side].last.ts_us > rst->ts_us &&
            !mark_seen(&c->side[!side].rst) && !mark_seen(&c->side[!side].fin) && !mark_seen(&c->side[side].fin))
            return true;
    }
    return false;
}

static bool is_over(const struct queued *w)
{
    const struct answer *answer = is_compact(w) ? NULL : entry_of(w)->attempt.answer;
    const struct connection *c = answer ? answer->connection : NULL;
    return !c || c->closed_us || mark_seen(&c->side[0].fin) || mark_seen(&c->side[1].fin);
}

static void report_now(struct tracker *t, struct queued *w, int64_t now_us)
{
    if (!is_compact(w) && entry_of(w)->attempt.facts & FACT_DECIDED)
        attempts_report_again(t, entry_of(w), now_us);
    else
        queued_report(t, w, now_us);
}

static void settle(struct tracker *t, struct queued *w, int64_t now_us)
{
    bool over = is_over(w);
    report_now(t, w, now_us);
    if (is_compact(w) && compact_of(w)->load)
        queued_drop(t, w);
    else if (over)
        queue_done(t, w, now_us);
    else
        queue_move(t, w, QUEUE_OPEN);
}

static void advance_open(struct tracker *t, int64_t now_us)
{
    for (uint32_t id = t->queue[QUEUE_OPEN].head; id;) {
        struct queued *w = queued_at(t, id - 1);
        id = w->link.after;
        if (!is_compact(w) && open_is_due(entry_of(w), now_us)) {
            report_now(t, w, now_us);
            queue_done(t, w, now_us);
        }
    }
}

static int64_t first_syn_us(const struct queued *w)
{
    return is_compact(w) ? compact_of(w)->syn.ts_us : entry_of(w)->attempt.syn.ts_us;
}

/* What decides one in brief is its refusal. */
static int64_t decided_us(const struct tracker *t, const struct queued *w)
{
    return is_compact(w) ? compact_last_us(t, compact_of(w)) : entry_of(w)->decided_us;
}

void due_advance(struct tracker *t, int64_t now_us)
{
    struct queued *w;
    while ((w = queue_head(t, QUEUE_CLOSING)) && decided_us(t, w) + CLOSING_WAIT_US <= now_us) {
        if (!is_compact(w) && goes_on(entry_of(w)))
            queue_move(t, w, QUEUE_OPEN);
        else
            settle(t, w, now_us);
    }
    for (enum queue_name q = QUEUE_SYN; q <= QUEUE_AGAIN; q++)
        while ((w = queue_head(t, q)) && now_us - first_syn_us(w) > syn_wait_us) {
            settle(t, w, now_us);
            queue_prefetch(t, q);
        }
    while ((w = queue_head(t, QUEUE_DONE)) && queued_is_past(w, now_us)) {
        hosts_trim(&t->hosts); /* a stranger leaves a host behind */
        queued_drop(t, w);
    }
    /* In the future: the clock was set back since. */
    if (now_us >= t->scanned_us && now_us - t->scanned_us < scan_every_us)
        return;
    t->scanned_us = now_us;
    advance_open(t, now_us);
    lookups_finish(t, now_us, false);
}
