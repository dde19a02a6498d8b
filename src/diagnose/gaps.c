/* What a capture can lack: where it does, no verdict is given; the reason is, with what the lacking packets would have
 * decided, and how to capture them.
 *
 * A missing verdict costs a second capture; a wrong one costs an evening. But what is in the capture outweighs a gap
 * before it: a gap is one only where no other packet decides the case all the same. */
#include <stdio.h>

#include "evidence.h"
#include "local.h"
#include "reset.h"
#include "scan.h"
#include "spoken.h"
#include "useless_answers.h"

/* A stack waits a second before it sends a SYN again (RFC 6298), Linux and others up to three. */
enum { SECOND_SYN_US = 3200000 };

/* The shortest wait for a banner that says anything: a healthy server takes 0.1 s, a slow one several seconds. */
enum { BANNER_DUE_US = 2000000 };

static bool ended(const struct view *v)
{
    const struct connection *c = v->connection;
    return c && (seen(&c->side[0].fin) || seen(&c->side[1].fin) || seen(&c->side[0].rst) || seen(&c->side[1].rst));
}

/* ---- What decides although something is lacking ---- */

/* A RST that is forged by more than one sign, or by one that no honest machine gives: whatever was said before it, it
 * was cut off. */
static bool reset_surely_forged(const struct view *v)
{
    struct finding f = {.scale = 1}, other = {.scale = 1};
    if (!ending_rst(v) || reset_ignored(v, &f) || reset_by_owner(v, &f))
        return false;
    if (reset_copies_peer(v, &f))
        return true;
    bool far = reset_ttl_differs(v, &f) && f.scale >= 1;
    return far && (reset_other_mac(v, &other) || reset_lacks_timestamps(v, &other));
}

/* Large segments that are sent again and again while the peer is heard, or that a router calls too big: they did not
 * pass, whatever did before. */
static bool large_segments_stuck(const struct view *v)
{
    enum { SURELY_STUCK = 3, LARGE = 500 };
    const struct flow_side *side = stuck_side(v);
    if (!side || side->stalled.payload_len < LARGE || side->stalled.payload_len <= side->largest_acked)
        return false;
    const struct flow_side *peer = side == v->server ? v->client : v->server;
    return told_too_big(v) ||
           (side->stalled_count >= SURELY_STUCK && peer->last_us > side->stalled.ts_us && peer->seen);
}

static bool end_decides(const struct view *v)
{
    return v->connection && (reset_surely_forged(v) || large_segments_stuck(v));
}

/* The server's own words say why. */
static bool words_decide(const struct view *v)
{
    struct ssh_kexinit client, server;
    struct ssh_negotiation agreed = {0};
    const struct dialogue *d = v->dialogue;
    if (!d)
        return false;
    if (client_is_no_ssh(v) && v->banner[SIDE_SERVER])
        return true;
    if (d->refusal == SSH_REFUSAL_MAXSTARTUPS || d->refusal == SSH_REFUSAL_NOT_ALLOWED ||
        d->refusal == SSH_REFUSAL_PROTOCOL || d->refusal == SSH_REFUSAL_INVALID_IDENT)
        return true;
    if (!dialogue_kexinit(d, SIDE_CLIENT, &client) || !dialogue_kexinit(d, SIDE_SERVER, &server))
        return false;
    ssh_negotiate(&client, &server, &agreed);
    return agreed.failed;
}

/* It acknowledged what the client said, and its own sequence number has not moved: it said nothing. */
static bool server_mute(const struct view *v)
{
    if (lacks(v, FIELD_SEQ | FIELD_ACK | FIELD_LENGTH))
        return false;
    const struct mark *last = &v->server->last;
    return seen(&v->answer->synack) && seen(last) && !(last->flags & TCP_FIN) &&
           last->seq == v->answer->synack.seq + 1 && (int32_t)(last->ack - v->client->isn - 1) > 0;
}

