/* The server's program breaks in the login: it leaves without a word, or hangs while its kernel goes on. */
#include "spoken.h"

#include "reset.h"

/* ---- The clock of LoginGraceTime ---- */

/* From the server's accept to its close, by the server's clock: the client's ACK takes one way there, and the close one
 * way back. */
static int64_t lasted_us(const struct view *v)
{
    const struct mark *ack = &v->connection->handshake_ack, *fin = &v->server->fin;
    const int64_t end = seen(fin) ? fin->ts_us : v->server->rst.ts_us;
    int64_t there = seen(&v->answer->synack) && seen(v->syn) ? v->answer->synack.ts_us - v->attempt->last_syn_us : 0;
    const int64_t usual = v->server_host ? v->server_host->rtt_us : 0;
    if (usual && usual < there)
        there = usual; /* the first packets may have waited for neighbours to be found */
    int64_t accepted = accepted_us(v);
    const bool first = !seen(&v->answer->synack) || ack->ack == v->answer->synack.seq + 1;
    if (seen(ack) && first) /* else a later one stands in for it */
        accepted = ack->ts_us;
    return end - accepted - (there > 0 ? there : 0);
}

/* OpenSSH 9.8 adds up to four seconds, so that nobody may foresee the moment (sshd.c main, sshd-session.c). */
enum { JITTER_US = 4000000, JITTER_SINCE = 908 };

