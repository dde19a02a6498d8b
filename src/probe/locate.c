/* Which machine made it fail, and at which hop. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probe_packets.h"
#include "reading.h"

#define AT_ONCE_US 30000 /* beyond two round trips */

static void place(struct probe_verdict *out, enum where where, double confidence, unsigned hop)
{
    out->verdict.where = where;
    out->verdict.where_confidence = confidence;
    out->hop = hop;
}

__attribute__((format(printf, 2, 3))) static void note(struct probe_verdict *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->note, sizeof out->note, format, arguments);
    va_end(arguments);
}

/* The hop at which a router is that sent an error. */
static unsigned hop_of(const struct probe_facts *facts, const struct address *address)
{
    for (unsigned i = 0; i < facts->hops; i++)
        if (address_equal(&facts->hop[i].address, address))
            return i + 1;
    return 0;
}

/* A forged RST: the less way it has come, the nearer the forger. The sweep alone cannot tell a host from the router
 * before it, for a router that rejects when forwarding needs a TTL of one more; the RST's own TTL can. */
static void locate_rst(const struct reading *r, struct probe_verdict *out)
{
    const struct probe_reply *rst = &r->main->reply;
    unsigned come = hops_come(rst->ttl);
    if (r->facts->sockets_only) { /* no TTL to see; only how far a SYN must be able to go */
        bool before = r->ssh.reached != 0 && r->host_hop != 0 && r->ssh.reached < r->host_hop;
        place(out, before ? WHERE_PATH : WHERE_UNKNOWN, before ? 0.9 : 0.6, before ? r->ssh.reached : 0);
        return;
    }
    if (r->own.probe_packet != NULL && rst->ttl == r->own.probe_packet->reply.ttl) {
        place(out, WHERE_HOST, 0.97, r->host_hop);
        return;
    }
    if (r->own.probe_packet != NULL && come < hops_come(r->own.probe_packet->reply.ttl)) {
        place(out, WHERE_PATH, 0.97, come + 1);
        return;
    }
    if (r->ssh.reached != 0 && r->host_hop != 0 && r->ssh.reached < r->host_hop) {
        place(out, WHERE_PATH, 0.95, r->ssh.reached);
        return;
    }
    if (r->own.probe_packet == NULL && come + 1 <= r->ssh.expired) {
        place(out, WHERE_PATH, 0.9, come + 1); /* nearer than a hop that let SYNs pass by */
        return;
    }
    if (r->facts->near || (r->behind > 0 && r->forwarded)) {
        place(out, WHERE_HOST, 0.9, r->host_hop + r->behind);
        return;
    }
    if (r->own.probe_packet == NULL && r->ssh.expired == come && r->ssh.expired > 0) {
        place(out, WHERE_HOST, 0.8, come + 1);
        return;
    }
    place(out, WHERE_UNKNOWN, 0.6, 0);
}

/* A router that looks for a host in vain tells of it some seconds later, of all packets that it held back in one burst
 * (net/core/neighbour.c); a route or a rule answers each packet as it comes. Both ration their errors, so one may be
 * all there is. */
static bool all_answered_at_once(const struct reading *r)
{
    int64_t shortest = INT64_MAX, longest = 0;
    for (unsigned i = 0; i < r->facts->packets; i++) {
        const struct probe_packet *probe_packet = &r->facts->probe_packet[i];
        if (probe_packet->reply.kind != REPLY_ICMP || probe_packet->sends != 1)
            continue;
        int64_t took = probe_packet->reply.ts_us - probe_packet->first_us;
        shortest = took < shortest ? took : shortest;
        if (!reply_is_expired(&probe_packet->reply, r->ipv6))
            longest = took > longest ? took : longest;
    }
    return longest > 0 && longest < 2 * shortest + AT_ONCE_US;
}

