/* Where it failed, as this machine's own word shows. */
#include "local.h"

static bool no_listener(const struct view *v)
{
    const struct local_evidence *local = local_target(v);
    return local && (local_nobody_listens(local, &v->attempt->key) || local->listener_changed);
}

static bool proved_rule_of(const struct view *v, enum local_role role)
{
    const struct local_evidence *local = local_of(v);
    return local && local->role == role && local_rule_is_proved(local);
}

static bool own_rule_at_target(const struct view *v)
{
    return proved_rule_of(v, LOCAL_ROLE_TARGET);
}

static bool own_rule_at_client(const struct view *v)
{
    return proved_rule_of(v, LOCAL_ROLE_CLIENT);
}

static bool astray_or_full(const struct view *v)
{
    const struct local_evidence *local = local_target(v);
    return local && (local_way_back_fault(local) || local_tracking_is_full(local));
}

enum { CAUSES_OF_PLACE = 6 };

/* For which verdicts; CAUSE_UNDETERMINED ends the list. */
static const struct local_place_row {
    enum cause causes[CAUSES_OF_PLACE];
    bool (*test)(const struct view *v);
    enum where where;
    double confidence;
    const char *source;
} rows[] = {
    {{CAUSE_KERNEL_RST, CAUSE_UNDETERMINED}, no_listener, WHERE_HOST, 0.99, "sock_diag(7) on the target itself"},
    {{CAUSE_SILENT_DROP, CAUSE_FIREWALL_RST, CAUSE_FIREWALL_ICMP, CAUSE_FAIL2BAN_BAN, CAUSE_UNDETERMINED},
     own_rule_at_target,
     WHERE_HOST,
     0.99,
     "a rule of the target itself: nft(8), iptables(8)"},
    {{CAUSE_SILENT_DROP, CAUSE_FIREWALL_RST, CAUSE_FIREWALL_ICMP, CAUSE_REPLY_IGNORED, CAUSE_UNDETERMINED},
     own_rule_at_client,
     WHERE_CLIENT,
     0.99,
     "a rule of the client itself: nft(8), iptables(8)"},
    {{CAUSE_SILENT_DROP, CAUSE_RETURN_PATH_LOSS, CAUSE_UNDETERMINED},
     astray_or_full,
     WHERE_HOST,
     0.97,
     "the target's own routes and its table of connections: ip-route(8), nf_conntrack_max"},
};

static bool is_of(const struct local_place_row *row, enum cause cause)
{
    for (int i = 0; i < CAUSES_OF_PLACE && row->causes[i] != CAUSE_UNDETERMINED; i++)
        if (row->causes[i] == cause)
            return true;
    return false;
}

bool local_place(const struct view *v, struct verdict *out)
{
    if (!local_of(v))
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_of(&rows[i], out->cause) && rows[i].test(v)) {
            out->where = rows[i].where;
            out->where_confidence = rows[i].confidence;
            return true;
        }
    return false;
}
