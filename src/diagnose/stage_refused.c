/* A RST answers the SYN: whose was it? */
#include "gateway.h"
#include "identity.h"
#include "local.h"
#include "refused.h"
#include "scan.h"
#include "unread_logins.h"

static bool rst_on_loopback(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    return refusal_on_loopback(v);
}

static bool synack_follows(const struct view *v, struct finding *f)
{
    const struct mark *synack = &v->answer->synack;
    if (!seen(synack) || synack->ts_us < rst(v)->ts_us)
        return false;
    f->packet = synack->number;
    f->value[0] = rst(v)->number;
    return true;
}

static bool several_rsts(const struct view *v, struct finding *f)
{
    f->packet = v->answer->refusal_other.number;
    f->value[0] = rst(v)->number;
    return seen(&v->answer->refusal_other) && !from_user_mode_nat(v);
}

static bool rst_repeated(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_OF_TEXT)) /* it may hold the captures of both ends, one after the other */
        return false;
    f->packet = rst(v)->number;
    f->value[0] = v->answer->refusals;
    return v->answer->refusals > 1 && !seen(&v->answer->refusal_other) && v->attempt->syns == 1;
}

static bool rst_odd_sequence(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_SEQ))
        return false;
    f->packet = rst(v)->number;
    return !v->refusal.seq_zero && !from_user_mode_nat(v);
}

/* A connection with TCP MD5 (RFC 2385) has that option in all of its segments, and in its RST. */
static bool rst_has_options(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_OPTIONS))
        return false;
    f->packet = rst(v)->number;
    return rst(v)->bits & MARK_OPTIONS && !syn_shape_has(&v->attempt->shape, SYN_OPTION_OTHER);
}

static bool failed_before(const struct view *v, struct finding *f)
{
    f->value[0] = v->history->failed_logins;
    f->scale = ban_history(v);
    return f->scale > 0;
}

static const struct evidence_row rows[] = {
    {"rst-on-loopback",
     VIEW_TEST(rst_on_loopback),
     {{CAUSE_FIREWALL_RST, 6.0f}},
     "the RST came over the client's own loopback and no SYN left: a rule in the client's output chain",
     "nf_reject_ipv4.c nf_send_reset; lab"},
    {"synack-follows",
     VIEW_TEST(synack_follows),
     {{CAUSE_FIREWALL_RST, 5.0f}},
     "a SYN-ACK follows the RST (#{0}): the host accepts, so somebody else sent the RST",
     "RFC 9293 section 3.10.7.2; lab"},
    {"several-rsts",
     VIEW_TEST(several_rsts),
     {{CAUSE_FIREWALL_RST, 4.0f}},
     "a second RST that differs from #{0} answers the same SYN: a kernel sends one",
     "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {"rst-repeated",
     VIEW_TEST(rst_repeated),
     {{CAUSE_FIREWALL_RST, 2.0f}},
     "{0} RSTs answer one SYN: a kernel sends one",
     "lab"},
    {"rst-odd-sequence",
     VIEW_TEST(rst_odd_sequence),
     {{CAUSE_FIREWALL_RST, 3.0f}},
     "the RST's sequence number is not 0, which RFC 9293 wants in the answer to a SYN",
     "RFC 9293 section 3.10.7.1"},
    {"rst-has-options",
     VIEW_TEST(rst_has_options),
     {{CAUSE_FIREWALL_RST, 2.0f}},
     "the RST carries TCP options: a closed port's has none",
     "nmap-os-db, test T5"},
    {"failed-before",
     VIEW_TEST(failed_before),
     {{CAUSE_FAIL2BAN_BAN, 4.8f}},
     "this client was let in before and failed to log in (connections that ended so: {0}): a ban follows such a "
     "history",
     "fail2ban jail.conf maxretry; lab"},
};

static const struct evidence_rows of_refusals = EVIDENCE_ROWS(rows);

/* Priors: judgement. Of refused SSH ports, most are closed: nothing listens there. */
const struct evidence_table stage_refused = {
    {{CAUSE_KERNEL_RST, 0.78f},
     {CAUSE_FIREWALL_RST, 0.21f},
     {CAUSE_FAIL2BAN_BAN, 0.01f},
     {CAUSE_SCAN, 0.0001f},
     {CAUSE_ADDRESS_CONFLICT, 0.001f},
     {CAUSE_INTERCEPTED, 0.0003f}},
    {&refused_marks, &refused_stack, &refused_ports, &refused_distance, &refused_meanwhile, &of_refusals,
     &scan_syn_rows, &kept_refused_rows, &conflict_rows, &intercepted_rows, &unread_login_rows, &local_socket_rows,
     &local_rule_rows},
};
