/* Banners were exchanged: what ended the attempt in the key exchange, the login, or the session. */
#include "describe.h"
#include "evidence.h"
#include "reset.h"
#include "spoken.h"

static bool login_succeeded(const struct view *v, struct finding *f)
{
    f->packet = v->login.success_number;
    f->value[0] = v->login.success_us ? (uint64_t)(v->login.success_us - v->attempt->syn.ts_us) : 0;
    f->scale = v->login.exact ? 1 : 0.45f;
    return v->login.success;
}

bool client_ends(const struct view *v)
{
    if (!v->client)
        return false;
    const struct mark *end = seen(&v->client->fin) ? &v->client->fin : &v->client->rst;
    if (!seen(end) || (end == ending_rst(v) && reset_is_foreign(v)))
        return false;
    return !(seen(&v->server->fin) && v->server->fin.ts_us <= end->ts_us) &&
           !(seen(&v->server->rst) && v->server->rst.ts_us <= end->ts_us);
}

static bool login_failures(const struct view *v, struct finding *f)
{
    f->packet = v->login.last_answer_number;
    f->value[0] = v->login.failures;
    f->scale = v->login.exact ? 1 : 0.5f;
    return v->login.readable && !v->login.success && v->login.failures > 0;
}

/* From the server's last answer to the end: a person's pause, or a program that has nothing left to try. */
static int64_t pause_us(const struct view *v)
{
    int64_t end = v->connection->closed_us;
    if (seen(&v->server->fin) && (!end || v->server->fin.ts_us < end))
        end = v->server->fin.ts_us;
    if (seen(&v->client->fin) && (!end || v->client->fin.ts_us < end))
        end = v->client->fin.ts_us;
    return end && v->login.last_answer_us ? end - v->login.last_answer_us : -1;
}

static bool denied(const struct view *v, struct finding *f)
{
    if (!v->login.readable || v->login.success || v->login.waiting || v->login.answers == 0)
        return false;
    int64_t pause = pause_us(v);
    f->packet = v->login.last_answer_number;
    f->value[0] = v->login.answers;
    f->scale = v->login.exact ? 1 : 0.5f;
    f->value[1] = (uint64_t)(pause > 0 ? pause : 0);
    bool reset = seen(&v->server->rst) && !seen(&v->server->fin) && !seen(&v->client->fin);
    return pause >= 0 && pause < PERSON_US && !reset;
}

static bool prompt_left(const struct view *v, struct finding *f)
{
    if (!v->login.readable || v->login.success || v->login.waiting || !client_ends(v))
        return false;
    int64_t pause = pause_us(v);
    f->packet = seen(&v->client->fin) ? v->client->fin.number : v->client->rst.number;
    f->value[0] = (uint64_t)(pause > 0 ? pause : 0);
    f->scale = v->login.typed_refusals ? 0.1f : 1; /* who was refused before had a reason to leave */
    return pause >= PERSON_US;
}

static bool left_waiting(const struct view *v, struct finding *f)
{
    if (!v->login.readable || v->login.success || !v->login.waiting || !client_ends(v))
        return false;
    f->packet = seen(&v->client->fin) ? v->client->fin.number : v->client->rst.number;
    return true;
}

/* A segment lost once is sent again and arrives; sent again this often it does not pass. */
enum { STUCK_SENDS = 2 };

const struct flow_side *stuck_side(const struct view *v)
{
    if (!v->connection)
        return NULL;
    return v->server->stalled_count >= STUCK_SENDS   ? v->server
           : v->client->stalled_count >= STUCK_SENDS ? v->client
                                                     : NULL;
}

static bool banner_too_late(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    if (!d || !client_ends(v))
        return false;
    int64_t left = seen(&v->client->fin) ? v->client->fin.ts_us : v->client->rst.ts_us;
    int64_t banner = d->clock.banner_us[SIDE_SERVER];
    f->packet = d->clock.banner_number[SIDE_SERVER];
    f->value[0] = (uint64_t)(left - v->answer->synack.ts_us);
    return banner > left && left - v->answer->synack.ts_us > PERSON_US + PERSON_US / 5 && v->banner[SIDE_CLIENT];
}

