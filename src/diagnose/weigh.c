/* An attempt's table put to the engine. */
#include "evidence.h"
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

void weigh(const struct view *v, struct verdict *out)
{
    bool by_hints = v->login.readable && !v->login.exact;
    evidence_weigh(stage_table_for(v), ask_view, v, by_hints ? surest_by_hints : EVIDENCE_SUREST, out);
    for (size_t i = 0; i < out->evidence_count && !out->deciding_packet; i++)
        if (out->evidence[i].weight > 0)
            out->deciding_packet = out->evidence[i].packet;
    for (size_t i = 0; i < out->evidence_count; i++)
        if (!out->evidence[i].packet)
            out->evidence[i].packet = first_packet(v);
}
