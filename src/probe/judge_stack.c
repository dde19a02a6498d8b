/* Whose TCP/IP wrote the RST: what the probe's many answers show beside its TOS. */
#include <math.h>
#include <string.h>

#include "judge_rows.h"
#include "probe_packets.h"

/* A RST that came less way than the host's own packets is not the host's, whatever it looks like. */
static bool comes_from_as_far(const struct reading *r)
{
    return r->own.packet == NULL || hops_come(r->main->reply.ttl) >= hops_come(r->own.packet->reply.ttl);
}

/* What of a RST netfilter never writes; NULL: nothing. */
static const char *strange_to_netfilter(const struct probe_reply *rst, bool v6)
{
    if (rst->window != 0)
        return "a window that is not 0";
    if (rst->has_options)
        return "TCP options";
    if (!v6 && !rst->df)
        return "no DF";
    if (!v6 && rst->ip_id != 0)
        return "an IP ID";
    return rst->ttl > 64 ? "a TTL that began above 64" : NULL;
}

/* The part that counts where no packet shows how far the host is. Judgement. */
static const float distance_unknown = 0.5f;

static bool own_hand(const struct reading *r, struct finding *f)
{
    if (r->facts->sockets_only || is_bare(&r->main->reply) || is_as_pf_writes(r->main, r->ipv6) ||
        r->main->reply.tos == 0x10 || !comes_from_as_far(r))
        return false;
    f->packet = r->main->reply.number;
    f->word = strange_to_netfilter(&r->main->reply, r->ipv6);
    f->scale = r->own.packet != NULL ? 1 : distance_unknown;
    return f->word != NULL;
}

/* ---- A counter of IP IDs ---- */

enum { LONGEST_STEP = 64 }; /* of other packets that the host may have sent meanwhile */

struct counting {
    const struct probe_packet *last;
    unsigned ours, controls, steps;
    bool broken;
};

static void count_on(struct counting *c, const struct reading *r, const struct probe_packet *packet)
{
    bool ours = packet->port == r->facts->port;
    if (c->last != NULL) {
        unsigned step = (uint16_t)(packet->reply.ip_id - c->last->reply.ip_id);
        c->broken |= step == 0 || step > LONGEST_STEP;
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

/* What the passive verdict weighed for a flow label and a class that are missing, at most the weight of its rows
 * (src/diagnose/refused_marks.c), is taken back: to leave both out is one habit, of all that this host sends. */
#define MOST_TAKEN_BACK 4.0f

static bool sends_no_labels(const struct reading *r, struct finding *f)
{
    if (!r->ipv6 || r->stack.is != PROBE_STACK_OTHER || r->behind > 0 || r->main->reply.flow_label != 0)
        return false;
    f->scale = 0;
    for (unsigned i = 0; r->passive != NULL && i < r->passive->evidence_count; i++) {
        const struct evidence *e = &r->passive->evidence[i];
        if (strcmp(e->id, "rst-no-flow-label") == 0 || strcmp(e->id, "rst-tos-zero") == 0)
            f->scale += fabsf(e->weight) / MOST_TAKEN_BACK;
    }
    f->packet = r->stack.shown_by->reply.number;
    return true;
}

static const struct evidence_row rows[] = {
    {"probe-own-hand",
     READING_TEST(own_hand),
     {{CAUSE_KERNEL_RST, 2.0f}},
     "the RST has {w}, which netfilter's never has: a TCP stack wrote it",
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
    {"probe-sends-no-labels",
     READING_TEST(sends_no_labels),
     {{CAUSE_KERNEL_RST, MOST_TAKEN_BACK}},
     "the host puts no IPv6 flow label into its other packets either: it is no Linux, and that the RST has no label "
     "and "
     "no class says nothing of a firewall",
     "net/ipv6/ip6_output.c ip6_make_flowlabel; lab"},
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