/* Before the banner it matters only what the server did: all of that is here, and it is known to be. */
static bool server_known_whole(const struct view *v)
{
    if (v->stage != STAGE_ACCEPTED || lacks_bytes(v, SIDE_SERVER))
        return false;
    return v->server->payload_bytes || seen(&v->server->fin) || server_mute(v);
}

/* ---- The gaps ---- */

/* The client goes on as if answered: its RST, too, answers something. */
static bool client_alone(const struct view *v)
{
    const struct connection *c = v->connection;
    bool answered = v->answer && (seen(&v->answer->synack) || seen(&v->answer->refusal));
    if (!seen(v->syn) || (c && c->side[SIDE_SERVER].seen) || v->attempt->facts & FACT_ODD_FLAGS)
        return false;
    return v->attempt->facts & FACT_CLIENT_WENT_ON || (!answered && c && seen(&c->side[SIDE_CLIENT].rst));
}

static bool server_alone(const struct view *v)
{
    bool client = seen(v->syn) || (v->client && v->client->seen) || v->attempt->facts & FACT_ODD_FLAGS;
    return !client && !v->attempt->lookup && v->answer && v->answer->icmp.number == 0 && !refusal_on_loopback(v);
}

/* The server's first segment here is the one that the client's first ACK asks for: no more than the SYN-ACK is lacking.
 * Where the server only resets, the SYN-ACK would tell of a SYN proxy, or of a full queue. */
static bool lacks_no_more_than_synack(const struct view *v)
{
    const struct connection *c = v->connection;
    if (!seen(&c->handshake_ack) || c->handshake_ack.ack != v->server->isn + 1)
        return false;
    return v->server->payload_bytes || seen(&v->server->fin) || v->server->packets > v->server->rsts;
}

static bool answered_only_in_part(const struct view *v)
{
    const struct connection *c = v->connection;
    return c && seen(v->syn) && !seen(&v->answer->synack) && !seen(&v->answer->refusal) && c->side[SIDE_CLIENT].seen &&
           c->side[SIDE_SERVER].seen && !lacks_no_more_than_synack(v) && !words_decide(v) && !end_decides(v) &&
           !(v->login.success && v->banner[SIDE_SERVER]);
}

static bool began_before(const struct view *v)
{
    if (!(v->attempt->facts & FACT_NO_SYN) || v->attempt->facts & FACT_ODD_FLAGS || v->attempt->lookup ||
        refusal_on_loopback(v))
        return false;
    if (v->connection)
        return begins_midway(v) && !end_decides(v);
    return !(v->answer && v->answer->icmp.number);
}

/* The client's own firewall rejects its SYN: no SYN is ever on the wire, only the error from itself to itself. */
static bool lone_error(const struct view *v)
{
    return v->attempt->facts & FACT_NO_SYN && !v->connection && v->answer && v->answer->icmp.number &&
           !address_equal(&v->answer->icmp.sender, &v->attempt->key.client);
}

/* More than any round trip: an answer to the last SYN would have come by then. */
enum { ROUND_TRIP_US = 900000 };

static bool unanswered(const struct view *v)
{
    return v->stage == STAGE_NO_ANSWER && !v->attempt->lookup && !syn_only_looks(v) && !neighbour_searched(v) &&
           !answered_from_elsewhere(v);
}

/* What a capture would have to show is what the machine itself says. */
static bool rule_decides(const struct view *v)
{
    const struct local_evidence *local = local_of(v);
    return local && local_rule_is_proved(local);
}

static bool one_syn(const struct view *v)
{
    return unanswered(v) && v->attempt->syns < 2 && !rule_decides(v);
}

static bool two_syns(const struct view *v)
{
    return unanswered(v) && v->attempt->syns == 2 && v->waited_us < ROUND_TRIP_US && !answered_in_vain(v) &&
           !rule_decides(v);
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
    return v->stage == STAGE_ACCEPTED && !v->shaken && !ended(v) && seen(&v->answer->synack) && !syn_only_looks(v);
}

static const struct mark *last_synack(const struct view *v)
{
    return seen(&v->answer->synack_again) ? &v->answer->synack_again : &v->answer->synack;
}

