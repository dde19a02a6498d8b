/* An attempt's table put to the engine. */
#include "accepted.h"
#include "evidence.h"
#include "identity.h"
#include "scan.h"
#include "spoken.h"

/* Sizes of encrypted messages whose cipher is not known, because the capture lacks the KEXINITs, are only a hint.
 * Judgement. */
static const double surest_by_hints = 0.85;

bool ask_view(evidence_test test, const void *facts, struct finding *f)
{
    return ((bool (*)(const struct view *, struct finding *))test)(facts, f);
}

/* What no single packet shows is pointed to by the attempt's first one. */
static uint64_t first_packet(const struct view *v)
{
    const struct attempt *a = v->attempt;
    if (seen(&a->syn))
        return a->syn.number;
    if (a->lookup)
        return a->lookup->first_number;
    return a->answer && a->answer->icmp.number ? a->answer->icmp.number : 0;
}

const struct evidence_table *stage_table_for(const struct view *v)
{
    if (v->attempt->lookup)
        return &stage_unsent;
    if (begins_midway(v) || first_words_lost(v))
        return &stage_midway;
    if (protocol_1_agreed(v))
        return &stage_protocol_1;
    /* Its own words in place of a banner tell that it speaks SSH. */
    if (v->stage == STAGE_ACCEPTED && v->dialogue &&
        (v->dialogue->refusal == SSH_REFUSAL_PROTOCOL || v->dialogue->refusal == SSH_REFUSAL_INVALID_IDENT))
        return &stage_greeted;
    switch (v->stage) {
    case STAGE_NAME:
        return &stage_unsent;
    case STAGE_NO_ANSWER:
        return &stage_silent;
    case STAGE_REFUSED:
        return &stage_refused;
    case STAGE_REJECTED:
        return &stage_rejected;
    case STAGE_ACCEPTED:
        return &stage_accepted;
    case STAGE_BANNER:
    case STAGE_KEX:
        return &stage_greeted;
    case STAGE_AUTH:
    case STAGE_SESSION:
        break;
    }
    return &stage_login;
}

static bool answered_by_rst(const struct view *v)
{
    const struct connection *c = v->connection;
    return (v->answer && (seen(&v->answer->refusal) || v->answer->bare_rsts)) ||
           (c && (seen(&c->side[0].rst) || seen(&c->side[1].rst)));
}

static bool rst_of_anybody(const struct view *v)
{
    return lacks(v, FIELD_TTL | FIELD_IP_ID | FIELD_OPTIONS) && answered_by_rst(v);
}

/* A trace of the path is told from a loop by the TTLs that its SYNs have. */
static bool loop_or_trace(const struct view *v)
{
    return lacks(v, FIELD_TTL) && v->answer && v->answer->icmp.number && v->answer->icmp.type == (v->ipv6 ? 3 : 11);
}

/* Whether logins failed before is told by what was said in them. */
static bool ban_or_rule(const struct view *v)
{
    return lacks(v, FIELD_PAYLOAD) && v->stage <= STAGE_REJECTED && v->server_host && v->server_host->accepted;
}

/* Another machine of the same address, or one that answers in the server's place, is told by TTLs and MAC addresses. */
static bool accepted_by_anybody(const struct view *v)
{
    return lacks(v, FIELD_TTL | FIELD_MAC) && v->stage == STAGE_ACCEPTED && !(v->server && v->server->payload_bytes);
}

/* Two machines with one address are told by their MAC addresses: a RST is then another machine's. */
static bool rst_of_a_double(const struct view *v)
{
    return lacks(v, FIELD_MAC) && answered_by_rst(v);
}

/* Where a SYN that was passed on came in and left is told by interfaces and TTLs: whether its answer can come back. */
static bool passed_on_unanswered(const struct view *v)
{
    return lacks(v, FIELD_TTL) && v->file->leg_count && v->stage == STAGE_NO_ANSWER;
}

/* Who waited how long, and who left too early, is told by times. */
static bool untimed(const struct view *v)
{
    return lacks(v, FIELD_TIME) && v->stage >= STAGE_ACCEPTED;
}

/* Without the bytes, and where ACKs are printed without their sequence numbers, what is missing is not seen. */
static bool words_unread(const struct view *v)
{
    return lacks(v, FIELD_PAYLOAD) && v->stage >= STAGE_BANNER && !lacks(v, FIELD_FLAGS);
}

static bool flags_supposed(const struct view *v)
{
    return lacks(v, FIELD_FLAGS) && v->stage != STAGE_REJECTED;
}

/* Where a text does not print what would speak against a verdict, none is surer than this. Judgement. */
static const struct {
    bool (*test)(const struct view *v);
    double surest;
} unsure[] = {{flags_supposed, 0.6},   {rst_of_anybody, 0.8},       {loop_or_trace, 0.8},
              {ban_or_rule, 0.85},     {accepted_by_anybody, 0.85}, {words_unread, 0.85},
              {rst_of_a_double, 0.89}, {passed_on_unanswered, 0.8}, {untimed, 0.6}};

/* Another SYN came in its name, and nothing tells which of the two was forged. */
static bool contested(const struct view *v)
{
    return v->attempt->facts & FACT_CONTESTED;
}

/* And where it is not known which machine was met, whether there are two, or who looked. Judgement. */
static const struct {
    bool (*test)(const struct view *v);
    double surest;
} unsure_of_whom[] = {{machine_is_new, 0.78},
                      {may_be_one_machine, 0.85},
                      {may_be_scanner, 0.78},
                      {reset_unexplained, 0.85},
                      {contested, 0.8}};

static double surest_of(const struct view *v)
{
    double surest = v->login.readable && !v->login.exact ? surest_by_hints : EVIDENCE_SUREST;
    for (size_t i = 0; i < sizeof unsure_of_whom / sizeof *unsure_of_whom; i++)
        if (unsure_of_whom[i].surest < surest && unsure_of_whom[i].test(v))
            surest = unsure_of_whom[i].surest;
    for (size_t i = 0; v->unknown && i < sizeof unsure / sizeof *unsure; i++)
        if (unsure[i].surest < surest && unsure[i].test(v))
            surest = unsure[i].surest;
    return surest;
}

void weigh(const struct view *v, struct verdict *out)
{
    evidence_weigh(stage_table_for(v), ask_view, v, surest_of(v), out);
    for (size_t i = 0; i < out->evidence_count && !out->deciding_packet; i++)
        if (out->evidence[i].weight > 0)
            out->deciding_packet = out->evidence[i].packet;
    for (size_t i = 0; i < out->evidence_count; i++)
        if (!out->evidence[i].packet)
            out->evidence[i].packet = first_packet(v);
}