static bool client_not_ssh(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    if (!d || v->banner[SIDE_CLIENT] || !v->client->payload_bytes || d->spoken[SIDE_CLIENT] == SPOKEN_SSH ||
        d->spoken[SIDE_CLIENT] == SPOKEN_UNKNOWN)
        return false;
    f->packet = v->client->first_payload.number;
    f->word = ssh_spoken_name(d->spoken[SIDE_CLIENT]);
    return true;
}

static bool client_leaves(const struct view *v, struct finding *f)
{
    if (!client_ends(v) || v->login.success)
        return false;
    f->packet = seen(&v->client->fin) ? v->client->fin.number : v->client->rst.number;
    return true;
}

static bool server_leaves(const struct view *v, struct finding *f)
{
    if (!v->server || client_ends(v))
        return false;
    struct finding own = {0};
    bool reset = ending_rst(v) == &v->server->rst && reset_by_owner(v, &own);
    f->packet = seen(&v->server->fin) ? v->server->fin.number : v->server->rst.number;
    return seen(&v->server->fin) || reset;
}

bool client_version_is_odd(const struct view *v)
{
    const struct dialogue *d = v->dialogue;
    return d && v->banner[SIDE_CLIENT] && !d->banner[SIDE_CLIENT].protocol_2 &&
           (!v->banner[SIDE_SERVER] || d->banner[SIDE_SERVER].protocol_2);
}

static bool versions_differ(const struct view *v, struct finding *f)
{
    const struct dialogue *d = v->dialogue;
    if (!d)
        return false;
    f->packet = d->clock.banner_number[SIDE_SERVER];
    f->word = d->banner[SIDE_SERVER].text;
    return !client_version_is_odd(v) &&
           (d->refusal == SSH_REFUSAL_PROTOCOL || (v->banner[SIDE_SERVER] && !d->banner[SIDE_SERVER].protocol_2));
}

static bool client_version(const struct view *v, struct finding *f)
{
    if (!client_version_is_odd(v))
        return false;
    f->packet = v->dialogue->clock.banner_number[SIDE_CLIENT];
    f->word = v->dialogue->banner[SIDE_CLIENT].text;
    return true;
}

static const struct flow_side *peer_of(const struct view *v, const struct flow_side *side)
{
    return side == v->server ? v->client : v->server;
}

/* The peer is heard while the large segment is not: the path lives. */
static bool peer_heard_since(const struct view *v, const struct flow_side *side)
{
    return peer_of(v, side)->last_us > side->stalled.ts_us;
}

/* As large a segment passed before, so the path has become narrower: the peer is heard, what is sent to it in small
 * pieces arrives, and one large one does not, however often. */
static bool narrowed_since(const struct view *v, const struct flow_side *side)
{
    enum { SURELY_STUCK = 4 };
    const struct flow_side *peer = peer_of(v, side);
    return v->login.success && side->stalled_count >= SURELY_STUCK && peer->stalled_count == 0 &&
           peer->last_payload_us > side->stalled.ts_us && side->last_us > peer->last_payload_us;
}

static bool large_stuck(const struct view *v, struct finding *f)
{
    const struct flow_side *side = stuck_side(v);
    if (!side || side->stalled.payload_len < 500 || (v->login.success && !peer_heard_since(v, side)))
        return false;
    if (side->stalled.payload_len <= side->largest_acked && !narrowed_since(v, side))
        return false;
    f->packet = side->stalled.number;
    f->value[0] = side->stalled.payload_len;
    f->value[1] = side->stalled_count;
    f->value[2] = side->largest_acked;
    return true;
}