/* Before it could come again, or be seen not to arrive. */
static bool ends_at_synack(const struct view *v)
{
    if (!handshake_unfinished(v) || v->answer->synacks > 2)
        return false;
    return v->file->observed_until_us - last_synack(v)->ts_us < ROUND_TRIP_US;
}

static bool nothing_after_synack(const struct view *v)
{
    return handshake_unfinished(v) && v->answer->synacks < 2 && v->attempt->syns < 2;
}

/* The client sends its SYN again although a SYN-ACK was seen, and it is not seen whether it takes that one up. */
static bool synack_not_taken(const struct view *v)
{
    return handshake_unfinished(v) && v->answer->synacks < 2 && v->attempt->syns >= 2 &&
           v->attempt->last_syn_us > v->answer->synack.ts_us &&
           v->file->observed_until_us - v->attempt->last_syn_us < ROUND_TRIP_US;
}

/* Something was said, and the snaplen left nothing of it to read. */
static bool words_cut(const struct view *v)
{
    return v->stage == STAGE_ACCEPTED && v->shaken && v->attempt->facts & FACT_CUT && v->server->payload_bytes &&
           (!v->dialogue || v->dialogue->stream_len[SIDE_SERVER] < 4) && !end_decides(v);
}

/* A firewall's log: of what it lets pass it says nothing more, and of answers nothing at all. */
static bool log_without_answers(const struct view *v)
{
    return lacks(v, FIELD_OF_TEXT) && v->syn->bits & MARK_LOGGED && unanswered(v);
}

/* Text of packets seldom has their bytes: sizes alone tell of a login that goes through, and of little else. */
static bool words_not_printed(const struct view *v)
{
    if (!lacks(v, FIELD_PAYLOAD) || !v->connection || v->stage < STAGE_ACCEPTED || words_decide(v) || end_decides(v) ||
        (v->login.readable && v->login.exact))
        return false;
    const uint32_t read = v->dialogue ? v->dialogue->stream_len[SIDE_SERVER] : 0;
    return v->server->payload_bytes > read;
}

/* Which part of a session was which is not told by sizes where a side's are not known. */
static bool lengths_not_printed(const struct view *v)
{
    return lacks(v, FIELD_LENGTH) && v->stage >= STAGE_ACCEPTED && v->shaken &&
           !(seen(&v->server->fin) && server_known_whole(v)); /* its FIN counts what it sent */
}

/* What it said may yet become a banner: lines may stand before it (RFC 4253 section 4.2). */
static bool may_yet_greet(const struct view *v)
{
    const struct dialogue *d = v->dialogue;
    return d && d->refusal == SSH_REFUSAL_NONE && d->pre_banner_lines < 3 &&
           (d->spoken[SIDE_SERVER] == SPOKEN_UNKNOWN || d->spoken[SIDE_SERVER] == SPOKEN_TEXT);
}

/* Accepted, nothing said, nobody left, and the capture was not long enough to call that silence. */
static bool banner_not_due(const struct view *v)
{
    if (v->stage != STAGE_ACCEPTED || !v->shaken || ended(v) || v->client->retransmissions)
        return false;
    if (v->server->payload_bytes)
        return may_yet_greet(v) && v->file->observed_until_us - v->server->last_payload_us < BANNER_DUE_US;
    return v->file->observed_until_us - mute_from_us(v) < BANNER_DUE_US;
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
           !v->login.success && !protocol_1_session(v) && !surely_stalled(v);
}

static bool protocol_1_unread(const struct view *v)
{
    return protocol_1_agreed(v) && !protocol_1_session(v) && !end_decides(v);
}

static bool unread(const struct view *v, enum side side)
{
    return v->connection->side[side].payload_bytes > v->dialogue->stream_len[side] && !v->dialogue->truncated[side];
}

/* Clear messages beyond the banner were cut, and not even their sizes tell what they were. */
static bool cut_off(const struct view *v)
{
    if (!(v->attempt->facts & FACT_CUT) || !v->dialogue || v->login.readable || words_decide(v))
        return false;
    return v->stage >= STAGE_BANNER && (unread(v, SIDE_CLIENT) || unread(v, SIDE_SERVER));
}

