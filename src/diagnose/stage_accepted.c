/* The SYN was accepted, but no SSH banner came. */
#include "accepted.h"
#include "identity.h"
#include "listener.h"
#include "local.h"
#include "reset.h"
#include "scan.h"

enum { PATIENT_US = 2500000, SLOW_US = 20000000 };

static bool server_closed(const struct view *v)
{
    return v->connection && (seen(&v->server->fin) || seen(&v->server->rst));
}

static bool client_left_first(const struct view *v)
{
    if (!v->connection || !(seen(&v->client->fin) || seen(&v->client->rst)))
        return false;
    if (ending_rst(v) == &v->client->rst && reset_is_foreign(v))
        return false;
    int64_t left = seen(&v->client->fin) ? v->client->fin.ts_us : v->client->rst.ts_us;
    if (seen(&v->server->fin) && v->server->fin.ts_us <= left)
        return false;
    return !(seen(&v->server->rst) && v->server->rst.ts_us <= left);
}

static bool server_silent(const struct view *v)
{
    return v->shaken && v->server->payload_bytes == 0;
}

/* The part of a close's weight that a bare RST has. net/ipv4/tcp.c tcp_close; judgement. */
static const float closed_by_no_program = 0.3f;

static bool closes_first(const struct view *v, struct finding *f)
{
    if (!server_silent(v) || !server_closed(v) || client_left_first(v))
        return false;
    f->scale = program_closed(v) ? 1 : closed_by_no_program;
    const struct mark *end = seen(&v->server->fin) ? &v->server->fin : &v->server->rst;
    f->packet = end->number;
    f->value[0] = (uint64_t)mute_us(v);
    f->word = seen(&v->server->fin) ? "FIN" : "RST";
    return true;
}

/* Who turns connections away does so as it accepts them, in the listening process; what takes longer has looked
 * something up, or waited for somebody else. */
static bool closes_late(const struct view *v, struct finding *f)
{
    enum { AT_ONCE_US = 1500000 };
    struct finding closing = {.scale = 1};
    if (!closes_first(v, &closing) || !seen(v->syn))
        return false;
    int64_t round_trip = accepted_us(v) - v->attempt->last_syn_us;
    f->packet = closing.packet;
    f->value[0] = (uint64_t)mute_us(v);
    return mute_us(v) > AT_ONCE_US + 3 * (round_trip > 0 ? round_trip : 0) && v->server->stalled_count == 0;
}

/* Something of the client's was, whether it was captured or not. A FIN takes a number too, and is no word. */
static bool client_banner_acked(const struct view *v)
{
    const struct flow_side *client = v->client;
    if (!v->server->seen || !v->server->acked)
        return false;
    uint32_t acked = v->server->acked;
    if (seen(&client->fin) && (int32_t)(acked - (client->fin.seq + client->fin.payload_len)) > 0)
        acked = client->fin.seq + client->fin.payload_len;
    return (int32_t)(acked - client->isn - 1) > 0;
}

/* The part of a mute server's weight that counts where it may yet speak, or nobody is there. Judgement. */
static const float hardly_waited = 0.6f;       /* the client left within PATIENT_US */
static const float still_waiting = 0.55f;      /* the server may only be slow: reverse look-ups take 5 s each (lab) */
static const float forgotten_by_kernel = 0.2f; /* a bare RST ends it: no program held the connection */

static bool mute_but_alive(const struct view *v, struct finding *f)
{
    if (!server_silent(v) || (server_closed(v) && !client_left_first(v)) || !client_banner_acked(v) ||
        mute_us(v) < EARLY_LEAVE_US)
        return false;
    f->packet = v->server->last.number;
    f->value[0] = (uint64_t)mute_us(v);
    bool settled = client_left_first(v) || mute_us(v) > SLOW_US;
    f->scale = mute_us(v) < PATIENT_US ? hardly_waited : settled ? 1 : still_waiting;
    struct finding forgotten = {0};
    if (ending_rst(v) == &v->server->rst && reset_from_nowhere(v, &forgotten))
        f->scale = forgotten_by_kernel;
    return true;
}

/* The client said nothing either: a probe that waits, or a client that lets the server speak first. */
static bool mute_to_silence(const struct view *v, struct finding *f)
{
    if (!server_silent(v) || server_closed(v) || v->client->payload_bytes || mute_us(v) < PATIENT_US)
        return false;
    f->packet = seen(&v->answer->synack) ? v->answer->synack.number : v->connection->handshake_ack.number;
    f->value[0] = (uint64_t)mute_us(v);
    return true;
}

