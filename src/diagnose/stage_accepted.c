/* The SYN was accepted, but no SSH banner came. */
#include "evidence.h"
#include "reset.h"

/* A healthy sshd greets within a round trip and some 100 ms; who leaves sooner has not waited for it. */
enum { HASTY_US = 700000, PATIENT_US = 2500000, SLOW_US = 20000000 };

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
    return !v->shaken && v->connection && seen(&v->client->rst);
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

static bool client_resets_synack(const struct view *v, struct finding *f)
{
    struct finding late = {0};
    if (!synack_was_reset(v) || synack_in_vain(v, &late) || synack_too_late(v, &late))
        return false;
    f->packet = v->client->rst.number;
    return true;
}

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

/* A program's close is a FIN, or a RST that acknowledges; a bare RST is a kernel that knows no such connection, or a
 * forger. */
static bool program_closed(const struct view *v)
{
    return v->connection && (seen(&v->server->fin) || (seen(&v->server->rst) && v->server->rst.flags & TCP_ACK));
}

static bool closes_first(const struct view *v, struct finding *f)
{
    if (!server_silent(v) || !server_closed(v) || client_left_first(v))
        return false;
    f->scale = program_closed(v) ? 1 : 0.3f;
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
    int64_t round_trip = v->answer->synack.ts_us - v->attempt->last_syn_us;
    f->packet = closing.packet;
    f->value[0] = (uint64_t)mute_us(v);
    return mute_us(v) > AT_ONCE_US + 3 * (round_trip > 0 ? round_trip : 0) && v->server->stalled_count == 0;
}

static bool client_banner_acked(const struct view *v)
{
    return v->client->payload_bytes && v->server->seen && (int32_t)(v->server->acked - v->client->isn - 1) > 0;
}

static bool mute_but_alive(const struct view *v, struct finding *f)
{
    if (!server_silent(v) || (server_closed(v) && !client_left_first(v)) || !client_banner_acked(v) ||
        mute_us(v) < HASTY_US)
        return false;
    f->packet = v->server->last.number;
    f->value[0] = (uint64_t)mute_us(v);
    /* While the client still waits, the server may only be slow: reverse look-ups take 5 s each. */
    bool settled = client_left_first(v) || mute_us(v) > SLOW_US;
    f->scale = mute_us(v) < PATIENT_US ? 0.6f : settled ? 1 : 0.55f;
    struct finding forgotten = {0};
    if (ending_rst(v) == &v->server->rst && reset_from_nowhere(v, &forgotten))
        f->scale = 0.2f; /* its kernel does not know the connection any more: no program held it */
    return true;
}

