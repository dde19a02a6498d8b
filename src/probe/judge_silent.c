/* What a probe shows where the SSH port answers nothing. */
#include "judge_rows.h"
#include "probe_packets.h"

static bool alive_but_silent(const struct reading *r, struct finding *f)
{
    const struct probe_packet *packet = r->own.packet != NULL ? r->own.packet : r->control;
    f->packet = packet != NULL ? packet->reply.number : 0;
    f->value[0] = r->asked;
    f->word = r->own.packet != NULL ? r->own.what : "the RST of a closed port";
    return packet != NULL;
}

static bool neighbour_absent(const struct reading *r, struct finding *f)
{
    f->value[0] = r->facts->neighbour_requests;
    f->address = &r->facts->target;
    f->word = r->ipv6 ? "neighbour solicitations" : "ARP requests";
    return r->facts->near && !r->facts->neighbour_found && !r->target_spoke && r->facts->neighbour_requests >= 2;
}

static bool neighbour_present(const struct reading *r, struct finding *f)
{
    f->address = &r->facts->target;
    f->word = r->ipv6 ? "neighbour discovery" : "ARP";
    return r->facts->near && r->facts->neighbour_found;
}

static bool nothing_answers(const struct reading *r, struct finding *f)
{
    f->value[0] = r->facts->packets_sent;
    return !r->target_spoke && !r->facts->neighbour_found;
}

/* Errors are rationed, so a router may have told of another packet. */
static bool unreachable_elsewhere(const struct reading *r, struct finding *f)
{
    for (unsigned i = 0; i < r->facts->packets && !r->target_spoke; i++) {
        const struct probe_reply *reply = &r->facts->packet[i].reply;
        bool host =
            reply->kind == REPLY_ICMP && reply->icmp_type == (r->ipv6 ? 1 : 3) && reply->icmp_code == (r->ipv6 ? 3 : 1);
        f->packet = reply->number;
        f->address = &reply->sender;
        if (host)
            return true;
    }
    return false;
}

static bool stops_before_host(const struct reading *r, struct finding *f)
{
    f->value[0] = r->ssh.expired;
    f->value[1] = r->host_hop;
    return r->host_hop > 1 && r->ssh.silent != 0 && r->ssh.expired + 1 < r->host_hop &&
           r->reference.expired > r->ssh.expired;
}

static bool kernel_got_it(const struct reading *r, struct finding *f)
{
    const struct probe_packet *packet = probe_answered(r->facts, ASK_STAMP);
    f->packet = packet != NULL ? packet->reply.number : 0;
    return r->stamps_answered > 0;
}

static bool kernel_never_got_it(const struct reading *r, struct finding *f)
{
    const struct probe_packet *packet = probe_answered(r->facts, ASK_CONTROL_STAMP);
    f->packet = packet != NULL ? packet->reply.number : 0;
    return r->control_stamps_answered >= 2 && r->stamps_answered == 0 && r->stamps_sent >= 2;
}

static bool host_kept_fragment(const struct reading *r, struct finding *f)
{
    const struct probe_packet *packet = r->fragments.kept;
    f->packet = packet != NULL ? packet->reply.number : 0;
    f->value[0] = packet != NULL ? packet->reply.icmp_type : 0;
    f->value[1] = packet != NULL ? packet->reply.icmp_code : 0;
    return packet != NULL;
}

static bool host_never_kept_fragment(const struct reading *r, struct finding *f)
{
    const struct probe_packet *packet = r->fragments.control;
    f->packet = packet != NULL ? packet->reply.number : 0;
    f->value[0] = r->fragments.controls_kept;
    return fragments_never_came(r);
}

static const struct evidence_row rows[] = {
    {"probe-alive",
     READING_TEST(alive_but_silent),
     {{CAUSE_SILENT_DROP, 3.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
     "the host is up ({w} came), but {0} SYNs to the SSH port, each sent three times, drew nothing",
     "lab"},
    {"probe-neighbour-absent",
     READING_TEST(neighbour_absent),
     {{CAUSE_HOST_UNREACHABLE, 6.0f}},
     "{0} {w} for {a} went unanswered: no such machine is up on this network",
     "RFC 826; RFC 4861; lab"},
    {"probe-neighbour-present",
     READING_TEST(neighbour_present),
     {{CAUSE_SILENT_DROP, 3.0f}, {CAUSE_FAIL2BAN_BAN, 3.0f}},
     "{a} answers {w}, so it is up",
     "RFC 826; RFC 4861"},
    {"probe-nothing-answers",
     READING_TEST(nothing_answers),
     {{CAUSE_HOST_UNREACHABLE, 2.2f}},
     "not one of {0} packets drew an answer from the host: no port, no ping",
     "judgement"},
    {"probe-unreachable-elsewhere",
     READING_TEST(unreachable_elsewhere),
     {{CAUSE_HOST_UNREACHABLE, 5.0f}},
     "{a} reported another packet of the probe as host unreachable, and nothing at all came from the host",
     "RFC 792; RFC 4443"},
    {"probe-stops-before-host",
     READING_TEST(stops_before_host),
     {{CAUSE_SILENT_DROP, 2.0f}},
     "SYNs to the SSH port are lost after hop {0}; to a closed port they go on to the host, hop {1}",
     "firewalk; lab"},
    {"probe-kernel-got-it",
     READING_TEST(kernel_got_it),
     {{CAUSE_SILENT_DROP, 1.5f}, {CAUSE_FAIL2BAN_BAN, 1.5f}},
     "the host's kernel complained of a SYN to this port with an overflowing timestamp option: SYNs arrive there",
     "net/ipv4/ip_options.c __ip_options_compile, before the input hook; lab"},
    {"probe-kernel-never-got-it",
     READING_TEST(kernel_never_got_it),
     {{CAUSE_SILENT_DROP, 2.0f}},
     "the host's kernel complains of an overflowing timestamp option in SYNs to a closed port, not to this one: these "
     "never arrive",
     "net/ipv4/ip_options.c __ip_options_compile, before the input hook; lab"},
    {"probe-host-kept-fragment",
     READING_TEST(host_kept_fragment),
     {{CAUSE_SILENT_DROP, 1.5f}, {CAUSE_FAIL2BAN_BAN, 1.5f}},
     "the host's own ICMP {0}/{1}: it had kept the first fragment of a SYN to this port and waited for the rest; so "
     "SYNs arrive there",
     "net/ipv4/ip_fragment.c ip_expire; net/ipv6/netfilter/nf_conntrack_reasm.c nf_ct_frag6_expire; lab"},
    {"probe-host-never-kept-fragment",
     READING_TEST(host_never_kept_fragment),
     {{CAUSE_SILENT_DROP, 2.0f}},
     "the host keeps first fragments of SYNs to a closed port ({0} of 2) and says so in the end, and none to this "
     "port: these never arrive",
     "net/ipv4/ip_fragment.c ip_expire; net/ipv6/netfilter/nf_conntrack_reasm.c nf_ct_frag6_expire; lab"},
};

static const struct evidence_rows of_silence = EVIDENCE_ROWS(rows);

/* Priors: judgement, as in the passive table (src/diagnose/stage_silent.c), but that no client's own requests show
 * whether anybody is there. */
const struct evidence_table probe_silent = {
    {{CAUSE_SILENT_DROP, 0.80}, {CAUSE_HOST_UNREACHABLE, 0.18}, {CAUSE_FAIL2BAN_BAN, 0.02}},
    {&of_silence},
};
