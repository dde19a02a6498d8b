/* A SYN-ACK that no connection followed: who did not hear whom? */
#include "accepted.h"
#include "scan.h"

static bool synack_unacked(const struct view *v, struct finding *f)
{
    if (v->shaken || (v->connection && seen(&v->client->rst)) || v->answer->synacks < 2)
        return false;
    f->packet = v->answer->synack_again.number;
    f->value[0] = v->answer->synacks;
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
        v->attempt->last_syn_us < v->answer->synack.ts_us)
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

/* Whoever asked for it was gone: sooner than any ConnectTimeout, so it never waited for an answer. */
enum { LEAST_TIMEOUT_US = 900000 };

static bool resets_at_all(const struct view *v, struct finding *f)
{
    struct finding late = {0};
    if (!synack_was_reset(v) || synack_in_vain(v, &late) || synack_too_late(v, &late) || still_asks(v) || said_more(v))
        return false;
    f->packet = v->client->rst.number;
    f->value[0] = (uint64_t)(v->answer->synack.ts_us - v->syn->ts_us);
    return true;
}

static bool client_resets_synack(const struct view *v, struct finding *f)
{
    return resets_at_all(v, f) && (syn_only_looks(v) || v->answer->synack.ts_us - v->syn->ts_us < LEAST_TIMEOUT_US);
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
    {"synack-reset-late",
     VIEW_TEST(client_gave_up_waiting),
     {{CAUSE_CLIENT_ABORT, 7.0f}, {CAUSE_SCAN, 3.0f}},
     "the client's kernel reset the SYN-ACK, {0t} after the SYN: the program that had asked was gone",
     "ssh_config(5) ConnectTimeout; judgement"},
};

const struct evidence_rows handshake_rows = EVIDENCE_ROWS(rows);
