/* The server said something, and no SSH banner. */
#include "accepted.h"

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

/* The part of an unknown text's weight where lines of text may yet be followed by a banner (RFC 4253 section 4.2), and
 * nobody has closed. Judgement. */
static const float lines_before_a_banner = 0.5f;

static bool speaks_unknown(const struct view *v, struct finding *f)
{
    if (!v->dialogue || !v->server->payload_bytes || v->dialogue->refusal == SSH_REFUSAL_MAXSTARTUPS ||
        v->dialogue->refusal == SSH_REFUSAL_NOT_ALLOWED)
        return false;
    if (v->dialogue->stream_len[SIDE_SERVER] == 0 && !(v->attempt->facts & FACT_CUT))
        return false; /* what came here was not the first of it */
    enum spoken_protocol spoken = v->dialogue->spoken[SIDE_SERVER];
    f->packet = v->server->first_payload.number;
    f->word = v->dialogue->first_line[SIDE_SERVER];
    bool closed = seen(&v->server->fin) || seen(&v->server->rst) || seen(&v->client->fin) || seen(&v->client->rst);
    if (v->dialogue->opening[SIDE_SERVER] == SSH_OPENING_LINES && !closed)
        f->scale = lines_before_a_banner;
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

static const struct evidence_row rows[] = {
    {"other-protocol",
     VIEW_TEST(speaks_other),
     {{CAUSE_NOT_SSH, 8.0f}},
     "the server's first bytes are {w}, not SSH",
     "RFC 4253 section 4.2"},
    {"unknown-protocol",
     VIEW_TEST(speaks_unknown),
     {{CAUSE_NOT_SSH, 4.5f}, {CAUSE_TARPIT, 1.5f}, {CAUSE_CLOSED_BEFORE_BANNER, 1.0f}},
     "the server's first bytes are no SSH banner: \"{w}\"",
     "RFC 4253 section 4.2"},
    {"lines-drip",
     VIEW_TEST(lines_drip),
     {{CAUSE_TARPIT, 7.0f}},
     "{0} lines in {1t}, none of them a banner, and no end",
     "endlessh"},
};

const struct evidence_rows other_protocol_rows = EVIDENCE_ROWS(rows);
