/* Whose TCP/IP wrote the RST: what the probe's many answers show beside its TOS. */
#include <sshsniff/stack.h>

#include "judge_rows.h"
#include "probe_packets.h"

/* A RST that came less way than the host's own packets is not the host's, whatever it looks like. */
static bool comes_from_as_far(const struct reading *r)
{
    return r->own.packet == NULL || hops_come(r->main->reply.ttl) >= hops_come(r->own.packet->reply.ttl);
}

/* The part that counts where no packet shows how far the host is, and where the TTL alone is strange, which a Linux
 * host may be set to. Judgement. */
static const float distance_unknown = 0.5f, ttl_alone = 0.5f;

static bool own_hand(const struct reading *r, struct finding *f)
{
    if (r->facts->sockets_only || is_bare(&r->main->reply) || r->main->reply.tos == 0x10 || !comes_from_as_far(r))
        return false;
    f->packet = r->main->reply.number;
    f->word = strange_to_netfilter(&r->main->reply, r->ipv6);
    if (f->word == NULL && r->main->reply.ttl > 64 && r->stack.is != PROBE_STACK_LINUX) {
        f->word = "a TTL that began above 64";
        f->scale = ttl_alone;
    }
    if (r->own.packet == NULL)
        f->scale *= distance_unknown;
    return f->word != NULL;
}

/* ---- A counter of IP IDs ---- */

struct counting {
    const struct probe_packet *last;
    unsigned ours, controls, steps;
    bool broken;
};

static void count_on(struct counting *c, const struct reading *r, const struct probe_packet *packet)
{
    bool ours = packet->port == r->facts->port;
    if (c->last != NULL) {
        c->broken |= !ip_id_counts_on(c->last->reply.ip_id, packet->reply.ip_id);
        c->steps++;
    }
    c->last = packet;
    c->ours += ours;
    c->controls += !ours;
}

/* The RST that arrived next after that frame. */
static const struct probe_packet *next_rst(const struct reading *r, uint64_t after)
{
    const struct probe_packet *next = NULL;
    for (unsigned i = 0; i < r->facts->packets; i++) {
        const struct probe_packet *packet = &r->facts->packet[i];
        if (packet->reply.kind == REPLY_RST && packet->reply.number > after && packet->ttl == PROBE_FULL_TTL &&
            (next == NULL || packet->reply.number < next->reply.number))
            next = packet;
    }
    return next;
}

static bool ids_count_on(const struct reading *r, struct finding *f)
{
    struct counting c = {0};
    uint64_t after = 0;
    if (r->ipv6 || r->facts->sockets_only || !comes_from_as_far(r))
        return false;
    for (const struct probe_packet *packet; !c.broken && (packet = next_rst(r, after)) != NULL;) {
        count_on(&c, r, packet);
        after = packet->reply.number;
    }
    if (c.broken || c.ours == 0 || c.controls < 2)
        return false;
    f->packet = r->main->reply.number;
    f->value[0] = c.ours;
    f->value[1] = c.controls;
    return true;
}

/* ---- Other marks ---- */

static bool tos_of_pf(const struct reading *r, struct finding *f)
{
    f->packet = r->main->reply.number;
    f->value[0] = r->main->tos;
    return !r->facts->sockets_only && is_as_pf_writes(r->main, r->ipv6) && r->arrives_as != r->main->reply.tos;
}

static bool no_linux(const struct reading *r, struct finding *f)
{
    f->packet = r->stack.shown_by != NULL ? r->stack.shown_by->reply.number : 0;
    f->word = r->stack.what;
    return is_no_linux(r) && is_as_netfilter_writes(&r->main->reply, r->ipv6);
}

static const struct evidence_row rows[] = {
    {"probe-own-hand",
     READING_TEST(own_hand),
     {{CAUSE_KERNEL_RST, 2.0f}},
     "the RST has {w}, which netfilter's has not: a TCP stack wrote it",
     "nf_reject_ipv4.c, nf_reject_ipv6.c; docs/facts.md 1.7; lab"},
    {"probe-id-counts",
     READING_TEST(ids_count_on),
     {{CAUSE_KERNEL_RST, 3.0f}},
     "the IP IDs of this port's RSTs ({0}) and of other ports' ({1}) are one counter, in the order in which they came: "
     "one machine wrote them all",
     "gVisor, lwIP and slirp4netns between namespaces; docs/facts.md 1.7"},
    {"probe-tos-of-pf",
     READING_TEST(tos_of_pf),
     {{CAUSE_FIREWALL_RST, 4.0f}, {CAUSE_FAIL2BAN_BAN, 2.0f}},
     "the RST has TOS 0x10 for a SYN with {0x}: pf and ipfw write that into the resets that they forge, and no stack "
     "does",
     "pf.c pf_send_tcp; ip_fw2.c ipfw_send_pkt"},
    {"probe-no-linux",
     READING_TEST(no_linux),
     {{CAUSE_KERNEL_RST, 0.5f}},
     "the host is no Linux ({w}): that the RST is as netfilter's says nothing of a firewall, such stacks write it too",
     "net/ipv4/icmp.c __icmp_send; net/ipv6/ip6_output.c ip6_make_flowlabel; BSD icmp_error; lab"},
};

const struct evidence_rows probe_rows_of_stacks = EVIDENCE_ROWS(rows);

/* FreeBSD 14 and some others write from a closed port just what netfilter writes. Distance, another port that is
 * refused in another way, or a SYN that only netfilter answers may tell; or that the host is Linux, or is not. */
bool refusal_is_nobodys(const struct reading *r)
{
    const struct probe_packet *broken = probe_answered(r->facts, ASK_SHORT_HEADER);
    bool told_by_broken = broken != NULL && broken->reply.kind == REPLY_RST;
    return !r->facts->sockets_only && is_as_netfilter_writes(&r->main->reply, r->ipv6) && r->controls_copied == 0 &&
           r->stack.is != PROBE_STACK_LINUX && !told_by_broken && comes_from_as_far(r);
}
