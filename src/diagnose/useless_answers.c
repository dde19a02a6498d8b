#include "useless_answers.h"

bool answered_from_elsewhere(const struct view *v)
{
    return v->answer && v->answer->misaddressed.number && v->answer->misaddressed.arrives &&
           v->stage == STAGE_NO_ANSWER;
}

static bool answered_for_another(const struct view *v)
{
    return v->answer && v->answer->stale.number && v->stage == STAGE_NO_ANSWER;
}

/* One segment, which the client did not reset and nobody sent again: anybody can have made it up. */
static bool heard_once(const struct useless_answer *stale)
{
    return stale->count < 2 && stale->resets == 0;
}

bool answered_in_vain(const struct view *v)
{
    return answered_from_elsewhere(v) || (answered_for_another(v) && !heard_once(&v->answer->stale));
}

static const char *kind_of(const struct useless_answer *answer)
{
    return answer->flags & TCP_RST ? "RST" : "SYN-ACK";
}

static bool answer_from_elsewhere(const struct view *v, struct finding *f)
{
    if (!answered_from_elsewhere(v))
        return false;
    f->packet = v->answer->misaddressed.number;
    f->value[0] = v->syn->number;
    f->value[1] = v->answer->misaddressed.count;
    f->address = &v->answer->misaddressed_from;
    f->word = kind_of(&v->answer->misaddressed);
    return true;
}

static bool elsewhere_reset(const struct view *v, struct finding *f)
{
    f->packet = answered_from_elsewhere(v) ? v->answer->misaddressed.number : 0;
    f->value[0] = f->packet ? v->answer->misaddressed.resets : 0;
    return f->value[0] > 0;
}

/* The part of the weight that a SYN-ACK with a wrong number has: a firewall that rewrites sequence numbers, and sees
 * one direction only, makes such ones too. Judgement. */
static const float wrong_synack = 0.7f;

/* That of one that was heard once. Judgement. */
static const float once = 0.5f;

static bool answer_of_another(const struct view *v, struct finding *f)
{
    if (!answered_for_another(v))
        return false;
    const struct useless_answer *stale = &v->answer->stale;
    f->packet = stale->number;
    f->value[0] = stale->count;
    f->value[1] = v->attempt->syns;
    f->value[2] = stale->ack;
    f->scale = stale->flags & TCP_SYN ? wrong_synack : 1;
    if (heard_once(stale))
        f->scale *= once;
    return true;
}

static bool stale_reset(const struct view *v, struct finding *f)
{
    f->packet = answered_for_another(v) ? v->answer->stale.number : 0;
    f->value[0] = f->packet ? v->answer->stale.resets : 0;
    return f->value[0] > 0 && v->attempt->syns > 1;
}

/* Both ends are on that network, and nobody has the answer translated back. */
static bool sent_back(const struct view *v, struct finding *f)
{
    if (!(v->attempt->facts & FACT_SENT_BACK) || !v->file->leg_count || answered_from_elsewhere(v))
        return false;
    f->packet = v->syn->number;
    f->value[0] = v->syn->interface;
    f->address = &v->file->legs[0].server;
    return true;
}

static const struct evidence_row rows[] = {
    {"answer-from-elsewhere",
     VIEW_TEST(answer_from_elsewhere),
     {{CAUSE_MISADDRESSED_REPLY, 12.0f}},
     "a {w} for this SYN (its port, its sequence number; #{0}) comes from {a}, which was not asked: the client cannot "
     "take it",
     "RFC 9293 section 3.10.7.3; nf_nat_core.c; lab"},
    {"elsewhere-reset",
     VIEW_TEST(elsewhere_reset),
     {{CAUSE_MISADDRESSED_REPLY, 1.0f}},
     "the client's kernel, which asked another address, reset {0} such answers",
     "RFC 9293 section 3.10.7.1; lab"},
    {"sent-back",
     VIEW_TEST(sent_back),
     {{CAUSE_MISADDRESSED_REPLY, 10.5f}},
     "this machine sent the SYN on to {a} by the interface {0} by which it had come in, with the client's own address: "
     "the answer goes straight to the client, and is not translated back",
     "nf_nat_core.c; lab; judgement"},
    {"answer-of-another",
     VIEW_TEST(answer_of_another),
     {{CAUSE_STALE_CONNECTION, 11.0f}},
     "the answers to the SYN ({0}) acknowledge {2}, a number of another connection: one with the same addresses and "
     "ports is still held where they come from",
     "RFC 5961 section 4.2; net/ipv4/tcp_input.c tcp_validate_incoming; lab"},
    {"stale-reset",
     VIEW_TEST(stale_reset),
     {{CAUSE_STALE_CONNECTION, 1.0f}},
     "the client reset {0} of them, which should end that connection, and had to send its SYN again all the same",
     "RFC 9293 section 3.10.7.3; lab"},
};

const struct evidence_rows useless_answer_rows = EVIDENCE_ROWS(rows);