/* The client said nothing either: a probe that waits, or a client that lets the server speak first. */
static bool mute_to_silence(const struct view *v, struct finding *f)
{
    if (!server_silent(v) || server_closed(v) || v->client->payload_bytes || mute_us(v) < PATIENT_US)
        return false;
    f->packet = v->answer->synack.number;
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
static bool bare_rst_at_once(const struct view *v, struct finding *f)
{
    if (!server_silent(v) || !seen(&v->server->rst) || seen(&v->server->fin) || v->server->rst.flags & TCP_ACK ||
        v->server->rst.bits & MARK_OPTIONS || v->server->packets > v->server->rsts)
        return false;
    f->packet = v->server->rst.number;
    f->value[0] = v->connection->handshake_ack.number;
    f->value[1] = v->server->rsts;
    f->scale = v->server->rsts > 1 ? 1 : 0.7f;
    return true;
}

static bool leaves_at_once(const struct view *v, struct finding *f)
{
    if (!v->shaken || v->server->payload_bytes || !client_left_first(v) || mute_us(v) >= HASTY_US)
        return false;
    f->packet = seen(&v->client->fin) ? v->client->fin.number : v->client->rst.number;
    f->value[0] = (uint64_t)mute_us(v);
    return true;
}

static bool says_maxstartups(const struct view *v, struct finding *f)
{
    f->packet = v->dialogue ? v->dialogue->refusal_number : 0;
    return v->dialogue && v->dialogue->refusal == SSH_REFUSAL_MAXSTARTUPS;
}

static bool says_not_allowed(const struct view *v, struct finding *f)
{
    f->packet = v->dialogue ? v->dialogue->refusal_number : 0;
    return v->dialogue && v->dialogue->refusal == SSH_REFUSAL_NOT_ALLOWED;
}

static bool crowd_waiting(const struct view *v, struct finding *f)
{
    f->packet = v->answer->synack.number;
    f->value[0] = v->load->unauthenticated;
    f->value[1] = v->load->unauthenticated_same;
    unsigned n = v->load->unauthenticated;
    f->scale = n >= 10 ? 1 : n >= 4 ? 0.85f : n >= 2 ? 0.6f : 0.4f;
    return n > 0 && v->shaken && (program_closed(v) || (v->dialogue && v->dialogue->refusal != SSH_REFUSAL_NONE));
}

static bool nobody_waiting(const struct view *v, struct finding *f)
{
    f->packet = v->answer->synack.number;
    if (v->attempt->facts & FACT_CUT)
        f->scale = 0; /* others' words were cut too: who had logged in is not known */
    else if (v->vantage == VANTAGE_CLIENT)
        f->scale = 0.5f; /* other clients' connections do not come by here */
    return v->shaken && v->load->unauthenticated == 0;
}

static bool failed_before(const struct view *v, struct finding *f)
{
    f->value[0] = v->history->failed_logins;
    return v->history->failed_logins > 0;
}

static bool others_greeted(const struct view *v, struct finding *f)
{
    f->packet = v->answer->synack.number;
    f->value[0] = v->load->bannered_others;
    return v->load->bannered_others > 0;
}

static bool speaks_other(const struct view *v, struct finding *f)
{
    if (!v->dialogue || !v->server->payload_bytes)
        return false;
    enum spoken_protocol spoken = v->dialogue->spoken[SIDE_SERVER];
    if (spoken == SPOKEN_UNKNOWN || spoken == SPOKEN_SSH || spoken == SPOKEN_TEXT ||
        v->dialogue->refusal == SSH_REFUSAL_MAXSTARTUPS || v->dialogue->refusal == SSH_REFUSAL_NOT_ALLOWED)
        return false;
    f->packet = v->server->first_payload.number;
    f->word = ssh_spoken_name(spoken);
    return true;
}

static bool speaks_unknown(const struct view *v, struct finding *f)
{
    if (!v->dialogue || !v->server->payload_bytes || v->dialogue->refusal == SSH_REFUSAL_MAXSTARTUPS ||
        v->dialogue->refusal == SSH_REFUSAL_NOT_ALLOWED)
        return false;
    enum spoken_protocol spoken = v->dialogue->spoken[SIDE_SERVER];
    f->packet = v->server->first_payload.number;
    f->word = v->dialogue->first_line[SIDE_SERVER];
    return spoken == SPOKEN_TEXT || spoken == SPOKEN_UNKNOWN;
}

/* Lines that never become a banner, slowly: endlessh sends one every ten seconds. */
static bool lines_drip(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    if (!d || d->opening[SIDE_SERVER] != SSH_OPENING_LINES || v->server->packets < 2 || !v->server->payload_bytes)
        return false;
    int64_t span = v->server->last_payload_us - v->server->first_payload_us;
    if (d->pre_banner_lines < 2 || span < 3000000)
        return false;
    f->packet = v->server->last.number;
    f->value[0] = d->pre_banner_lines;
    f->value[1] = (uint64_t)span;
    return true;
}

/* SYNPROXY answers in the host's name with window 0 and, for a closed port, resets the completed handshake. */
static bool proxy_then_rst(const struct view *v, struct finding *f)
{
    if (!server_silent(v) || !seen(&v->server->rst) || v->answer->synack.window != 0)
        return false;
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

static const struct row rows[] = {
    {"synack-unacked",
     synack_unacked,
     {{CAUSE_RETURN_PATH_LOSS, 6.0f}},
     "the SYN-ACK was sent {0} times and never acknowledged: it does not reach the client",
     "RFC 9293; tcp_synack_retries; lab"},
    {"synack-in-vain",
     synack_in_vain,
     {{CAUSE_RETURN_PATH_LOSS, 7.0f}},
     "the SYN-ACK was sent {0} times, and the client sent its SYN {1} times all the same: not until it had given up "
     "did one reach it",
     "RFC 9293; tcp_synack_retries; lab"},
    {"synack-too-late",
     synack_too_late,
     {{CAUSE_SILENT_DROP, 10.0f}},
     "{1} SYNs had no answer in time: it came {0t} after the first of them, when the client had given up",
     "RFC 9293; tcp_synack_retries; lab"},
    {"synack-reset",
     client_resets_synack,
     {{CAUSE_CLIENT_ABORT, 6.0f}},
     "the client's kernel reset the SYN-ACK: a half-open scan, or a program that was gone already",
     "nmap -sS; lab"},
    {"server-closes",
     closes_first,
     {{CAUSE_CLOSED_BEFORE_BANNER, 4.0f},
      {CAUSE_MAXSTARTUPS, 3.4f},
      {CAUSE_SOURCE_PENALTY, 2.5f},
      {CAUSE_INJECTED_RST, 2.0f},
      {CAUSE_LISTEN_OVERFLOW, 1.0f}},
     "the server closed the connection with a {w} after {0t}, without a banner",
     "RFC 4253 section 4.2; lab"},
    {"closed-late",
     closes_late,
     {{CAUSE_MAXSTARTUPS, -4.0f}, {CAUSE_SOURCE_PENALTY, -4.0f}},
     "the server took {0t} to close: one that turns connections away does so at once",
     "OpenSSH sshd.c drop_connection; dropbear svr-main.c; lab"},
    {"server-fin",
     close_follows_data,
     {{CAUSE_INJECTED_RST, -4.0f}, {CAUSE_LISTEN_OVERFLOW, -4.0f}},
     "the close is an orderly FIN: a program on the server closed the connection",
     "RFC 9293 section 3.6"},
    {"mute-but-alive",
     mute_but_alive,
     {{CAUSE_NO_BANNER, 6.0f}, {CAUSE_NOT_SSH, 3.0f}},
     "the server's kernel acknowledged the client's banner, but for {0t} no program sent one back",
     "lab: stopped sshd"},
    {"mute",
     mute_to_silence,
     {{CAUSE_NO_BANNER, 5.0f}, {CAUSE_NOT_SSH, 3.0f}},
     "the connection was accepted, and for {0t} the server sent no banner",
     "RFC 4253 section 4.2"},
    {"banner-never-acked",
     never_acked,
     {{CAUSE_LISTEN_OVERFLOW, 5.5f}},
     "the client's banner was sent again {0} times and never acknowledged: the handshake was completed, but not in the "
     "server's eyes",
     "net/ipv4/tcp_ipv4.c tcp_conn_request, sk_acceptq_is_full; lab"},
    {"synack-again",
     synack_again_after_ack,
     {{CAUSE_LISTEN_OVERFLOW, 3.0f}},
     "the SYN-ACK came again although the client had acknowledged it (#{0}): the accept queue is full",
     "net/ipv4/tcp_minisocks.c tcp_check_req; lab"},
    {"overflow-rst",
     bare_rst_at_once,
     {{CAUSE_LISTEN_OVERFLOW, 5.0f},
      {CAUSE_INJECTED_RST, 1.5f},
      {CAUSE_CLOSED_BEFORE_BANNER, -3.0f},
      {CAUSE_MAXSTARTUPS, -4.0f},
      {CAUSE_SOURCE_PENALTY, -3.0f}},
     "a bare RST answers the ACK that completes the handshake (#{0}): a full accept queue with tcp_abort_on_overflow "
     "does that",
     "net/ipv4/tcp_minisocks.c tcp_check_req; lab"},
    {"client-leaves",
     leaves_at_once,
     {{CAUSE_CLIENT_ABORT, 6.0f}},
     "the client left after {0t}, before any server could have greeted it: a health check or a port scan",
     "lab"},
    {"text-maxstartups",
     says_maxstartups,
     {{CAUSE_MAXSTARTUPS, 9.0f}},
     "the server said \"Exceeded MaxStartups\" in place of its banner",
     "OpenSSH 8.2 to 9.7, sshd.c drop_connection"},
    {"text-not-allowed",
     says_not_allowed,
     {{CAUSE_MAXSTARTUPS, 8.0f}, {CAUSE_SOURCE_PENALTY, 8.6f}},
     "the server said \"Not allowed at this time\": MaxStartups or PerSourcePenalties",
     "OpenSSH 9.8, sshd.c; srclimit.c"},
    {"crowd-waiting",
     crowd_waiting,
     {{CAUSE_MAXSTARTUPS, 4.5f}},
     "other connections that were waiting to log in at that moment: {0}, of them from this client: {1}",
     "sshd_config(5) MaxStartups; dropbear MAX_UNAUTH_PER_IP; lab"},
    {"nobody-waiting",
     nobody_waiting,
     {{CAUSE_MAXSTARTUPS, -1.5f}},
     "no other connection was waiting to log in at that moment, as far as the capture shows",
     "sshd_config(5) MaxStartups; lab"},
    {"failed-before",
     failed_before,
     {{CAUSE_SOURCE_PENALTY, 2.5f}, {CAUSE_CLOSED_BEFORE_BANNER, 0.3f}},
     "this client had failed to log in before (connections that ended so: {0})",
     "sshd_config(5) PerSourcePenalties"},
    {"others-greeted",
     others_greeted,
     {{CAUSE_SOURCE_PENALTY, 1.0f}, {CAUSE_CLOSED_BEFORE_BANNER, 0.5f}},
     "other connections that the server greeted at about the same time: {0}",
     "judgement"},
    {"other-protocol",
     speaks_other,
     {{CAUSE_NOT_SSH, 8.0f}},
     "the server's first bytes are {w}, not SSH",
     "RFC 4253 section 4.2"},
    {"unknown-protocol",
     speaks_unknown,
     {{CAUSE_NOT_SSH, 4.5f}, {CAUSE_TARPIT, 1.5f}, {CAUSE_CLOSED_BEFORE_BANNER, 1.0f}},
     "the server's first bytes are no SSH banner: \"{w}\"",
     "RFC 4253 section 4.2"},
    {"lines-drip",
     lines_drip,
     {{CAUSE_TARPIT, 7.0f}},
     "{0} lines in {1t}, none of them a banner, and no end",
     "endlessh"},
    {"proxy-rst",
     proxy_then_rst,
     {{CAUSE_CLOSED_BEFORE_BANNER, 9.0f}},
     "a SYN proxy answered first (window 0 in #{0}); behind it the port refuses",
     "net/netfilter/nf_synproxy_core.c; lab"},
};

const struct stage_table stage_accepted = {
    {{CAUSE_CLOSED_BEFORE_BANNER, 0.2f},
     {CAUSE_NO_BANNER, 0.15f},
     {CAUSE_MAXSTARTUPS, 0.1f},
     {CAUSE_CLIENT_ABORT, 0.15f},
     {CAUSE_NOT_SSH, 0.1f},
     {CAUSE_LISTEN_OVERFLOW, 0.05f},
     {CAUSE_RETURN_PATH_LOSS, 0.05f},
     {CAUSE_SOURCE_PENALTY, 0.03f},
     {CAUSE_INJECTED_RST, 0.04f},
     {CAUSE_TARPIT, 0.02f},
     {CAUSE_SILENT_DROP, 0.005f}},
    rows,
    sizeof rows / sizeof *rows,
    reset_rows,
    RESET_ROWS,
};