static void locate_error(const struct reading *r, struct probe_verdict *out)
{
    const struct probe_reply *error = &r->main->reply;
    if (reply_is_targets(r->facts, error)) {
        place(out, WHERE_HOST, 0.97, r->host_hop != 0 ? r->host_hop : r->ssh.reached);
        return;
    }
    if (address_equal(&error->sender, &r->facts->source)) {
        place(out, out->verdict.cause == CAUSE_HOST_UNREACHABLE ? WHERE_HOST : WHERE_CLIENT, 0.95, 0);
        return;
    }
    unsigned hop = hop_of(r->facts, &error->sender);
    if (hop == 0 && !r->facts->sockets_only) /* sockets do not show an error's own TTL */
        hop = hops_come(error->ttl) + 1;
    if (out->verdict.cause == CAUSE_HOST_UNREACHABLE && all_answered_at_once(r)) {
        char text[ADDRESS_TEXT_SIZE];
        out->hop_address = error->sender;
        place(out, WHERE_PATH, 0.85, hop);
        note(out, "%s (hop %u) answered at once, without looking for the host first: by a route or a rule of its own",
             address_text(&error->sender, text), hop);
        return;
    }
    if (out->verdict.cause == CAUSE_HOST_UNREACHABLE) { /* at the host, which is beyond the one that tells of it */
        char text[ADDRESS_TEXT_SIZE];
        place(out, WHERE_HOST, 0.95, 0);
        note(out, "%s (hop %u) looked for the host on its network, and nobody answered",
             address_text(&error->sender, text), hop);
        return;
    }
    out->hop_address = error->sender;
    place(out, WHERE_PATH, 0.95, hop);
}

static const char patient6[] =
    "sshsniff probe --patient: it waits a minute more, and can tell where the host's firewall "
    "tracks connections and the router's does not";
static const char patient4[] = "sshsniff probe --patient: it waits half a minute more, and can tell unless a router on "
                               "the way tracks connections";

static const char *why_open(const struct reading *r)
{
    const struct fragment_reading *f = &r->fragments;
    if (f->asked == 0)
        return "nothing that was sent tells these two apart";
    if (f->untracked)
        return "the host's firewall tracks no connections, so it filters fragments before it gathers them, and they "
               "tell nothing either";
    if (f->caught != NULL)
        return "a router on the way gathers fragments itself, so they tell nothing either";
    return "fragments drew no answer that tells these two apart";
}

/* SYNs get as far as the last router, which reports the TTL's end before it filters: does it drop them, or the host? */
static void locate_between(const struct reading *r, struct probe_verdict *out)
{
    unsigned last = r->ssh.expired;
    if ((r->stamps_answered > 0 && r->stamps_missed == 0) || r->fragments.kept != NULL) {
        place(out, WHERE_HOST, 0.87, r->host_hop);
        note(
            out,
            "SYNs reach the host: most likely its firewall drops them, but that its answers are lost on their way back "
            "looks just so from here; on the server, sudo tcpdump -n port %u shows whether it answers",
            r->facts->port);
        return;
    }
    if (r->stamps_answered > 0) {
        place(out, WHERE_UNKNOWN, 0.8, last);
        note(out,
             "of %u SYNs that the host would complain of, %u reached it: either the way there forks after hop %u and "
             "one branch drops, or complaints were lost on their way back",
             r->stamps_sent, r->stamps_answered, last);
        return;
    }
    if (r->control_stamps_answered >= 2 && r->stamps_sent >= 2) { /* one lost answer must not decide */
        place(out, WHERE_PATH, 0.93, last);
        return;
    }
    if (fragments_never_came(r)) {
        place(out, WHERE_PATH, 0.9, last);
        return;
    }
    place(out, WHERE_UNKNOWN, 0.9, last);
    out->patience_settles = r->fragments.asked == 0 && !r->facts->sockets_only;
    if (out->patience_settles)
        out->verdict.settle = r->ipv6 ? patient6 : patient4;
    note(out,
         "lost at hop %u, when it passes on to the host, or at the host itself (hop %u), or its answers on their way "
         "back: %s",
         last, r->host_hop, why_open(r));
}

/* Silence. Routers check the TTL before they filter what they forward, so the last hop that reported its end may itself
 * be what drops. */