static bool never_acked(const struct view *v, struct finding *f)
{
    if (!server_silent(v) || !v->client->payload_bytes || client_banner_acked(v) || server_closed(v) ||
        v->client->retransmissions == 0)
        return false;
    f->packet = v->client->stalled.number;
    f->value[0] = v->client->retransmissions;
    return true;
}

static bool synack_again_after_ack(const struct view *v, struct finding *f)
{
    if (!v->shaken || v->answer->synacks < 2 || v->answer->synack_again.ts_us < v->connection->handshake_ack.ts_us)
        return false;
    f->packet = v->answer->synack_again.number;
    f->value[0] = v->connection->handshake_ack.number;
    return true;
}

/* tcp_abort_on_overflow: each segment of the client is answered with a bare RST, at once, from the first ACK on. */
static const float reset_once = 0.7f; /* one RST may be anybody's. Judgement. */

static bool bare_rst_at_once(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_OPTIONS))
        return false;
    if (!server_silent(v) || listener_was_closed(v) || !seen(&v->server->rst) || seen(&v->server->fin) ||
        v->server->rst.flags & TCP_ACK || v->server->rst.bits & MARK_OPTIONS || v->server->packets > v->server->rsts)
        return false;
    f->packet = v->server->rst.number;
    f->value[0] = v->connection->handshake_ack.number;
    f->value[1] = v->server->rsts;
    f->scale = v->server->rsts > 1 ? 1 : reset_once;
    return true;
}

static bool left_before_banner(const struct view *v, struct finding *f)
{
    if (!v->shaken || v->server->payload_bytes || !client_left_first(v))
        return false;
    f->packet = seen(&v->client->fin) ? v->client->fin.number : v->client->rst.number;
    f->value[0] = (uint64_t)mute_us(v);
    return true;
}

static bool leaves_at_once(const struct view *v, struct finding *f)
{
    return left_before_banner(v, f) && mute_us(v) < EARLY_LEAVE_US && v->client->payload_bytes;
}

/* The part of the weight where the server may be at fault: it could have greeted by then. Judgement. */
static const float waited_a_while = 0.7f;

static bool looks_and_leaves(const struct view *v, struct finding *f)
{
    f->scale = mute_us(v) < EARLY_LEAVE_US ? 1 : waited_a_while;
    return left_before_banner(v, f) && mute_us(v) < PATIENT_US && !v->client->payload_bytes;
}

/* SYNPROXY answers in the host's name with window 0 and, for a closed port, resets the completed handshake. */
static bool proxy_then_rst(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_OPTIONS | FIELD_WINDOW))
        return false;
    /* The client's ACK says nothing here: the proxy answered before it. */
    if (!v->connection || v->server->payload_bytes || !seen(&v->server->rst) || !seen(&v->answer->synack) ||
        v->answer->synack.window != 0 || (v->answer->synack.bits & MARK_OPTIONS && !v->answer->synack.mss))
        return false; /* the last: the snaplen cut it before its window */
    f->packet = v->server->rst.number;
    f->value[0] = v->answer->synack.number;
    return true;
}

static bool close_follows_data(const struct view *v, struct finding *f)
{
    if (!server_silent(v) || !seen(&v->server->fin) || client_left_first(v))
        return false;
    f->packet = v->server->fin.number;
    return true;
}

static bool odd_flags(const struct view *v, struct finding *f)
{
    if (!(v->attempt->facts & FACT_ODD_FLAGS) || !v->client || !seen(&v->client->last))
        return false;
    f->packet = v->client->last.number;
    f->value[0] = v->client->last.flags;
    return true;
}