/* Multipath TCP: part of what was said went by another connection, which the capture does not hold. */
static bool said_elsewhere(const struct view *v)
{
    const struct dialogue *d = v->dialogue;
    return d && (d->elsewhere[SIDE_CLIENT] || d->elsewhere[SIDE_SERVER]) && !v->login.success && !words_decide(v) &&
           !end_decides(v);
}

/* A receiver acknowledged what this capture does not hold. */
static bool packets_missing(const struct view *v)
{
    if (!v->connection || v->stage < STAGE_ACCEPTED || v->login.success || begins_midway(v))
        return false;
    if (words_decide(v) || end_decides(v) || server_known_whole(v) || protocol_1_session(v))
        return false;
    return lacks_bytes(v, SIDE_CLIENT) || lacks_bytes(v, SIDE_SERVER);
}

/* A filter on flags keeps SYN, FIN and RST alone: their numbers tell of bytes of which none were captured. */
static bool payload_unseen(const struct view *v)
{
    if (!v->connection || v->stage != STAGE_ACCEPTED || v->client->payload_bytes || v->server->payload_bytes)
        return false;
    if (server_known_whole(v))
        return false; /* what the client said does not matter then */
    return lacks_bytes(v, SIDE_CLIENT) || lacks_bytes(v, SIDE_SERVER);
}

/* Live, of a port that is not watched, only what begins with a banner comes through. */
static bool port_unwatched(const struct view *v)
{
    return packets_missing(v) && !(v->attempt->facts & FACT_SSH_PORT);
}

/* Where a second capture shows more: the end whose packets, or whose view of the other's, are lacking. */
static enum capture_side near_the_client(const struct view *v)
{
    (void)v;
    return CAPTURE_AT_CLIENT;
}

/* At the other end than this capture: there the answer leaves, or the SYN arrives, or does not. */
static enum capture_side at_the_far_end(const struct view *v)
{
    return v->vantage == VANTAGE_CLIENT ? CAPTURE_AT_SERVER : CAPTURE_AT_CLIENT;
}

static enum capture_side here_again(const struct view *v)
{
    return v->vantage == VANTAGE_SERVER ? CAPTURE_AT_SERVER : CAPTURE_AT_CLIENT;
}

#define WHOLE_LOGIN "the key exchange and the login: which of the two failed, and who closed"
#define THE_ANSWER  "whether the SYN is refused, rejected, dropped or accepted"

