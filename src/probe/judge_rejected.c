/* What a probe shows where an ICMP error answers the SSH port's SYN. */
#include "judge_rows.h"
#include "probe_packets.h"

static bool error_of(const struct reading *r, struct finding *f, bool by_target)
{
    f->packet = r->main->reply.number;
    f->address = &r->main->reply.sender;
    f->value[0] = r->main->reply.icmp_type;
    f->value[1] = r->main->reply.icmp_code;
    return reply_is_targets(r->facts, &r->main->reply) == by_target;
}

static bool rejected_by_target(const struct reading *r, struct finding *f)
{
    return error_of(r, f, true);
}

static bool rejected_on_path(const struct reading *r, struct finding *f)
{
    bool host = r->ipv6 ? r->main->reply.icmp_type == 1 && r->main->reply.icmp_code == 3
                        : r->main->reply.icmp_type == 3 && r->main->reply.icmp_code == 1;
    return error_of(r, f, false) && !host;
}

/* RFC 792, 4443; for probes without a passive verdict, which have no packets to show. */
static bool says_host_unreachable(const struct reading *r, struct finding *f)
{
    const struct probe_reply *reply = &r->main->reply;
    bool host =
        r->ipv6 ? reply->icmp_type == 1 && reply->icmp_code == 3 : reply->icmp_type == 3 && reply->icmp_code == 1;
    return error_of(r, f, false) && host && !r->target_spoke;
}

static bool says_network_unreachable(const struct reading *r, struct finding *f)
{
    const struct probe_reply *reply = &r->main->reply;
    bool network = reply->icmp_code == 0 && reply->icmp_type == (r->ipv6 ? 1 : 3);
    return error_of(r, f, false) && network && r->own.packet == NULL;
}

static bool host_answers_elsewhere(const struct reading *r, struct finding *f)
{
    f->packet = r->own.packet != NULL ? r->own.packet->reply.number : 0;
    f->word = r->own.what;
    return r->own.packet != NULL;
}

/* A route that is missing, or a host, is missing for all ports. */
static bool unreachable_but_up(const struct reading *r, struct finding *f)
{
    const struct probe_reply *reply = &r->main->reply;
    unsigned host = r->ipv6 ? 3 : 1;
    f->packet = reply->number;
    f->value[0] = reply->icmp_type;
    f->value[1] = reply->icmp_code;
    f->word = r->own.what;
    return r->own.packet != NULL && reply->icmp_type == (r->ipv6 ? 1 : 3) &&
           (reply->icmp_code == 0 || reply->icmp_code == host);
}

static const struct evidence_row rows[] = {
    {"probe-rejected-by-target",
     READING_TEST(rejected_by_target),
     {{CAUSE_FIREWALL_ICMP, 4.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
     "{a} itself answered with ICMP {0}/{1}: a rule on the host",
     "RFC 792; RFC 4443"},
    {"probe-rejected-on-path",
     READING_TEST(rejected_on_path),
     {{CAUSE_FIREWALL_ICMP, 1.0f}, {CAUSE_NETWORK_UNREACHABLE, 1.0f}},
     "{a}, not the host, answered with ICMP {0}/{1}",
     "RFC 792; RFC 4443"},
    {"probe-host-unreachable",
     READING_TEST(says_host_unreachable),
     {{CAUSE_HOST_UNREACHABLE, 5.0f}},
     "{a} answered with ICMP {0}/{1} (host unreachable), and nothing at all came from the host",
     "RFC 792; RFC 4443"},
    {"probe-network-unreachable",
     READING_TEST(says_network_unreachable),
     {{CAUSE_NETWORK_UNREACHABLE, 5.0f}},
     "{a} answered with ICMP {0}/{1}: it has no route",
     "RFC 792; RFC 4443"},
    {"probe-host-answers",
     READING_TEST(host_answers_elsewhere),
     {{CAUSE_FIREWALL_ICMP, 3.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
     "the host is up: {w} came",
     "lab"},
    {"probe-unreachable-but-up",
     READING_TEST(unreachable_but_up),
     {{CAUSE_FIREWALL_ICMP, 4.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
     "ICMP {0}/{1} says unreachable, yet {w} came from the host: what is unreachable is this port, by a rule",
     "RFC 792; RFC 4443; nft reject with icmpx"},
};

static const struct evidence_rows of_rejections = EVIDENCE_ROWS(rows);

/* Priors: judgement, as in the passive table (src/diagnose/stage_rejected.c). */
const struct evidence_table probe_rejected = {
    {{CAUSE_FIREWALL_ICMP, 0.6},
     {CAUSE_HOST_UNREACHABLE, 0.2},
     {CAUSE_NETWORK_UNREACHABLE, 0.17},
     {CAUSE_ROUTING_LOOP, 0.02},
     {CAUSE_FAIL2BAN_BAN, 0.01}},
    {&of_rejections},
};
