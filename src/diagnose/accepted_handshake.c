/* A SYN-ACK that no connection followed: who did not hear whom? */
#include <string.h>

#include "accepted.h"
#include "scan.h"
#include "silent_way_back.h"

/* The answer is in vain, and more than one was sent, or the client asked again although one had come. */
static bool synacks_unheard(const struct view *v, struct finding *f)
{
    enum { HEARD_US = 500000 }; /* who has a SYN-ACK sends no SYN: more than any two captures' clocks differ */
    const struct answer *answer = v->answer;
    if (v->shaken || (v->connection && seen(&v->client->rst)) || !seen(&answer->synack))
        return false;
    if (answer->synacks < 2 && v->attempt->last_syn_us < answer->synack.ts_us + HEARD_US)
        return false;
    f->packet = answer->synacks > 1 ? answer->synack_again.number : answer->synack.number;
    f->value[0] = answer->synacks;
    f->value[1] = v->attempt->syns;
    return true;
}

static bool synack_unacked(const struct view *v, struct finding *f)
{
    return (v->vantage == VANTAGE_SERVER || v->vantage == VANTAGE_BETWEEN) && v->answer->synacks > 1 &&
           synacks_unheard(v, f);
}

/* On one network with both ends it is not known where the capture was taken. */
static bool synack_unacked_somewhere(const struct view *v, struct finding *f)
{
    return v->vantage == VANTAGE_UNKNOWN && v->answer->synacks > 1 && synacks_unheard(v, f);
}

/* The capture is the client's own, and not one of another machine on its link: the SYN leaves it, its checksum is left
 * to its hardware, or its kernel was seen to answer at once. */
static bool on_client_itself(const struct view *v)
{
    enum { AT_ONCE_US = 150 };
    const struct host *h = v->client_host;
    return v->file->capturer.client == LOCALITY_HERE || v->syn->bits & (MARK_OUT | MARK_SUM_PARTIAL) ||
           (h && h->ack_rtt_us && h->ack_rtt_us < AT_ONCE_US);
}

/* Seen from the client they have arrived: it is the client that makes nothing of them. */
static bool synack_ignored(const struct view *v, struct finding *f)
{
    return v->vantage == VANTAGE_CLIENT && on_client_itself(v) && synacks_unheard(v, f);
}

static bool synack_ignored_nearby(const struct view *v, struct finding *f)
{
    return v->vantage == VANTAGE_CLIENT && !on_client_itself(v) && synacks_unheard(v, f);
}

/* Its checksum was left to hardware that did not fill it in, or is damaged. On the machine that sends it the first is
 * as it should be, and no other connection to that server may have come about. */
static bool synack_sum_wrong(const struct view *v, struct finding *f)
{
    const struct mark *synack = &v->answer->synack;
    struct finding unheard = {0};
    const bool partial = v->vantage == VANTAGE_CLIENT && synack->bits & MARK_SUM_PARTIAL &&
                         !(v->server_host && v->server_host->accepted);
    if (!synacks_unheard(v, &unheard) || !(partial || synack->bits & MARK_SUM_BAD))
        return false;
    f->packet = synack->number;
    f->word = partial ? "no more than the pseudo-header's sum, which hardware was to complete" : "wrong";
    return true;
}

static bool answer_by_other_way(const struct view *v, struct finding *f)
{
    struct finding unheard = {0};
    if (!synacks_unheard(v, &unheard) || !answers_leave_elsewhere(v))
        return false;
    f->packet = v->answer->synack.number;
    f->value[0] = v->syn->interface;
    f->value[1] = v->answer->synack.interface;
    return true;
}

static bool synack_was_reset(const struct view *v)
{
    return !v->shaken && v->connection && seen(&v->client->rst) && seen(&v->answer->synack);
}

enum { SYNS_IN_VAIN = 3 };

