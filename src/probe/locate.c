/* Which machine made it fail, and at which hop: what answered tells by its address, its TTL, and how far a SYN must be
 * able to go to be answered. Silence is in locate_silence.c. */
#include <string.h>

#include "locate.h"
#include "probe_packets.h"

/* ---- A RST ---- */

/* A forged RST: the less way it has come, the nearer the forger. The sweep alone cannot tell a host from the router
 * before it, for a router that rejects when forwarding needs a TTL of one more; the RST's own TTL can. */

static unsigned come(const struct reading *r)
{
    return hops_come(r->main->reply.ttl);
}

static bool swept_before_host(const struct reading *r)
{
    return r->ssh.reached != 0 && r->host_hop != 0 && r->ssh.reached < r->host_hop;
}

static bool sockets_swept_before_host(const struct reading *r)
{
    return r->facts->sockets_only && swept_before_host(r);
}

/* Sockets show no TTL; only how far a SYN must be able to go. */
static bool sockets_only(const struct reading *r)
{
    return r->facts->sockets_only;
}

static bool ttl_is_hosts(const struct reading *r)
{
    return r->own.packet != NULL && r->main->reply.ttl == r->own.packet->reply.ttl;
}

static bool nearer_than_host(const struct reading *r)
{
    return r->own.packet != NULL && come(r) < hops_come(r->own.packet->reply.ttl);
}

/* Nearer than a hop that let SYNs pass by. */
static bool nearer_than_a_hop(const struct reading *r)
{
    return r->own.packet == NULL && come(r) + 1 <= r->ssh.expired;
}

static bool near_or_forwarded(const struct reading *r)
{
    return r->facts->near || (r->behind > 0 && r->forwarded);
}

static bool just_beyond_last_hop(const struct reading *r)
{
    return r->own.packet == NULL && r->ssh.expired == come(r) && r->ssh.expired > 0;
}

static unsigned hop_swept(const struct reading *r)
{
    return r->ssh.reached;
}

static unsigned hop_by_ttl(const struct reading *r)
{
    return come(r) + 1;
}

static unsigned hop_behind_host(const struct reading *r)
{
    return r->host_hop + r->behind;
}

