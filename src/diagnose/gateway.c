#include "gateway.h"

static bool made_here(const struct attempt *a)
{
    const struct answer *answer = a->answer;
    if (a->unknown & FIELD_TTL)
        return false;
    if (seen(&answer->refusal))
        return answer->refusal.bits & MARK_OUT && hops_from_start(answer->refusal.ttl) == 0;
    return answer->icmp.number && answer->icmp.bits & MARK_OUT && hops_from_start(answer->icmp.ttl) == 0;
}

bool kept_here(const struct case_file *file)
{
    const struct attempt *a = file->attempt;
    const bool came_in = seen(&a->syn) && a->syn.bits & MARK_IN && !(a->syn.bits & MARK_LOGGED);
    if (!came_in || a->facts & FACT_SYN_OUT_OF_HOST || file->leg_count)
        return false;
    return !a->answer || (!seen(&a->answer->synack) && made_here(a));
}

/* Why it is a router's doing. */
static const char *router_sign(const struct capturer *c)
{
    if (c->server == LOCALITY_ELSEWHERE)
        return "that address is another machine's";
    return c->forwards_number
               ? "this machine forwards what others send, and never speaks from that address"
               : "on that interface this machine speaks from another network's address, and never from that one";
}

static bool kept_by_router(const struct view *v, struct finding *f)
{
    f->packet = v->attempt->last_syn_number;
    f->address = &v->attempt->key.server;
    f->word = router_sign(&v->file->capturer);
    return v->vantage == VANTAGE_BETWEEN && kept_here(v->file);
}

static bool kept_by_either(const struct view *v, struct finding *f)
{
    f->packet = v->attempt->last_syn_number;
    f->address = &v->attempt->key.server;
    return v->vantage == VANTAGE_UNKNOWN && kept_here(v->file);
}

static bool refused_by_router(const struct view *v, struct finding *f)
{
    const bool fires = kept_by_router(v, f);
    f->packet = v->answer->refusal.number;
    return fires;
}

static bool refused_by_either(const struct view *v, struct finding *f)
{
    const bool fires = kept_by_either(v, f);
    f->packet = v->answer->refusal.number;
    return fires;
}

static const struct evidence_row syn_rows[] = {
    {"kept-by-router",
     VIEW_TEST(kept_by_router),
     {{CAUSE_SILENT_DROP, 2.5f}, {CAUSE_FAIL2BAN_BAN, 2.0f}},
     "the SYN to {a} came in at this machine and left by none of its interfaces, and {w}: it is a router, and drops "
     "the SYN",
     "ip_forward.c, nf_hook; lab"},
    {"kept-by-either",
     VIEW_TEST(kept_by_either),
     {{CAUSE_SILENT_DROP, 1.0f}, {CAUSE_FAIL2BAN_BAN, 1.0f}, {CAUSE_LISTEN_OVERFLOW, 1.0f}},
     "the SYN came in at this machine and left by none of its interfaces, and the capture does not show whether {a} is "
     "its own address: the server itself drops it, or a router what it should forward",
     "ip_input.c, ip_forward.c; lab"},
};

const struct evidence_rows kept_syn_rows = EVIDENCE_ROWS(syn_rows);

static const struct evidence_row refused_rows[] = {
    {"rst-by-router",
     VIEW_TEST(refused_by_router),
     {{CAUSE_FIREWALL_RST, 4.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
     "the RST in the name of {a} began at this machine, which did not pass the SYN on, and {w}: it is a router, and a "
     "rule of it answers",
     "nf_reject_ipv4.c nf_send_reset; lab"},
    {"rst-by-either",
     VIEW_TEST(refused_by_either),
     {{CAUSE_FIREWALL_RST, 0.3f}, {CAUSE_FAIL2BAN_BAN, 0.3f}},
     "the RST began at this machine, and the capture does not show whether {a} is its own address: the server itself "
     "answers, or a router's rule in its name",
     "nf_reject_ipv4.c nf_send_reset; judgement"},
};

const struct evidence_rows kept_refused_rows = EVIDENCE_ROWS(refused_rows);