const struct gap gaps[] = {
    {client_alone,
     "one direction only: the client was answered, and none of the server's packets was captured; capture at one of "
     "the two ends, without a filter on src or dst",
     "the server's packets: what answered, and what it said", near_the_client, 0.97,
     "RFC 9293 section 3.5: no client goes on unanswered; captures of one direction"},
    {server_alone,
     "of this connection only the server's packets were captured: one direction, or a capture that begins too late",
     "the SYN: what was answered, and whose answer it is", here_again, 0.97,
     "RFC 9293 section 3.5: nobody answers without a SYN; captures of one direction"},
    {began_before, "the capture begins in the middle of this connection: start it before the login",
     "the SYN and its answer, the key exchange and the login: how far it got", here_again, 0.95,
     "RFC 9293 section 3.5: every connection begins with a SYN; captures that begin late"},
    {lone_error, "only an ICMP error about this attempt was captured, not its SYN",
     "the SYN: that it left, and that the error answers it", near_the_client, 0.9, "judgement"},
    {answered_only_in_part,
     "the capture lacks the answer to the SYN although the connection went on: packets are missing",
     "the SYN-ACK and what followed it: who accepted, and what was said", here_again, 0.9,
     "RFC 9293 section 3.5; judgement"},
    {log_without_answers, "a firewall's log shows what came by, and no answers: silence in it proves nothing",
     THE_ANSWER, here_again, 0.9, "judgement"},
    {one_syn, "one SYN and no second: the capture ended, or the client stopped, before silence could mean anything",
     THE_ANSWER, here_again, 0.93,
     "RFC 6298 section 2: a SYN is sent again after a second; captures that end early, half-open scans"},
    {two_syns, "two SYNs, and the capture ends before the second could be answered", THE_ANSWER, here_again, 0.93,
     "RFC 6298 section 2; captures that end early"},
    {errors_unreadable, "ICMP errors came back, but the snaplen cut what they are about: capture with -s 0",
     "whether one of the errors answers this SYN, and what it says", here_again, 0.85, "RFC 792; judgement"},
    {payload_unseen, "the capture holds no packet with payload: capture without a filter on flags or lengths",
     WHOLE_LOGIN, here_again, 0.95,
     "RFC 9293 section 3.4: the FIN's sequence number counts what was sent; captures filtered by flags"},
    {port_unwatched,
     "bytes of this connection are missing from the capture; live, -P has its port watched from the first packet on",
     "what both sides said: " WHOLE_LOGIN, here_again, 0.9,
     "RFC 9293 section 3.4; captures through the live filter of another port"},
    {words_not_printed, "the text does not show what the server said", "what both sides said: " WHOLE_LOGIN, here_again,
     0.85, "judgement"},
    {lengths_not_printed, "the text does not show who said how much", "what both sides said: " WHOLE_LOGIN, here_again,
     0.85, "judgement"},
    {words_cut, "the snaplen cut what was said: capture with -s 0",
     "what the server said: a banner, a refusal, or another protocol", here_again, 0.85, "judgement"},
    {ends_at_synack, "the capture ends at the SYN-ACK", "whether the client hears the server, and what is said then",
     here_again, 0.9, "RFC 9293 section 3.5; tcp_synack_retries"},
    {nothing_after_synack, "after one SYN-ACK nothing more of this connection was captured",
     "whether the SYN-ACK reaches the client, and what the client makes of it", at_the_far_end, 0.9,
     "RFC 9293 section 3.5; tcp_synack_retries"},
    {synack_not_taken,
     "the client sends its SYN again although a SYN-ACK came, and the capture ends before that was answered",
     "whether the SYN-ACK reaches the client, and whether the client's kernel takes it: a bad checksum, or a rule",
     near_the_client, 0.9, "RFC 9293 section 3.10.7.3; tcp_input.c tcp_rcv_synsent_state_process"},
    {banner_not_due, "the capture ends before a banner was due", "whether the server greets, says nothing, or closes",
     here_again, 0.9, "RFC 4253 section 4.2; captures that end early"},
    {protocol_1_unread, "both sides speak protocol 1, whose messages are not read",
     "the server's log: captures of protocol 1 do not tell how a short login went", at_the_far_end, 0.9,
     "draft-ylonen-ssh-protocol-00"},
    {said_elsewhere, "Multipath TCP: part of this session went by another connection, which the capture does not hold",
     "what was said on the other sub-flows: capture on all interfaces", here_again, 0.9, "RFC 8684 section 3.3"},
    {packets_missing, "packets of this connection are missing from the capture: the capturing machine dropped them",
     "the messages that were lost: " WHOLE_LOGIN, here_again, 0.8,
     "RFC 9293 section 3.4: what is acknowledged was received; judgement"},
    {cut_off, "the snaplen cut the messages that would tell: capture with -s 0", WHOLE_LOGIN, here_again, 0.85,
     "judgement"},
    {ends_in_conversation, "the capture ends while both sides were still talking",
     "the end of it: whether the login goes through, and who closes", here_again, 0.9, "captures that end early"},
};

const size_t gap_count = sizeof gaps / sizeof *gaps;

bool gaps_found(const struct view *v, struct verdict *out)
{
    for (size_t i = 0; i < gap_count; i++) {
        if (!gaps[i].test(v))
            continue;
        out->cause = CAUSE_UNDETERMINED;
        out->confidence = gaps[i].confidence;
        out->would_decide = gaps[i].decides;
        out->capture_again = gaps[i].again(v);
        snprintf(out->reason, sizeof out->reason, "%s", gaps[i].reason);
        return true;
    }
    return false;
}