/* The client asked again and again although it had been answered: the answers were lost until the last one. */
static bool synack_in_vain(const struct view *v, struct finding *f)
{
    if (!synack_was_reset(v) || v->answer->synacks < SYNS_IN_VAIN || v->attempt->syns < SYNS_IN_VAIN ||
        v->attempt->last_syn_us < v->answer->synack.ts_us || v->attempt->last_syn_us > v->client->rst.ts_us)
        return false;
    f->packet = v->client->rst.number;
    f->value[0] = v->answer->synacks;
    f->value[1] = v->attempt->syns;
    return true;
}

/* Seen from the client: long after its last SYN, so its answer is one of those that a server repeats; by then nobody
 * waited for it. */
static bool synack_too_late(const struct view *v, struct finding *f)
{
    enum { LATE_US = 2000000 };
    if (!synack_was_reset(v) || v->attempt->syns < SYNS_IN_VAIN ||
        v->answer->synack.ts_us - v->attempt->last_syn_us < LATE_US)
        return false;
    f->packet = v->answer->synack.number;
    f->value[0] = (uint64_t)(v->answer->synack.ts_us - v->syn->ts_us);
    f->value[1] = v->attempt->syns;
    return true;
}

/* It resets one SYN-ACK after another, and sends the same SYN again after each: its kernel waits for an answer from
 * another address. */
static bool resets_one_after_another(const struct view *v)
{
    enum { TWICE = 2 };
    const struct answer *answer = v->answer;
    if (v->client->rsts >= TWICE && v->client->rsts <= answer->synacks &&
        v->attempt->last_syn_us > v->client->rst.ts_us)
        return true;
    /* The server made another one for the SYN that came again, so the first was reset, though that is not here. */
    return seen(&answer->synack_again) && answer->synack_again.seq != answer->synack.seq;
}

static bool synacks_reset_each(const struct view *v, struct finding *f)
{
    if (!resets_synack(v) || syn_only_looks(v) || v->attempt->syns < 2 || v->vantage == VANTAGE_CLIENT ||
        !resets_one_after_another(v))
        return false;
    f->packet = v->client->rst.number;
    f->value[0] = v->client->rsts;
    f->value[1] = v->attempt->syns;
    return true;
}

/* At the client, from the address that was asked: not its kernel resets them, which waits for one, but a rule. */
static bool synack_rejected_here(const struct view *v, struct finding *f)
{
    if (v->vantage != VANTAGE_CLIENT || !resets_synack(v) || syn_only_looks(v) ||
        v->attempt->last_syn_us < v->client->rst.ts_us)
        return false;
    f->packet = v->client->rst.number;
    f->value[0] = v->client->rsts;
    f->value[1] = v->attempt->syns;
    return true;
}

/* The SYN came through somebody who sent it on, and the reset straight from the client. */
static bool reset_by_other_way(const struct view *v, struct finding *f)
{
    const struct mark *syn = v->syn;
    if (lacks(v, FIELD_TTL) || !resets_synack(v) || syn_only_looks(v) || v->vantage == VANTAGE_CLIENT || !seen(syn))
        return false;
    const struct mark *reset = &v->client->rst;
    f->packet = reset->number;
    f->value[0] = reset->ttl;
    f->value[1] = syn->number;
    f->value[2] = syn->ttl;
    const bool other_mac = syn->bits & reset->bits & MARK_MAC && memcmp(syn->mac, reset->mac, sizeof syn->mac) != 0;
    return reset->ttl != syn->ttl && ttl_start(reset->ttl) == ttl_start(syn->ttl) &&
           (other_mac || reset->ttl > syn->ttl);
}

/* Its kernel never saw the SYN-ACK, so it was not its kernel that reset it: a firewall on its side did. */
static bool still_asks(const struct view *v)
{
    return v->attempt->last_syn_us > v->client->rst.ts_us && !syn_only_looks(v);
}

/* Its number is beyond the SYN-ACK's: more was sent before it than is here. */
static bool said_more(const struct view *v)
{
    return (int32_t)(v->client->rst.seq - v->answer->synack.ack) > 0;
}

