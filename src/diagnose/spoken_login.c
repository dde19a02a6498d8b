/* What the login came to, and how its session ended. */
#include "reset.h"
#include "spoken.h"

/* The part of a weight that counts where the cipher is not known, and sizes are only a hint. Judgement. */
static const float success_by_hints = 0.45f, failure_by_hints = 0.5f;

static bool login_succeeded(const struct view *v, struct finding *f)
{
    f->packet = v->login.success_number;
    f->value[0] =
        v->login.success_us ? (uint64_t)(v->login.success_us - (seen(v->syn) ? v->syn->ts_us : accepted_us(v))) : 0;
    f->scale = v->login.exact ? 1 : success_by_hints;
    return v->login.success;
}

static bool login_failures(const struct view *v, struct finding *f)
{
    f->packet = v->login.last_answer_number;
    f->value[0] = v->login.failures;
    f->scale = v->login.exact ? 1 : failure_by_hints;
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

/* A server that ends it for a refusal does so in one go; what comes later may have another reason. Judgement. */
enum { SERVER_LEAVES_US = 200000 };
static const float left_later = 0.3f;

static bool denied(const struct view *v, struct finding *f)
{
    if (!v->login.readable || v->login.success || v->login.waiting || v->login.answers == 0)
        return false;
    int64_t pause = pause_us(v);
    f->packet = v->login.last_answer_number;
    f->value[0] = v->login.answers;
    f->scale = v->login.exact ? 1 : failure_by_hints;
    f->value[1] = (uint64_t)(pause > 0 ? pause : 0);
    if (!client_ends(v) && pause > SERVER_LEAVES_US)
        f->scale *= left_later;
    bool reset = seen(&v->server->rst) && !seen(&v->server->fin) && !seen(&v->client->fin);
    return pause >= 0 && pause < PERSON_US && !reset;
}

/* Who was refused before had a reason to leave. Judgement. */
static const float left_after_refusals = 0.1f;

static bool prompt_left(const struct view *v, struct finding *f)
{
    if (!v->login.readable || v->login.success || v->login.waiting || !client_ends(v))
        return false;
    int64_t pause = pause_us(v);
    f->packet = seen(&v->client->fin) ? v->client->fin.number : v->client->rst.number;
    f->value[0] = (uint64_t)(pause > 0 ? pause : 0);
    f->scale = v->login.typed_refusals ? left_after_refusals : 1;
    return pause >= PERSON_US;
}

static bool left_after_refusal(const struct view *v, struct finding *f)
{
    if (!v->login.readable || v->login.success || v->login.waiting || !v->login.typed_refusals || !client_ends(v))
        return false;
    int64_t pause = pause_us(v);
    f->packet = v->login.last_answer_number;
    f->value[0] = (uint64_t)(pause > 0 ? pause : 0);
    f->scale = v->login.exact ? 1 : failure_by_hints;
    return pause >= PERSON_US; /* sooner than that the refusal speaks for itself */
}

static bool left_waiting(const struct view *v, struct finding *f)
{
    if (!v->login.readable || v->login.success || !v->login.waiting || !client_ends(v) || seems_stalled(v) ||
        v->client->stalled_count >= STUCK_SENDS)
        return false;
    f->packet = seen(&v->client->fin) ? v->client->fin.number : v->client->rst.number;
    return true;
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

static const struct evidence_row rows[] = {
    {"login-success",
     VIEW_TEST(login_succeeded),
     {{CAUSE_NONE, 8.0f}, {CAUSE_INJECTED_RST, 6.0f}, {CAUSE_IDLE_DROP, 6.0f}, {CAUSE_SESSION_REFUSED, 8.5f}},
     "the login went through after {0t}",
     "RFC 4252; sizes from the negotiated cipher"},
    {"session-over",
     VIEW_TEST(session_over),
     {{CAUSE_NONE, 14.0f}, {CAUSE_SESSION_REFUSED, 14.0f}, {CAUSE_INJECTED_RST, -14.0f}, {CAUSE_IDLE_DROP, -14.0f}},
     "the {w} ended the session in good order",
     "RFC 9293 section 3.6"},
    {"login-denied",
     VIEW_TEST(denied),
     {{CAUSE_AUTH_FAILED, 5.0f}},
     "the server refused the last of {0} login requests, and the connection ended {1t} later",
     "RFC 4252; lab"},
    {"prompt-left",
     VIEW_TEST(prompt_left),
     {{CAUSE_CLIENT_ABORT, 5.0f}},
     "{0t} after the server's last answer the client left: somebody gave up at a prompt",
     "lab"},
    {"left-after-refusal",
     VIEW_TEST(left_after_refusal),
     {{CAUSE_AUTH_FAILED, 3.0f}},
     "a password was refused, and {0t} later the client left: that is why",
     "lab"},
    {"left-waiting",
     VIEW_TEST(left_waiting),
     {{CAUSE_CLIENT_ABORT, 3.5f}},
     "the client left before its last login request was answered",
     "lab"},
    {"login-failures",
     VIEW_TEST(login_failures),
     {{CAUSE_AUTH_FAILED, 2.5f}, {CAUSE_LOGIN_TIMEOUT, 1.5f}, {CAUSE_CLIENT_ABORT, 0.5f}},
     "failed tries: {0}, judged by the sizes of the encrypted messages",
     "RFC 4252 section 5.1; Zeek's SSH analyser"},
};

const struct evidence_rows login_rows = EVIDENCE_ROWS(rows);
