/* Which of this machine's own rules the SYN meets. */
#include "local.h"

static uint64_t later_us(const struct local_age *age)
{
    return age->after_us > 0 ? (uint64_t)age->after_us : 0;
}

/* The part of the weight of a rule of which a condition could not be followed: it would match. Judgement. */
static const float would_match = 0.35f;
/* And of one whose counter did not rise although the SYN came: it did not meet it. */
static const float not_counted = 0.05f;

static float rule_part(const struct local_evidence *local, const struct local_rule *rule)
{
    if (local_rule_is_proved(local))
        return local_part(&local->rules);
    return local_part(&local->rules) * (rule->certain ? not_counted : would_match);
}

static bool tells_of(const struct view *v, struct finding *f, const struct local_evidence *local,
                     const struct local_rule *rule)
{
    f->packet = v->attempt->last_syn_number;
    f->word = rule->text[0] ? rule->text : rule->chain;
    f->value[0] = later_us(&local->rules);
    f->scale = rule_part(local, rule);
    return true;
}

static bool stops_so(const struct view *v, struct finding *f, enum local_fate fate)
{
    const struct local_evidence *local = local_of(v);
    const struct local_rule *rule = local ? local_stopping_rule(local) : NULL;
    return rule && rule->fate == fate && !rule->outgoing && !local_rule_bans(rule) && v->stage <= STAGE_REJECTED &&
           tells_of(v, f, local, rule);
}

static bool drops(const struct view *v, struct finding *f)
{
    return stops_so(v, f, LOCAL_DROPS);
}

static bool resets(const struct view *v, struct finding *f)
{
    return stops_so(v, f, LOCAL_REJECTS_RST);
}

static bool rejects(const struct view *v, struct finding *f)
{
    return stops_so(v, f, LOCAL_REJECTS_ICMP);
}

static bool limits(const struct view *v, struct finding *f)
{
    return stops_so(v, f, LOCAL_LIMITS);
}

static bool bans(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_of(v);
    const struct local_rule *rule = local ? local_stopping_rule(local) : NULL;
    return rule && !rule->outgoing && local_rule_bans(rule) && v->stage <= STAGE_REJECTED &&
           tells_of(v, f, local, rule);
}

/* At the target the answer does not leave; at the client it is dropped as it comes in. */
static bool stops_answer(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_of(v);
    const struct local_rule *rule = local ? local_stopping_rule(local) : NULL;
    if (!rule || !rule->outgoing || rule->fate == LOCAL_LIMITS)
        return false;
    const bool unheard =
        local->role == LOCAL_ROLE_TARGET ? v->stage == STAGE_NO_ANSWER : v->stage == STAGE_ACCEPTED && !v->shaken;
    return unheard && tells_of(v, f, local, rule);
}

static bool counted(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_of(v);
    if (!local || !local_stopping_rule(local) || !local_count_is_own(&local->rule))
        return false;
    f->packet = v->attempt->last_syn_number;
    f->value[0] = local->rule.before;
    f->value[1] = local->rule.after;
    f->value[2] = local->rule.own;
    return true;
}

static bool counted_too(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_of(v);
    if (!local || !local_stopping_rule(local) || !local->rule.known || !local->rule.own ||
        local_count_is_own(&local->rule) || local->rule.after - local->rule.before < local->rule.own)
        return false;
    f->packet = v->attempt->last_syn_number;
    f->value[0] = local->rule.before;
    f->value[1] = local->rule.after;
    f->value[2] = local->rule.own;
    f->value[3] = local->rule.others;
    return true;
}

static bool was_not_counted(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_of(v);
    if (!local || !local_stopping_rule(local) || !local->rule.known || !local->rule.own ||
        local->rule.after != local->rule.before)
        return false;
    f->packet = v->attempt->last_syn_number;
    f->value[0] = local->rule.after;
    f->value[1] = local->rule.own;
    return true;
}

static bool passes(const struct view *v, struct finding *f)
{
    const struct local_evidence *local = local_target(v);
    if (!local || v->stage > STAGE_REJECTED || !local_rules_let_pass(local))
        return false;
    f->packet = v->attempt->last_syn_number;
    f->value[0] = later_us(&local->rules);
    f->value[1] = local->facts->rules.rules_walked;
    f->scale = local_part(&local->rules);
    return true;
}