/* A SYN that came once, and more than one SYN-ACK before the reset: the first ones did reach the client, which asked no
 * more, but what it said then did not come here. A kernel that never asked resets the first SYN-ACK. */
static bool reset_at_last(const struct view *v, struct finding *f)
{
    enum { REPEATED_US = 900000 };
    const struct answer *answer = v->answer;
    if (!resets_synack(v) || syn_only_looks(v) || v->attempt->syns > 1 || answer->synacks < 2 ||
        v->client->rst.ts_us - answer->synack.ts_us < REPEATED_US || answer->synack_again.ts_us > v->client->rst.ts_us)
        return false;
    f->packet = v->client->rst.number;
    f->value[0] = answer->synacks;
    f->value[1] = (uint64_t)(v->client->rst.ts_us - answer->synack.ts_us);
    return true;
}

/* Whoever asked for it was gone: sooner than any ConnectTimeout, so it never waited for an answer. */
enum { LEAST_TIMEOUT_US = 900000 };

static bool resets_at_all(const struct view *v, struct finding *f)
{
    struct finding late = {0};
    if (!synack_was_reset(v) || synack_in_vain(v, &late) || synack_too_late(v, &late) || still_asks(v) ||
        said_more(v) || synacks_reset_each(v, &late) || reset_at_last(v, &late))
        return false;
    f->packet = v->client->rst.number;
    f->value[0] = (uint64_t)(v->answer->synack.ts_us - v->syn->ts_us);
    return true;
}

static bool client_resets_synack(const struct view *v, struct finding *f)
{
    return resets_at_all(v, f) && (syn_only_looks(v) || v->answer->synack.ts_us - v->syn->ts_us < LEAST_TIMEOUT_US);
}

bool reset_unexplained(const struct view *v)
{
    struct finding ignored = {.scale = 1};
    return v->stage == STAGE_ACCEPTED && resets_synack(v) && !(v->client->rst.flags & TCP_ACK) && !syn_only_looks(v) &&
           resets_at_all(v, &ignored);
}

static bool client_gave_up_waiting(const struct view *v, struct finding *f)
{
    return resets_at_all(v, f) && !client_resets_synack(v, f);
}