/* What was in vain as a whole came through in pieces. */
static bool large_shrunk(const struct view *v, struct finding *f)
{
    enum { LARGE = 500 };
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

/* Seen from the far end the large segments never come; later, smaller ones do. */
static bool large_missing(const struct view *v, struct finding *f)
{
    for (int side = SIDE_SERVER; side >= SIDE_CLIENT; side--) {
        if (!gap_stays(v, (enum side)side))
            continue;
        const struct flow_side *sender = &v->connection->side[side];
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

static bool session_dead(const struct view *v, struct finding *f)
{
    const struct flow_side *side = stuck_side(v);
    if (!side || !v->login.success || peer_heard_since(v, side))
        return false;
    /* Twice may be a bad moment of the path; five times and seconds without a word are not. */
    enum { SURELY_DEAD_SENDS = 5, SURELY_DEAD_US = 5000000 };
    const struct flow_side *peer = peer_of(v, side);
    bool surely = side->stalled_count >= SURELY_DEAD_SENDS && side->last_us - peer->last_us >= SURELY_DEAD_US;
    f->packet = side->stalled.number;
    f->value[0] = side->stalled_count;
    f->scale = surely ? 1 : 0.6f;
    return true;
}

static bool rst_ended(const struct view *v, struct finding *f)
{
    const struct mark *rst = ending_rst(v);
    if (!rst)
        return false;
    f->packet = rst->number;
    f->word = ending_rst_side(v) == SIDE_SERVER ? "server" : "client";
    return true;
}

static bool went_on_after_rst(const struct view *v, struct finding *f)
{
    return reset_ignored(v, f);
}

/* Once an end has said goodbye after a login, what becomes of the last segments is no failure. */
static bool session_over(const struct view *v, struct finding *f)
{
    enum { QUIET_US = 3000000 };
    const struct mark *rst = ending_rst(v);
    bool server_first = rst && rst == &v->client->rst && seen(&v->server->fin) && v->server->fin.ts_us <= rst->ts_us;
    const struct mark *fin = server_first ? &v->server->fin : &v->client->fin;
    if (!v->login.success || !seen(fin) || (rst && rst->ts_us < fin->ts_us))
        return false;
    /* Who closes a session that went dead long ago gets no answer either. */
    bool acked = (int32_t)(v->server->acked - (fin->seq + fin->payload_len)) > 0 || seen(&v->server->fin);
    if (!acked && fin->ts_us - v->server->last_us > QUIET_US)
        return false;
    if (gap_stays(v, SIDE_SERVER) || gap_stays(v, SIDE_CLIENT) || v->server->stalled_count >= STUCK_SENDS)
        return false;
    f->word = server_first ? "server" : "client";
    f->packet = fin->number;
    return true;
}

static bool closed_to_nobody(const struct view *v, struct finding *f)
{
    enum { QUIET_US = 3000000 };
    const struct mark *fin = v->client ? &v->client->fin : NULL;
    if (!v->login.success || !seen(fin) || seen(&v->server->fin) || fin->ts_us - v->server->last_us < QUIET_US)
        return false;
    f->packet = fin->number;
    f->value[0] = (uint64_t)(fin->ts_us - v->server->last_us);
    return (int32_t)(v->server->acked - (fin->seq + fin->payload_len)) <= 0 && v->server->last_us < fin->ts_us;
}

/* sshd says nothing when the time is over: the last word was spoken long before its FIN. */
static bool grace_ran_out(const struct view *v, struct finding *f)
{
    if (!v->server || !seen(&v->server->fin) || client_ends(v) || v->login.success)
        return false;
    int64_t last = last_word_us(v, v->server->fin.ts_us);
    int64_t silence = last ? v->server->fin.ts_us - last : 0;
    if (silence < PERSON_US)
        return false;
    f->packet = v->server->fin.number;
    f->value[0] = (uint64_t)(v->server->fin.ts_us - v->answer->synack.ts_us);
    f->value[1] = (uint64_t)silence;
    return true;
}

static const struct row rows[] = {
    {"login-success",
     login_succeeded,
     {{CAUSE_NONE, 8.0f}, {CAUSE_INJECTED_RST, 6.0f}, {CAUSE_IDLE_DROP, 6.0f}},
     "the login went through after {0t}",
     "RFC 4252; sizes from the negotiated cipher"},
    {"session-over",
     session_over,
     {{CAUSE_NONE, 14.0f}, {CAUSE_INJECTED_RST, -14.0f}, {CAUSE_IDLE_DROP, -14.0f}},
     "the {w} ended the session in good order",
     "RFC 9293 section 3.6"},
    {"login-denied",
     denied,
     {{CAUSE_AUTH_FAILED, 5.0f}},
     "the server refused the last of {0} login requests, and the connection ended {1t} later",
     "RFC 4252; lab"},
    {"prompt-left",
     prompt_left,
     {{CAUSE_CLIENT_ABORT, 5.0f}},
     "{0t} after the server's last answer the client left: somebody gave up at a prompt",
     "lab"},
    {"left-waiting",
     left_waiting,
     {{CAUSE_CLIENT_ABORT, 3.5f}},
     "the client left before its last login request was answered",
     "lab"},
    {"login-failures",
     login_failures,
     {{CAUSE_AUTH_FAILED, 2.5f}, {CAUSE_LOGIN_TIMEOUT, 1.5f}, {CAUSE_CLIENT_ABORT, 0.5f}},
     "failed tries: {0}, judged by the sizes of the encrypted messages",
     "RFC 4252 section 5.1; Zeek's SSH analyser"},
    {"nothing-common",
     nothing_common,
     {{CAUSE_KEX_MISMATCH, 9.0f}},
     "the two KEXINITs (#{0}) have no {w} algorithm in common",
     "RFC 4253 section 7.1"},
    {"algorithms-agree",
     something_common,
     {{CAUSE_KEX_MISMATCH, -9.0f}},
     "the two KEXINITs agree on every algorithm",
     "RFC 4253 section 7.1"},
    {"offers-without-more",
     offers_without_more,
     {{CAUSE_KEX_MISMATCH, 4.5f}},
     "both sides offered their algorithms (cut by the snaplen), and {0t} later one of them closed, without a key "
     "exchange",
     "RFC 4253 section 7.1; lab"},
    {"echoed",
     echoed,
     {{CAUSE_NOT_SSH, 18.0f}},
     "the server's KEXINIT is the client's own (#{0}), random cookie and all: an echo service answers",
     "RFC 4253 section 7.1; RFC 862"},
    {"echoed-all",
     echoed_all,
     {{CAUSE_NOT_SSH, 14.0f}},
     "the server's version string is the client's own, and so is the length of all that it said ({0} bytes): an echo "
     "service answers",
     "RFC 862; lab"},
    {"no-kexinit",
     no_kexinit,
     {{CAUSE_KEX_MISMATCH, -5.0f}, {CAUSE_HOSTKEY_REJECTED, -5.0f}},
     "it ended before both sides had offered their algorithms",
     "RFC 4253 section 7.1"},
    {"key-refused",
     key_shown_then_gone,
     {{CAUSE_HOSTKEY_REJECTED, 5.5f}},
     "the client hung up after it was shown the host key, without NEWKEYS",
     "RFC 4253 section 8; lab"},
    {"left-after-newkeys",
     left_after_newkeys,
     {{CAUSE_HOSTKEY_REJECTED, 5.0f}},
     "the client left after the key exchange, before it asked for a login: it did not like the host key",
     "lab"},
    {"one-key-type",
     asks_one_key_type,
     {{CAUSE_CLIENT_ABORT, 6.5f}},
     "the client asked for a single type of host key, as ssh-keyscan does",
     "ssh-keyscan.c keygrab_ssh2; lab"},
    {"scanner",
     names_itself_scanner,
     {{CAUSE_CLIENT_ABORT, 6.5f}},
     "the client is {w}, which leaves when it has seen what it came for",
     "ssh-keyscan.c; monitoring-plugins check_ssh.c; Nmap nselib/ssh2.lua; lab"},
    {"banner-too-late",
     banner_too_late,
     {{CAUSE_NO_BANNER, 9.0f}},
     "the server's banner came only after the client had given up waiting for it ({0t})",
     "lab: slow reverse name look-ups"},
    {"client-not-ssh",
     client_not_ssh,
     {{CAUSE_CLIENT_ABORT, 6.0f}},
     "the client spoke {w}, not SSH, to a healthy server",
     "RFC 4253 section 4.2; lab"},
    {"client-leaves",
     client_leaves,
     {{CAUSE_CLIENT_ABORT, 2.5f},
      {CAUSE_AUTH_FAILED, 1.0f},
      {CAUSE_HOSTKEY_REJECTED, 2.0f},
      {CAUSE_KEX_MISMATCH, 2.0f}},
     "the client closed the connection",
     "lab"},
    {"server-leaves",
     server_leaves,
     {{CAUSE_AUTH_FAILED, 1.0f}, {CAUSE_LOGIN_TIMEOUT, 1.0f}, {CAUSE_KEX_MISMATCH, 0.5f}, {CAUSE_CLIENT_ABORT, -3.0f}},
     "the server closed the connection",
     "lab"},
    {"versions-differ",
     versions_differ,
     {{CAUSE_PROTOCOL_MISMATCH, 7.0f}},
     "the version strings do not agree: the server's is \"{w}\"",
     "RFC 4253 section 4.2"},
    {"client-version",
     client_version,
     {{CAUSE_PROTOCOL_MISMATCH, 7.0f}},
     "the version strings do not agree: the client's is \"{w}\"",
     "RFC 4253 section 4.2"},
    {"large-stuck",
     large_stuck,
     {{CAUSE_MTU_BLACKHOLE, 9.0f}, {CAUSE_NONE, -6.0f}},
     "a segment of {0} bytes was sent again {1} times and never acknowledged, while {2} bytes passed",
     "RFC 2923 section 2.1; lab"},
    {"large-shrunk",
     large_shrunk,
     {{CAUSE_MTU_BLACKHOLE, 10.0f}, {CAUSE_NONE, -6.0f}},
     "a segment of {0} bytes was sent {1} times in vain, and came through when its sender cut it to {2} bytes",
     "RFC 4821 section 7.7; net/ipv4/tcp_timer.c tcp_mtu_probing; lab"},
    {"large-missing",
     large_missing,
     {{CAUSE_MTU_BLACKHOLE, 12.0f}, {CAUSE_CLIENT_ABORT, -2.0f}, {CAUSE_NONE, -6.0f}},
     "{0} bytes that the {w} sent never came here and were never acknowledged, while later, smaller segments did",
     "RFC 2923 section 2.1; lab"},
    {"closed-to-nobody",
     closed_to_nobody,
     {{CAUSE_IDLE_DROP, 7.0f}},
     "the client closed a session in which the server had been silent for {0t}, and got no answer",
     "lab"},
    {"session-dead",
     session_dead,
     {{CAUSE_IDLE_DROP, 7.5f}},
     "the session's last data was sent again {0} times and never acknowledged",
     "lab"},
    {"grace-over",
     grace_ran_out,
     {{CAUSE_LOGIN_TIMEOUT, 5.0f}},
     "the server closed {0t} after it accepted, when nothing had been said for {1t}",
     "sshd_config(5) LoginGraceTime; lab"},
    {"rst-ended",
     rst_ended,
     {{CAUSE_INJECTED_RST, 2.5f}, {CAUSE_NONE, -1.0f}},
     "a RST in the {w}'s name ended it",
     "lab"},
    {"went-on",
     went_on_after_rst,
     {{CAUSE_INJECTED_RST, -30.0f}},
     "the RST #{0} ended nothing: both sides went on",
     "RFC 5961 section 3"},
};

/* Before both sides encrypt, nobody can be refused a login, and nobody is logged in. */
const struct stage_table stage_greeted = {
    {{CAUSE_CLIENT_ABORT, 0.3f},
     {CAUSE_KEX_MISMATCH, 0.15f},
     {CAUSE_HOSTKEY_REJECTED, 0.1f},
     {CAUSE_LOGIN_TIMEOUT, 0.1f},
     {CAUSE_MTU_BLACKHOLE, 0.1f},
     {CAUSE_INJECTED_RST, 0.05f},
     {CAUSE_PROTOCOL_MISMATCH, 0.05f},
     {CAUSE_NO_BANNER, 0.02f},
     {CAUSE_NOT_SSH, 0.01f}},
    rows,
    sizeof rows / sizeof *rows,
    reset_rows,
    RESET_ROWS,
};

const struct stage_table stage_login = {
    {{CAUSE_NONE, 0.2f},
     {CAUSE_AUTH_FAILED, 0.3f},
     {CAUSE_CLIENT_ABORT, 0.15f},
     {CAUSE_LOGIN_TIMEOUT, 0.05f},
     {CAUSE_INJECTED_RST, 0.05f},
     {CAUSE_MTU_BLACKHOLE, 0.05f},
     {CAUSE_HOSTKEY_REJECTED, 0.03f},
     {CAUSE_IDLE_DROP, 0.03f},
     {CAUSE_NOT_SSH, 0.005f}},
    rows,
    sizeof rows / sizeof *rows,
    reset_rows,
    RESET_ROWS,
};
