/* What a capture can lack: where it does, no verdict is given, and the reason is.
 *
 * A missing verdict costs a second capture; a wrong one costs an evening. */
#include <stdio.h>

#include "evidence.h"
#include "reset.h"
#include "scan.h"

/* A stack waits a second before it sends a SYN again (RFC 6298), Linux and others up to three. */
enum { SECOND_SYN_US = 3200000 };

/* The shortest wait for a banner that says anything: a healthy server takes 0.1 s, a slow one several seconds. */
enum { BANNER_DUE_US = 2000000 };

static bool ended(const struct view *v)
{
    const struct connection *c = v->connection;
    return c && (seen(&c->side[0].fin) || seen(&c->side[1].fin) || seen(&c->side[0].rst) || seen(&c->side[1].rst));
}

/* One direction only: the client goes on as if answered, or only the server's packets are there. */
static bool one_direction(const struct view *v)
{
    const struct attempt *a = v->attempt;
    if (a->lookup || refusal_on_loopback(v) || a->facts & FACT_ODD_FLAGS)
        return false;
    if (a->facts & FACT_CLIENT_WENT_ON && seen(v->syn) && !(v->server && v->server->seen))
        return true;
    bool client = seen(v->syn) || (v->client && v->client->seen);
    return !client && v->answer && v->answer->icmp.number == 0;
}

static bool answered_only_in_part(const struct view *v)
{
    const struct connection *c = v->connection;
    return c && seen(v->syn) && !seen(&v->answer->synack) && !seen(&v->answer->refusal) && c->side[SIDE_CLIENT].seen &&
           c->side[SIDE_SERVER].seen;
}

static bool began_before(const struct view *v)
{
    if (v->attempt->facts & FACT_ODD_FLAGS)
        return false;
    return v->attempt->facts & FACT_NO_SYN && !v->attempt->lookup && !(v->answer && v->answer->icmp.number) &&
           !refusal_on_loopback(v);
}

/* The client's own firewall rejects its SYN: no SYN is ever on the wire, only the error from itself to itself. */
static bool lone_error(const struct view *v)
{
    return v->attempt->facts & FACT_NO_SYN && v->answer && v->answer->icmp.number &&
           !address_equal(&v->answer->icmp.sender, &v->attempt->key.client);
}

/* More than any round trip: an answer to the last SYN would have come by then. */
enum { ROUND_TRIP_US = 900000 };

static bool one_syn(const struct view *v)
{
    if (v->stage != STAGE_NO_ANSWER || v->attempt->lookup || syn_only_looks(v) ||
        (v->server_host && v->server_host->searches_unanswered >= 2))
        return false;
    return v->attempt->syns < 2 || (v->attempt->syns == 2 && v->waited_us < ROUND_TRIP_US);
}

/* The errors that came were cut before the packet that they quote: one of them may be about this SYN. */
static bool errors_unreadable(const struct view *v)
{
    const struct host *client = v->client_host;
    return v->stage == STAGE_NO_ANSWER && !v->attempt->lookup && client && client->unreadable_errors &&
           client->unreadable_us >= v->syn->ts_us;
}

static bool handshake_unfinished(const struct view *v)
{
    if (v->stage != STAGE_ACCEPTED || v->shaken || ended(v) || syn_only_looks(v))
        return false;
    const struct mark *last = seen(&v->answer->synack_again) ? &v->answer->synack_again : &v->answer->synack;
    bool soon = v->file->observed_until_us - last->ts_us < ROUND_TRIP_US;
    return v->answer->synacks < 2 ? v->attempt->syns < 2 || soon : v->answer->synacks == 2 && soon;
}

/* Something was said, and the snaplen left nothing of it to read. */
static bool words_cut(const struct view *v)
{
    return v->stage == STAGE_ACCEPTED && v->shaken && v->attempt->facts & FACT_CUT && v->server->payload_bytes &&
           (!v->dialogue || v->dialogue->stream_len[SIDE_SERVER] < 4);
}

/* Accepted, nothing said, nobody left, and the capture was not long enough to call that silence. */
static bool banner_not_due(const struct view *v)
{
    if (v->stage != STAGE_ACCEPTED || !v->shaken || ended(v) || v->server->payload_bytes || v->client->retransmissions)
        return false;
    return v->file->observed_until_us - v->connection->handshake_ack.ts_us < BANNER_DUE_US;
}

static bool stuck(const struct view *v)
{
    return v->client->stalled_count >= 2 || v->server->stalled_count >= 2 || gap_stays(v, SIDE_CLIENT) ||
           gap_stays(v, SIDE_SERVER);
}

/* The conversation was still going on well when the capture ended. */
static bool ends_in_conversation(const struct view *v)
{
    return (v->stage == STAGE_BANNER || v->stage == STAGE_KEX || v->stage == STAGE_AUTH) && !ended(v) && !stuck(v) &&
           !v->login.success;
}

static bool unread(const struct view *v, enum side side)
{
    return v->connection->side[side].payload_bytes > v->dialogue->stream_len[side] && !v->dialogue->truncated[side];
}

/* Clear messages beyond the banner were cut, and not even their sizes tell what they were. */
static bool cut_off(const struct view *v)
{
    if (!(v->attempt->facts & FACT_CUT) || !v->dialogue || v->login.readable)
        return false;
    return v->stage >= STAGE_BANNER && (unread(v, SIDE_CLIENT) || unread(v, SIDE_SERVER));
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0 ? a : b;
}

/* A RST at another place than the next byte's ends nothing: its receiver says so (RFC 5961 section 3.2). Where it says
 * no more, that was the place. */
static bool rst_is_in_place(const struct flow_side *sender, const struct flow_side *receiver)
{
    return seen(&sender->rst) && receiver->last.ts_us <= sender->rst.ts_us;
}