/* What people set it to. */
static bool is_round(int64_t seconds)
{
    static const int usual[] = {10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (usual[i] == seconds)
            return true;
    return false;
}

/* A timer of whole seconds ran out: how near to one, 0 to 1, give or take what it takes to begin a process. */
static float near_whole(int64_t us, int64_t *seconds)
{
    enum { SECOND = 1000000, EARLY_US = 15000, USUAL_US = 100000, LATE_US = 170000 };
    *seconds = (us + EARLY_US) / SECOND;
    const int64_t late = us - *seconds * SECOND;
    return late < USUAL_US ? 1 : late < LATE_US ? (is_round(*seconds) ? 0.8f : 0.3f) : 0;
}

static bool jitters_from_round(int64_t us)
{
    for (int64_t s = us / 1000000, back = 0; back <= JITTER_US / 1000000; back++)
        if (is_round(s - back) && us - (s - back) * 1000000 <= JITTER_US)
            return true;
    return false;
}

/* Else it is not known to a part of a second when the server accepted. */
static bool accept_is_timed(const struct view *v)
{
    return seen(v->syn) && seen(&v->answer->synack) && seen(&v->connection->handshake_ack);
}

static int64_t silence_before_close_us(const struct view *v)
{
    const struct mark *end = seen(&v->server->fin) ? &v->server->fin : &v->server->rst;
    const int64_t last = last_word_us(v, end->ts_us);
    return last ? end->ts_us - last : 0;
}

static const float timed_roughly = 0.6f;
static const float unlike_a_timer = 0.1f; /* a machine may have slept, or its clock been set */
static const float unlike_ours = 0.25f;   /* other programs may keep other clocks */

/* How well LoginGraceTime explains a close after so long, 0 to 1. Judgement; the lab for how exact it is. */
static float grace_explains(const struct view *v)
{
    enum { LEAST_US = 1800000, PATIENT_US = 10000000, UNLIKELY_US = 5000000, USUAL_SECONDS = 3 };
    const int64_t us = lasted_us(v);
    const unsigned version = v->banner[SIDE_SERVER] ? openssh_version(v->dialogue->banner[SIDE_SERVER].text) : 0;
    int64_t seconds;
    if (us < LEAST_US)
        return 0;
    if (!accept_is_timed(v))
        return silence_before_close_us(v) < PERSON_US ? 0 : timed_roughly;
    if (version == 0 || version < JITTER_SINCE) {
        const float near = near_whole(us, &seconds);
        if (near > 0)
            return near * (is_round(seconds) ? 1.0f : seconds >= USUAL_SECONDS ? 0.65f : 0.4f);
        if (us < UNLIKELY_US)
            return 0;
        return version || us < PATIENT_US ? unlike_a_timer : unlike_ours;
    }
    if (jitters_from_round(us))
        return us > 6 * PATIENT_US ? 1.0f : 0.7f;
    return us < 2 * PATIENT_US ? 0.3f : 0.4f;
}

/* ---- It leaves ---- */

/* Its program's own close: a FIN, or a RST that fits the flow. */
static const struct mark *own_close(const struct view *v)
{
    struct finding ignored = {.scale = 1};
    if (!v->connection || client_ends(v))
        return NULL;
    if (seen(&v->server->fin))
        return &v->server->fin;
    return ending_rst(v) == &v->server->rst && reset_by_owner(v, &ignored) ? &v->server->rst : NULL;
}

/* It answered not long before: a refusal, and the end that follows it. */
static bool just_refused(const struct view *v, const struct mark *end)
{
    enum { AT_ONCE_US = 200000 };
    return v->login.readable && !v->login.waiting && v->login.answers > 0 &&
           end->ts_us - v->login.last_answer_us < AT_ONCE_US;
}

bool hung_up(const struct view *v)
{
    const struct mark *end = own_close(v);
    const struct dialogue *d = v->dialogue;
    if (!end || !d || v->login.success || !v->banner[SIDE_SERVER] || d->disconnect_clear[SIDE_SERVER] ||
        client_is_no_ssh(v))
        return false;
    bool told = d->refusal != SSH_REFUSAL_NONE && d->refusal != SSH_REFUSAL_OTHER_TEXT;
    return !told && !just_refused(v, end) && !v->login.too_many;
}

/* The part of a hang-up's weight where a refusal may have been meant. Judgement. */
static const float after_request = 0.8f; /* PAM may refuse an account without a word (auth2.c) */
static const float perhaps_told = 0.4f;
static const float took_its_time = 0.3f; /* an account is refused as soon as the password is checked */

/* The snaplen left nothing of what the server said behind its banner, which may say why. */
static bool words_unread(const struct view *v)
{
    const struct dialogue *d = v->dialogue;
    return v->attempt->facts & FACT_CUT && !d->clock.kexinit_us[SIDE_SERVER] &&
           v->server->payload_bytes > d->stream_len[SIDE_SERVER];
}

static bool left_without_word(const struct view *v, struct finding *f)
{
    if (!hung_up(v) || words_of_server(v))
        return false;
    const struct mark *end = own_close(v);
    f->packet = end->number;
    f->value[0] = (uint64_t)(end->ts_us - accepted_us(v));
    f->word = seen(&v->server->fin) ? "FIN" : "RST";
    f->scale = 1 - grace_explains(v);
    if (v->login.readable && v->login.waiting && v->login.answers > 0)
        f->scale *= after_request;
    if (words_unread(v))
        f->scale *= perhaps_told;
    return f->scale > 0;
}

static bool left_on_request(const struct view *v, struct finding *f)
{
    if (!hung_up(v) || !v->login.readable || !v->login.waiting || v->login.answers == 0)
        return false;
    enum { AT_ONCE_US = 700000 };
    const struct mark *end = own_close(v);
    f->packet = end->number;
    f->value[0] = (uint64_t)(end->ts_us - v->client->last_payload_us);
    f->scale = f->value[0] < AT_ONCE_US ? 1 : took_its_time;
    return v->client->last_payload_us <= end->ts_us;
}

/* sshd says nothing when the time is over: the last word was spoken long before its FIN. */
static bool grace_ran_out(const struct view *v, struct finding *f)
{
    if (!v->server || !seen(&v->server->fin) || client_ends(v) || v->login.success)
        return false;
    const int64_t silence = silence_before_close_us(v);
    if (silence < PERSON_US)
        return false;
    f->packet = v->server->fin.number;
    f->value[0] = (uint64_t)(v->server->fin.ts_us - accepted_us(v));
    f->value[1] = (uint64_t)silence;
    f->scale = grace_explains(v);
    return f->scale > 0;
}

static bool too_soon_for_grace(const struct view *v, struct finding *f)
{
    if (!own_close(v) || grace_explains(v) > 0)
        return false;
    f->packet = own_close(v)->number;
    f->value[0] = (uint64_t)(own_close(v)->ts_us - accepted_us(v));
    return true;
}

/* ---- It hangs ---- */

static const struct mark *client_end(const struct view *v)
{
    return seen(&v->client->fin) ? &v->client->fin : seen(&v->client->rst) ? &v->client->rst : NULL;
}

/* Its turn: the version, the offer, the key, or the answer to a request. */
static const char *what_is_owed(const struct view *v)
{
    const struct dialogue *d = v->dialogue;
    if (!d || !v->banner[SIDE_SERVER] || v->login.success || client_is_no_ssh(v))
        return NULL;
    if (v->login.readable)
        return v->login.waiting ? "the answer to the client's request" : NULL;
    if (d->clock.newkeys_us[SIDE_CLIENT] && !d->encrypted_packets[SIDE_CLIENT])
        return NULL;
    if (d->encrypted_packets[SIDE_CLIENT])
        return d->encrypted_packets[SIDE_SERVER] ? NULL : "the answer to the client's first encrypted message";
    if (d->clock.kexinit_us[SIDE_CLIENT] && d->clock.kexinit_us[SIDE_SERVER] && d->clock.kex_us[SIDE_CLIENT] &&
        d->clock.kex_us[SIDE_CLIENT] >= d->clock.kex_us[SIDE_SERVER])
        return "its part of the key exchange";
    if (v->banner[SIDE_CLIENT] && !d->clock.kexinit_us[SIDE_SERVER] &&
        (d->clock.kexinit_us[SIDE_CLIENT] || client_end(v)))
        return "its offer of algorithms (KEXINIT)";
    return NULL;
}

/* A segment of the client's that waits to be acknowledged is a matter of the path. */
static bool client_was_heard(const struct view *v)
{
    const struct flow_side *client = v->client;
    uint32_t said = seen(&client->fin) ? client->fin.seq + client->fin.payload_len : client->next;
    return v->server->acked && (int32_t)(v->server->acked - said) >= 0 && !gap_stays(v, SIDE_SERVER);
}

/* When the client said what is to be answered: what it says as it leaves is a farewell (SSH_MSG_DISCONNECT). */
static int64_t asked_us(const struct view *v, const struct mark *end)
{
    enum { FAREWELL_US = 100000 };
    const struct flow_side *client = v->client;
    bool farewell = end && end->ts_us - client->last_payload_us < FAREWELL_US && client->before_pause_us;
    return farewell ? client->before_pause_us : client->last_payload_us;
}

int64_t owed_for_us(const struct view *v)
{
    if (!v->connection || !what_is_owed(v) || !client_was_heard(v))
        return 0;
    bool server_left = seen(&v->server->fin) || seen(&v->server->rst);
    if (server_left && !client_ends(v)) /* one that answers the client's goodbye with its own has not left by itself */
        return 0;
    const struct mark *end = client_end(v);
    const int64_t until = end ? end->ts_us : v->file->observed_until_us;
    int64_t since = asked_us(v, end);
    if (v->server->last_payload_us > since) /* what it said meanwhile is not what it owes */
        since = v->server->last_payload_us;
    return until > since ? until - since : 0;
}

/* How long a program may take. A key exchange is a matter of milliseconds, of seconds on a small device; a password may
 * be asked of a directory. Judgement; lab. */
enum { KEX_MAY_TAKE_US = 2500000, LOGIN_MAY_TAKE_US = 5000000, SURELY_US = 10000000 };

bool surely_stalled(const struct view *v)
{
    return owed_for_us(v) >= (v->login.readable && v->login.answers ? 2 * SURELY_US : SURELY_US);
}

static const float maybe_slow = 0.6f;
static const float answer_may_be_lost = 0.7f; /* large segments that vanish are not seen from here */
static const float capture_may_lack = 0.5f;   /* nobody has left: frames may be lacking */

/* What the server said later begins at the byte that is due: it has sent nothing meanwhile. */
static bool nothing_was_sent(const struct view *v)
{
    const struct mark *last = &v->server->last;
    if (v->vantage == VANTAGE_SERVER)
        return true;
    return last->ts_us - v->client->last_payload_us > KEX_MAY_TAKE_US ||
           (client_end(v) && last->ts_us > client_end(v)->ts_us);
}

static int64_t may_take_us(const struct view *v)
{
    return v->login.readable && v->login.answers ? LOGIN_MAY_TAKE_US : KEX_MAY_TAKE_US;
}

bool seems_stalled(const struct view *v)
{
    return owed_for_us(v) >= may_take_us(v);
}

static bool stalls(const struct view *v, struct finding *f)
{
    const int64_t owed = owed_for_us(v), may_take = may_take_us(v);
    if (owed < may_take)
        return false;
    f->packet = v->server->last.number;
    f->value[0] = (uint64_t)owed;
    f->word = what_is_owed(v);
    f->scale = owed < 2 * may_take ? maybe_slow : 1;
    const float seen_so_far = !client_end(v) ? capture_may_lack : nothing_was_sent(v) ? 1 : answer_may_be_lost;
    if (seen_so_far < f->scale)
        f->scale = seen_so_far;
    return true;
}

static const struct evidence_row rows[] = {
    {"hung-up",
     VIEW_TEST(left_without_word),
     {{CAUSE_SERVER_HANGUP, 5.0f}, {CAUSE_AUTH_FAILED, -2.5f}, {CAUSE_NONE, -3.0f}},
     "the server's program closed with a {w} after {0t}, in the middle of the login and without a word",
     "net/ipv4/tcp.c tcp_close: what a killed process leaves is closed for it; lab"},
    {"left-on-request",
     VIEW_TEST(left_on_request),
     {{CAUSE_AUTH_FAILED, 3.5f}},
     "it closed in place of an answer to the last login request, {0t} after it",
     "OpenSSH auth2.c: an account that PAM refuses; judgement"},
    {"grace-over",
     VIEW_TEST(grace_ran_out),
     {{CAUSE_LOGIN_TIMEOUT, 5.0f}},
     "the server closed {0t} after it accepted, when nothing had been said for {1t}",
     "sshd_config(5) LoginGraceTime; lab"},
    {"not-grace-time",
     VIEW_TEST(too_soon_for_grace),
     {{CAUSE_LOGIN_TIMEOUT, -4.0f}},
     "the server closed {0t} after it accepted: LoginGraceTime ends at whole seconds, and later",
     "OpenSSH sshd.c grace_alarm_handler; lab"},
    {"owes-answer",
     VIEW_TEST(stalls),
     {{CAUSE_SERVER_STALLED, 8.0f}, {CAUSE_CLIENT_ABORT, -1.0f}, {CAUSE_HOSTKEY_REJECTED, -3.0f}},
     "the server's kernel has acknowledged all that the client said, and for {0t} its program owes {w}",
     "RFC 9293 section 3.4; lab"},
};

const struct evidence_rows break_rows = EVIDENCE_ROWS(rows);