static const struct evidence_row rows[] = {
    {"synack-unacked",
     VIEW_TEST(synack_unacked),
     {{CAUSE_RETURN_PATH_LOSS, 6.0f}},
     "the SYN-ACK was sent {0} times and never acknowledged: it does not reach the client",
     "RFC 9293; tcp_synack_retries; lab"},
    {"synack-unacked-somewhere",
     VIEW_TEST(synack_unacked_somewhere),
     {{CAUSE_RETURN_PATH_LOSS, 6.0f}, {CAUSE_REPLY_IGNORED, 7.9f}},
     "the SYN-ACK was sent {0} times and never acknowledged: it does not reach the client, or the client drops it; "
     "where this capture was taken is not known",
     "RFC 9293; tcp_synack_retries; judgement"},
    {"synack-ignored",
     VIEW_TEST(synack_ignored),
     {{CAUSE_REPLY_IGNORED, 8.6f}},
     "SYN-ACKs that arrived here, at the client: {0}; it acknowledged none, and sent its SYN {1} times: its own "
     "machine "
     "drops them",
     "RFC 9293 section 3.10.7.3; lab"},
    {"synack-ignored-nearby",
     VIEW_TEST(synack_ignored_nearby),
     {{CAUSE_REPLY_IGNORED, 8.6f}, {CAUSE_RETURN_PATH_LOSS, 4.6f}},
     "SYN-ACKs that came as far as here, at the client or on its link: {0}; it acknowledged none, and sent its SYN {1} "
     "times: its own machine drops them, unless they are lost on that link",
     "RFC 9293 section 3.10.7.3; lab; judgement"},
    {"synack-sum-wrong",
     VIEW_TEST(synack_sum_wrong),
     {{CAUSE_REPLY_IGNORED, 2.0f}},
     "the SYN-ACK's checksum is {w}: who receives it so drops it without a word",
     "net/ipv4/tcp_ipv4.c tcp_checksum_complete; lab"},
    {"answer-by-other-way",
     VIEW_TEST(answer_by_other_way),
     {{CAUSE_RETURN_PATH_LOSS, 1.0f}},
     "the SYN came in by interface {0}, and the SYN-ACK leaves by interface {1}: the way back is another",
     "net/ipv4/route.c; ip-rule(8); lab"},
    {"synacks-reset-each",
     VIEW_TEST(synacks_reset_each),
     {{CAUSE_MISADDRESSED_REPLY, 9.6f}, {CAUSE_RETURN_PATH_LOSS, 4.0f}},
     "the client reset {0} SYN-ACKs, and sent the same SYN {1} times all the same: it waits for an answer from another "
     "address",
     "RFC 9293 section 3.10.7.3; nf_nat_core.c; lab"},
    {"synack-rejected-here",
     VIEW_TEST(synack_rejected_here),
     {{CAUSE_REPLY_IGNORED, 9.0f}},
     "SYN-ACKs that were reset here, at the client: {0}; and the same SYN went out {1} times: its kernel waits for "
     "what a "
     "rule of its own firewall resets",
     "nf_reject_ipv4.c nf_send_reset; RFC 9293 section 3.10.7.3; lab"},
    {"reset-by-other-way",
     VIEW_TEST(reset_by_other_way),
     {{CAUSE_MISADDRESSED_REPLY, 10.0f}},
     "the client's reset (TTL {0}) comes by another way than its SYN (#{1}, TTL {2}): the SYN was sent on by somebody "
     "who never sees the answer",
     "nf_nat_core.c; lab"},
    {"synack-in-vain",
     VIEW_TEST(synack_in_vain),
     {{CAUSE_RETURN_PATH_LOSS, 7.0f}},
     "the SYN-ACK was sent {0} times, and the client sent its SYN {1} times all the same: not until it had given up "
     "did one reach it",
     "RFC 9293; tcp_synack_retries; lab"},
    {"synack-too-late",
     VIEW_TEST(synack_too_late),
     {{CAUSE_SILENT_DROP, 10.0f}},
     "{1} SYNs had no answer in time: it came {0t} after the first of them, when the client had given up",
     "RFC 9293; tcp_synack_retries; lab"},
    {"synack-reset",
     VIEW_TEST(client_resets_synack),
     {{CAUSE_SCAN, 6.5f}, {CAUSE_CLIENT_ABORT, 4.0f}},
     "the client reset the SYN-ACK, {0t} after its SYN: a half-open probe",
     "nmap -sS, masscan, zmap, haproxy's check; lab"},
    {"synack-reset-at-last",
     VIEW_TEST(reset_at_last),
     {{CAUSE_RETURN_PATH_LOSS, 3.5f},
      {CAUSE_CLIENT_ABORT, 3.5f},
      {CAUSE_REPLY_IGNORED, 4.5f},
      {CAUSE_ADDRESS_CONFLICT, 6.0f},
      {CAUSE_SCAN, 1.0f}},
     "the client sent one SYN, and reset the SYN-ACK only after {1t}, when it had been sent {0} times: what it said "
     "meanwhile went elsewhere, or was lost",
     "RFC 9293 section 3.10.7.3; RFC 6298; lab"},
    {"synack-reset-late",
     VIEW_TEST(client_gave_up_waiting),
     {{CAUSE_CLIENT_ABORT, 7.0f}, {CAUSE_SCAN, 3.0f}},
     "the client's kernel reset the SYN-ACK, {0t} after the SYN: the program that had asked was gone",
     "ssh_config(5) ConnectTimeout; judgement"},
};

const struct evidence_rows handshake_rows = EVIDENCE_ROWS(rows);