/* How far a side's bytes went at least, by whatever names a sequence number: its own FIN or RST, and what the other
 * side has acknowledged. `start` is the number of its first byte. */
static uint32_t sent_at_least(const struct view *v, enum side side, uint32_t start)
{
    const struct flow_side *sender = &v->connection->side[side], *receiver = &v->connection->side[!side];
    uint32_t end = start, acked = receiver->acked ? later(start, receiver->acked) : start;
    if (seen(&receiver->rst) && receiver->rst.flags & TCP_ACK)
        acked = later(acked, receiver->rst.ack);
    if (seen(&sender->fin)) { /* which takes a number of its own, and ends all that can be acknowledged */
        end = sender->fin.seq + sender->fin.payload_len;
        return later(start, end);
    }
    if (rst_is_in_place(sender, receiver))
        end = later(end, sender->rst.seq);
    return later(end, acked);
}

/* The other side has not spoken since a hole showed, so that its silence about it means nothing. */
static bool hole_unanswered(const struct view *v, enum side side)
{
    const struct mark *beyond = &v->connection->side[side].beyond_gap;
    return seen(beyond) && v->connection->side[!side].last.ts_us <= beyond->ts_us;
}

/* Bytes were sent that this capture does not hold, and not because they were lost on the way. A filter on flags or
 * ports keeps no more than SYN, FIN and RST: their numbers tell. */
static bool lacks_bytes(const struct view *v, enum side side)
{
    const struct flow_side *sender = &v->connection->side[side];
    const struct mark *opening = side == SIDE_CLIENT ? v->syn : &v->answer->synack;
    if (gap_stays(v, side) && !hole_unanswered(v, side))
        return false;
    if (sender->hole_bytes)
        return true;
    if (!seen(opening))
        return sender->seen && v->connection->side[!side].acked &&
               (int32_t)(v->connection->side[!side].acked - sender->next) > 0;
    const uint32_t start = opening->seq + 1;
    return (int32_t)(sent_at_least(v, side, start) - start - (uint32_t)sender->payload_bytes) > 0;
}

static bool has_said_why(const struct view *v)
{
    return v->dialogue &&
           (v->dialogue->refusal == SSH_REFUSAL_MAXSTARTUPS || v->dialogue->refusal == SSH_REFUSAL_NOT_ALLOWED);
}

static bool bytes_missing(const struct view *v)
{
    return v->connection && v->stage >= STAGE_ACCEPTED && !v->login.success && !has_said_why(v) &&
           (lacks_bytes(v, SIDE_CLIENT) || lacks_bytes(v, SIDE_SERVER));
}

static bool payload_unseen(const struct view *v)
{
    return bytes_missing(v) && !v->client->payload_bytes && !v->server->payload_bytes;
}

/* Live, of a port that is not watched, only what begins with a banner comes through. */
static bool port_unwatched(const struct view *v)
{
    return bytes_missing(v) && !(v->attempt->facts & FACT_SSH_PORT);
}

const struct gap gaps[] = {
    {one_direction,
     "the capture shows one direction only: capture at one of the two ends, without a filter on src or dst", 0.97,
     "RFC 9293 section 3.5: no client goes on unanswered; captures of one direction"},
    {began_before, "the capture begins in the middle of this connection: start it before the login", 0.95,
     "RFC 9293 section 3.5: every connection begins with a SYN; captures that begin late"},
    {lone_error, "only an ICMP error about this attempt was captured, not its SYN", 0.9, "judgement"},
    {answered_only_in_part,
     "the capture lacks the answer to the SYN although the connection went on: packets are missing", 0.9,
     "RFC 9293 section 3.5; judgement"},
    {one_syn, "one SYN and no second: the capture ended, or the client stopped, before silence could mean anything",
     0.93, "RFC 6298 section 2: a SYN is sent again after a second; captures that end early, half-open scans"},
    {errors_unreadable, "ICMP errors came back, but the snaplen cut what they are about: capture with -s 0", 0.85,
     "RFC 792; judgement"},
    {payload_unseen, "the capture holds no packet with payload: capture without a filter on flags or lengths", 0.95,
     "RFC 9293 section 3.4: the FIN's sequence number counts what was sent; captures filtered by flags"},
    {port_unwatched,
     "bytes of this connection are missing from the capture; live, -P has its port watched from the first packet on",
     0.9, "RFC 9293 section 3.4; captures through the live filter of another port"},
    {words_cut, "the snaplen cut what was said: capture with -s 0", 0.85, "judgement"},
    {handshake_unfinished, "the capture ends at the SYN-ACK", 0.9, "RFC 9293 section 3.5; tcp_synack_retries"},
    {banner_not_due, "the capture ends before a banner was due", 0.9, "RFC 4253 section 4.2; captures that end early"},
    {bytes_missing, "packets of this connection are missing from the capture: the capturing machine dropped them", 0.8,
     "RFC 9293 section 3.4: what is acknowledged was received; judgement"},
    {cut_off, "the snaplen cut the messages that would tell: capture with -s 0", 0.85, "judgement"},
    {ends_in_conversation, "the capture ends while both sides were still talking", 0.9, "captures that end early"},
};

const size_t gap_count = sizeof gaps / sizeof *gaps;

bool gaps_found(const struct view *v, struct verdict *out)
{
    for (size_t i = 0; i < gap_count; i++) {
        if (!gaps[i].test(v))
            continue;
        out->cause = CAUSE_UNDETERMINED;
        out->confidence = gaps[i].confidence;
        snprintf(out->reason, sizeof out->reason, "%s", gaps[i].reason);
        return true;
    }
    return false;
}