static const struct probe_place of_rst[] = {
    {sockets_swept_before_host, WHERE_PATH, 0.9, hop_swept, NULL, "firewalk; lab"},
    {sockets_only, WHERE_UNKNOWN, 0.6, NULL, NULL, "judgement"},
    {ttl_is_hosts, WHERE_HOST, 0.97, hop_of_host, NULL, "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {nearer_than_host, WHERE_PATH, 0.97, hop_by_ttl, NULL, "Weaver, Sommer, Paxson, NDSS 2009; lab"},
    {swept_before_host, WHERE_PATH, 0.95, hop_swept, NULL, "firewalk; lab"},
    {nearer_than_a_hop, WHERE_PATH, 0.9, hop_by_ttl, NULL, "RFC 791 section 3.2; lab"},
    {near_or_forwarded, WHERE_HOST, 0.9, hop_behind_host, NULL, "judgement"},
    {just_beyond_last_hop, WHERE_HOST, 0.8, hop_by_ttl, NULL, "RFC 791 section 3.2; judgement"},
    {place_always, WHERE_UNKNOWN, 0.6, NULL, NULL, "judgement"},
};

/* ---- An ICMP error ---- */

enum { AT_ONCE_US = 30000 }; /* beyond two round trips */

/* A router that looks for a host in vain tells of it some seconds later, of all packets that it held back in one burst
 * (net/core/neighbour.c); a route or a rule answers each packet as it comes. Both ration their errors, so one may be
 * all there is. */
static bool all_answered_at_once(const struct reading *r)
{
    int64_t shortest = INT64_MAX, longest = 0;
    for (unsigned i = 0; i < r->facts->packets; i++) {
        const struct probe_packet *packet = &r->facts->packet[i];
        if (packet->reply.kind != REPLY_ICMP || packet->sends != 1)
            continue;
        int64_t took = packet->reply.ts_us - packet->first_us;
        shortest = took < shortest ? took : shortest;
        if (!reply_is_expired(&packet->reply, r->ipv6))
            longest = took > longest ? took : longest;
    }
    return longest > 0 && longest < 2 * shortest + AT_ONCE_US;
}

static bool error_of_host(const struct reading *r)
{
    return reply_is_targets(r->facts, &r->main->reply);
}

static bool error_of_this_machine(const struct reading *r)
{
    return address_equal(&r->main->reply.sender, &r->facts->source);
}

static unsigned hop_of_host_or_swept(const struct reading *r)
{
    return r->host_hop != 0 ? r->host_hop : r->ssh.reached;
}

/* The hop at which a router is that sent an error. */
static unsigned hop_of_sender(const struct reading *r)
{
    for (unsigned i = 0; i < r->facts->hops; i++)
        if (address_equal(&r->facts->hop[i].address, &r->main->reply.sender))
            return i + 1;
    return r->facts->sockets_only ? 0 : come(r) + 1; /* sockets do not show an error's own TTL */
}

static void tell_sender(const struct reading *r, struct probe_verdict *out)
{
    out->hop_address = r->main->reply.sender;
}

static void tell_at_once(const struct reading *r, struct probe_verdict *out)
{
    char text[ADDRESS_TEXT_SIZE];
    tell_sender(r, out);
    place_note(out, "%s (hop %u) answered at once, without looking for the host first: by a route or a rule of its own",
               address_text(&r->main->reply.sender, text), hop_of_sender(r));
}

static void tell_search(const struct reading *r, struct probe_verdict *out)
{
    char text[ADDRESS_TEXT_SIZE];
    place_note(out, "%s (hop %u) looked for the host on its network, and nobody answered",
               address_text(&r->main->reply.sender, text), hop_of_sender(r));
}

static const struct probe_place of_error[] = {
    {error_of_host, WHERE_HOST, 0.97, hop_of_host_or_swept, NULL, "RFC 792; RFC 4443; lab"},
    {error_of_this_machine, WHERE_CLIENT, 0.95, NULL, NULL, "nf_reject_ipv4.c; lab"},
    {place_always, WHERE_PATH, 0.95, hop_of_sender, tell_sender, "RFC 792; RFC 4443; lab"},
};

/* Host unreachable. Where somebody looked for the host in vain, it is the host that fails, and it is beyond the one
 * that tells of it. */
static const struct probe_place of_unreachable[] = {
    {error_of_host, WHERE_HOST, 0.97, hop_of_host_or_swept, NULL, "RFC 792; RFC 4443; lab"},
    {error_of_this_machine, WHERE_HOST, 0.95, NULL, NULL, "net/ipv4/arp.c arp_error_report; lab"},
    {all_answered_at_once, WHERE_PATH, 0.85, hop_of_sender, tell_at_once, "net/core/neighbour.c; judgement"},
    {place_always, WHERE_HOST, 0.95, NULL, tell_search, "net/core/neighbour.c; lab"},
};

/* ---- By the verdict alone ---- */

static unsigned hop_of_refuser(const struct reading *r)
{
    return r->host_hop != 0 ? r->host_hop + r->behind : 0;
}

static bool answered_by_next_hop(const struct reading *r)
{
    return r->next_hop_answers;
}

static void tell_next_hop(const struct reading *r, struct probe_verdict *out)
{
    place_note(
        out,
        "refused beyond the next hop, which answers in the host's name: a NAT program does so (slirp, passt, the "
        "NAT of a virtual machine) and tells any failure beyond it in this way%s",
        is_bare(&r->main->reply) ? "; its RST lacks ACK, so clients ignore it and time out" : "");
}

static const struct probe_place of_kernel[] = {
    {answered_by_next_hop, WHERE_UNKNOWN, 0.8, NULL, tell_next_hop, "slirp4netns and pasta between namespaces"},
    {place_always, WHERE_HOST, 0.95, hop_of_refuser, NULL, "net/ipv4/tcp_ipv4.c tcp_v4_send_reset; lab"},
};

static const struct probe_place of_absence[] = {
    {place_always, WHERE_HOST, 0.95, hop_of_host, NULL, "the contract: a host's absence is the host's; lab"},
};

static const struct probe_place *rows_for(const struct reading *r, enum cause cause)
{
    if (cause == CAUSE_KERNEL_RST)
        return of_kernel;
    if (cause == CAUSE_HOST_UNREACHABLE)
        return is_rejection(r->main) ? of_unreachable : of_absence;
    if (cause == CAUSE_SILENT_DROP || r->main == NULL)
        return place_of_silence;
    return r->main->reply.kind == REPLY_RST ? of_rst : of_error;
}

/* ---- What else is to be said ---- */

static void tell_forwarding(const struct reading *r, struct probe_verdict *out)
{
    const char *sure = r->forwarded ? "is" : "most likely is";
    if (out->note[0] != '\0')
        return;
    if (r->behind > 0 && r->main->reply.kind == REPLY_RST)
        place_note(out,
                   "port %u of this address %s forwarded: its RSTs come from %u hop%s behind the address, so look at "
                   "the machine there, not at this one",
                   r->facts->port, sure, r->behind, r->behind > 1 ? "s" : "");
    else if (r->forwarded && r->main == NULL)
        place_note(
            out,
            "port %u of this address is forwarded: the SYNs are lost here, behind it, or their answers on the way back",
            r->facts->port);
}

static void tell_echo(const struct reading *r, struct probe_verdict *out)
{
    if (out->note[0] != '\0' || (r->echo != PROBE_ECHO_UNUSABLE && r->echo != PROBE_ECHO_REWRITTEN))
        return;
    if (r->rewriter != NULL)
        place_note(out, "the path rewrites the TOS (sent 0x%02x, seen as 0x%02x): the copy in a RST was %s",
                   r->rewriter->tos, r->rewriter->reply.quoted_tos,
                   r->echo == PROBE_ECHO_REWRITTEN ? "compared with what had arrived" : "not used");
    else
        place_note(out, "a ping came back without its TOS: the path clears it, or the host does, so the copy in a RST "
                        "was not used");
}

static void name_hop(const struct probe_facts *facts, struct probe_verdict *out)
{
    if (out->hop == 0 || out->hop > facts->hops || !address_is_none(&out->hop_address))
        return;
    out->hop_address = facts->hop[out->hop - 1].address;
}

void judge_locate(const struct reading *r, struct probe_verdict *out)
{
    const struct probe_place *row = rows_for(r, out->verdict.cause);
    while (!row->test(r)) /* each table's last row says yes */
        row++;
    out->verdict.where = row->where;
    out->verdict.where_confidence = row->confidence;
    out->hop = row->hop != NULL ? row->hop(r) : 0;
    if (row->tell != NULL)
        row->tell(r, out);
    tell_forwarding(r, out);
    tell_echo(r, out);
    name_hop(r->facts, out);
    /* The target's own address says nothing of a device in front of it. */
    if (out->verdict.where == WHERE_PATH && address_equal(&out->hop_address, &r->facts->target))
        memset(&out->hop_address, 0, sizeof out->hop_address);
}