static void locate_silence(const struct reading *r, struct probe_verdict *out)
{
    unsigned last = r->ssh.expired;
    if (r->facts->send_error == EPERM) {
        place(out, WHERE_CLIENT, 0.95, 0);
        note(
            out,
            "this machine's own firewall did not let the probes out: look at its output rules (sudo nft list ruleset)");
        return;
    }
    if (r->forwarded) { /* told with the rest of what is known of that */
        place(out, WHERE_UNKNOWN, 0.8, r->host_hop);
        return;
    }
    if (r->facts->near && r->facts->neighbour_found) {
        place(out, WHERE_HOST, 0.95, 1);
        return;
    }
    if (r->host_hop == 0) {
        place(out, WHERE_UNKNOWN, 0.8, 0);
        if (last > 0)
            note(out, "SYNs get as far as hop %u; the host answers nothing, so how far away it is, is not known", last);
        else
            note(out, "no hop answered at all: not the host, and no router on the way to it");
        return;
    }
    if (r->host_hop == 1) {
        place(out, WHERE_HOST, 0.95, 1);
        return;
    }
    if (last + 1 < r->host_hop && r->reference.expired > last) {
        place(out, WHERE_PATH, 0.95, last != 0 ? last : 1);
        note(out, "lost where hop %u passes on, or at the entrance of hop %u: no packet tells these two apart", last,
             last + 1);
        return;
    }
    locate_between(r, out);
}

/* Where ways fork by ports (RFC 2992), a SYN that is repeated goes the same way each time. */
void judge_tell_loss(const struct reading *r, struct probe_verdict *out)
{
    if (r->answered > 0 && r->lost > 0 && r->errors == 0 && out->note[0] == '\0')
        note(out,
             "of %u SYNs to the SSH port %u were never answered, though each was sent three times: some connections "
             "fail, as "
             "where the way forks and one branch drops",
             r->asked, r->lost);
}

static void tell_forwarding(const struct reading *r, struct probe_verdict *out)
{
    const char *sure = r->forwarded ? "is" : "most likely is";
    if (out->note[0] != '\0')
        return;
    if (r->behind > 0 && r->main->reply.kind == REPLY_RST)
        note(out,
             "port %u of this address %s forwarded: its RSTs come from %u hop%s behind the address, so look at the "
             "machine "
             "there, not at this one",
             r->facts->port, sure, r->behind, r->behind > 1 ? "s" : "");
    else if (r->forwarded && r->main == NULL)
        note(
            out,
            "port %u of this address is forwarded: the SYNs are lost here, behind it, or their answers on the way back",
            r->facts->port);
}

static void tell_echo(const struct reading *r, struct probe_verdict *out)
{
    if (out->note[0] != '\0' || (r->echo != PROBE_ECHO_UNUSABLE && r->echo != PROBE_ECHO_REWRITTEN))
        return;
    if (r->rewriter != NULL)
        note(out, "the path rewrites the TOS (sent 0x%02x, seen as 0x%02x): the copy in a RST was %s", r->rewriter->tos,
             r->rewriter->reply.quoted_tos,
             r->echo == PROBE_ECHO_REWRITTEN ? "compared with what had arrived" : "not used");
    else
        note(out, "the path rewrites the TOS (a ping came back without its own): the copy in a RST was not used");
}

static void name_hop(const struct probe_facts *facts, struct probe_verdict *out)
{
    if (out->hop == 0 || out->hop > facts->hops || !address_is_none(&out->hop_address))
        return;
    out->hop_address = facts->hop[out->hop - 1].address;
}

void judge_locate(const struct reading *r, struct probe_verdict *out)
{
    switch (out->verdict.cause) {
    case CAUSE_KERNEL_RST:
        place(out, WHERE_HOST, 0.95, r->host_hop != 0 ? r->host_hop + r->behind : 0);
        break;
    case CAUSE_HOST_UNREACHABLE:
        if (is_rejection(r->main))
            locate_error(r, out);
        else
            place(out, WHERE_HOST, 0.95, r->host_hop);
        break;
    case CAUSE_SILENT_DROP:
        locate_silence(r, out);
        break;
    default:
        if (r->main == NULL)
            locate_silence(r, out);
        else if (r->main->reply.kind == REPLY_RST)
            locate_rst(r, out);
        else
            locate_error(r, out);
        break;
    }
    tell_forwarding(r, out);
    tell_echo(r, out);
    name_hop(r->facts, out);
    /* The target's own address says nothing of a device in front of it. */
    if (out->verdict.where == WHERE_PATH && address_equal(&out->hop_address, &r->facts->target))
        memset(&out->hop_address, 0, sizeof out->hop_address);
}