#define ANY_STOP(weight)                                                                                               \
    {                                                                                                                  \
        {CAUSE_SILENT_DROP, weight}, {CAUSE_FIREWALL_RST, weight}, {CAUSE_FIREWALL_ICMP, weight},                      \
            {CAUSE_FAIL2BAN_BAN, weight},                                                                              \
        {                                                                                                              \
            CAUSE_REPLY_IGNORED, weight                                                                                \
        }                                                                                                              \
    }

static const struct evidence_row rows[] = {
    {"local-rule-drops",
     VIEW_TEST(drops),
     {{CAUSE_SILENT_DROP, 9.0f}},
     "by this machine's own rules such a SYN is dropped (read {0t} after it): {w}",
     "nft(8), iptables(8); net/netfilter/nf_tables_core.c nft_do_chain"},
    {"local-rule-resets",
     VIEW_TEST(resets),
     {{CAUSE_FIREWALL_RST, 9.0f}},
     "by this machine's own rules such a SYN is answered with a reset (read {0t} after it): {w}",
     "nf_reject_ipv4.c nf_send_reset; nft(8), iptables-extensions(8) REJECT"},
    {"local-rule-rejects",
     VIEW_TEST(rejects),
     {{CAUSE_FIREWALL_ICMP, 9.0f}},
     "by this machine's own rules such a SYN is answered with an ICMP error (read {0t} after it): {w}",
     "nf_reject_ipv4.c nf_send_unreach; nft(8), iptables-extensions(8) REJECT"},
    {"local-rule-limits",
     VIEW_TEST(limits),
     {{CAUSE_SILENT_DROP, 4.0f}, {CAUSE_FIREWALL_RST, 3.0f}, {CAUSE_FIREWALL_ICMP, 4.0f}},
     "by this machine's own rules such SYNs pass only up to a rate (read {0t} after it): {w}",
     "iptables-extensions(8) recent, limit; ufw(8) limit; judgement"},
    {"local-rule-bans",
     VIEW_TEST(bans),
     {{CAUSE_FAIL2BAN_BAN, 12.0f},
      {CAUSE_SILENT_DROP, -3.0f},
      {CAUSE_FIREWALL_RST, -3.0f},
      {CAUSE_FIREWALL_ICMP, -3.0f},
      {CAUSE_KERNEL_RST, -6.0f}},
     "a program that bans for failed logins keeps this client out (read {0t} after the SYN): {w}",
     "fail2ban action.d; sshguard(8); cs-firewall-bouncer"},
    {"local-rule-stops-answer",
     VIEW_TEST(stops_answer),
     {{CAUSE_SILENT_DROP, 7.0f}, {CAUSE_REPLY_IGNORED, 7.0f}},
     "by this machine's own rules the answer to such a SYN is stopped (read {0t} after it): {w}",
     "nft(8), iptables(8); net/netfilter/core.c nf_hook_slow"},
    {"local-rule-counted", VIEW_TEST(counted), ANY_STOP(4.0f),
     "that rule's counter rose from {0} to {1} with these SYNs ({2}), and no other one came in between",
     "net/netfilter/nft_counter.c; ip_tables.c ADD_COUNTER"},
    {"local-rule-counted-too", VIEW_TEST(counted_too), ANY_STOP(1.0f),
     "that rule's counter rose from {0} to {1} while these SYNs came ({2}), and others, which it may have counted "
     "({3})",
     "net/netfilter/nft_counter.c; ip_tables.c ADD_COUNTER; judgement"},
    {"local-rule-not-counted", VIEW_TEST(was_not_counted), ANY_STOP(-2.0f),
     "that rule's counter stayed at {0} although SYNs came ({1}): they did not meet it",
     "net/netfilter/nft_counter.c; ip_tables.c ADD_COUNTER"},
    {"local-no-rule",
     VIEW_TEST(passes),
     {{CAUSE_SILENT_DROP, -1.0f},
      {CAUSE_FIREWALL_RST, -4.0f},
      {CAUSE_FIREWALL_ICMP, -4.0f},
      {CAUSE_FAIL2BAN_BAN, -5.0f}},
     "no rule of this machine stops such a SYN (read {0t} after it; rules on its way: {1})",
     "nft(8), iptables(8); a firewall before this machine is not among them: judgement"},
};

const struct evidence_rows local_rule_rows = EVIDENCE_ROWS(rows);