static const struct evidence_row rows[] = {
    {"odd-flags",
     VIEW_TEST(odd_flags),
     {{CAUSE_SCAN, 20.0f}},
     "it begins with a segment that no connection has (flags {0x})",
     "RFC 9293 section 3.10.7.4; nmap -sN, -sF, -sX, -O; lab"},
    {"server-closes",
     VIEW_TEST(closes_first),
     {{CAUSE_CLOSED_BEFORE_BANNER, 4.0f},
      {CAUSE_MAXSTARTUPS, 3.4f},
      {CAUSE_SOURCE_PENALTY, 2.5f},
      {CAUSE_INJECTED_RST, 2.0f},
      {CAUSE_LISTEN_OVERFLOW, 1.0f}},
     "the server closed the connection with a {w} after {0t}, without a banner",
     "RFC 4253 section 4.2; lab"},
    {"closed-late",
     VIEW_TEST(closes_late),
     {{CAUSE_MAXSTARTUPS, -4.0f}, {CAUSE_SOURCE_PENALTY, -4.0f}},
     "the server took {0t} to close: one that turns connections away does so at once",
     "OpenSSH sshd.c drop_connection; dropbear svr-main.c; lab"},
    {"server-fin",
     VIEW_TEST(close_follows_data),
     {{CAUSE_INJECTED_RST, -4.0f}, {CAUSE_LISTEN_OVERFLOW, -4.0f}},
     "the close is an orderly FIN: a program on the server closed the connection",
     "RFC 9293 section 3.6"},
    {"mute-but-alive",
     VIEW_TEST(mute_but_alive),
     {{CAUSE_NO_BANNER, 6.0f}, {CAUSE_NOT_SSH, 3.0f}},
     "the server's kernel acknowledged the client's banner, but for {0t} no program sent one back",
     "lab: stopped sshd"},
    {"mute",
     VIEW_TEST(mute_to_silence),
     {{CAUSE_NO_BANNER, 5.0f}, {CAUSE_NOT_SSH, 3.0f}},
     "the connection was accepted, and for {0t} the server sent no banner",
     "RFC 4253 section 4.2"},
    {"banner-never-acked",
     VIEW_TEST(never_acked),
     {{CAUSE_LISTEN_OVERFLOW, 5.5f}},
     "the client's banner was sent again {0} times and never acknowledged: the handshake was completed, but not in the "
     "server's eyes",
     "net/ipv4/tcp_ipv4.c tcp_conn_request, sk_acceptq_is_full; lab"},
    {"synack-again",
     VIEW_TEST(synack_again_after_ack),
     {{CAUSE_LISTEN_OVERFLOW, 3.0f}},
     "the SYN-ACK came again although the client had acknowledged it (#{0}): the accept queue is full",
     "net/ipv4/tcp_minisocks.c tcp_check_req; lab"},
    {"overflow-rst",
     VIEW_TEST(bare_rst_at_once),
     {{CAUSE_LISTEN_OVERFLOW, 5.0f},
      {CAUSE_INJECTED_RST, 1.5f},
      {CAUSE_CLOSED_BEFORE_BANNER, -3.0f},
      {CAUSE_MAXSTARTUPS, -4.0f},
      {CAUSE_SOURCE_PENALTY, -3.0f}},
     "a bare RST answers the ACK that completes the handshake (#{0}): a full accept queue with tcp_abort_on_overflow "
     "does that",
     "net/ipv4/tcp_minisocks.c tcp_check_req; lab"},
    {"client-leaves",
     VIEW_TEST(leaves_at_once),
     {{CAUSE_CLIENT_ABORT, 6.0f}},
     "the client left after {0t}, before any server could have greeted it",
     "lab"},
    {"looks-and-leaves",
     VIEW_TEST(looks_and_leaves),
     {{CAUSE_SCAN, 6.5f}},
     "the client left after {0t} without a word, before the server's: a health check or a port scan",
     "nmap -sT, nc -z, haproxy's and keepalived's checks; lab"},
    {"proxy-rst",
     VIEW_TEST(proxy_then_rst),
     {{CAUSE_CLOSED_BEFORE_BANNER, 9.0f}},
     "a SYN proxy answered first (window 0 in #{0}); behind it the port refuses",
     "net/netfilter/nf_synproxy_core.c; lab"},
};

static const struct evidence_rows of_silent_servers = EVIDENCE_ROWS(rows);

/* Priors: judgement; a server that closes or says nothing is the usual case. */
const struct evidence_table stage_accepted = {
    {{CAUSE_CLOSED_BEFORE_BANNER, 0.2f},
     {CAUSE_NO_BANNER, 0.15f},
     {CAUSE_MAXSTARTUPS, 0.1f},
     {CAUSE_SCAN, 0.1f},
     {CAUSE_CLIENT_ABORT, 0.05f},
     {CAUSE_NOT_SSH, 0.1f},
     {CAUSE_LISTEN_OVERFLOW, 0.05f},
     {CAUSE_RETURN_PATH_LOSS, 0.05f},
     {CAUSE_SOURCE_PENALTY, 0.03f},
     {CAUSE_INJECTED_RST, 0.04f},
     {CAUSE_TARPIT, 0.02f},
     {CAUSE_REPLY_IGNORED, 0.004f},
     {CAUSE_MISADDRESSED_REPLY, 0.001f},
     {CAUSE_SILENT_DROP, 0.005f},
     {CAUSE_ADDRESS_CONFLICT, 0.002f},
     {CAUSE_INTERCEPTED, 0.003f}},
    {&handshake_rows, &of_silent_servers, &listener_rows, &limit_rows, &other_protocol_rows, &reset_rows,
     &scan_syn_rows, &scan_name_rows, &conflict_rows, &intercepted_rows, &local_socket_rows, &local_rule_rows,
     &local_room_rows, &local_log_rows},
};
