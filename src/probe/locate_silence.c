/* Which machine does not let SYNs, or their answers, through. Routers check the TTL before they filter what they
 * forward, so the last hop that reported its end may itself be what drops. */
#include <errno.h>

#include "locate.h"

/* ---- Before the last router ---- */

static bool not_let_out(const struct reading *r)
{
    return r->facts->send_error == EPERM;
}

static void tell_not_let_out(const struct reading *r, struct probe_verdict *out)
{
    (void)r;
    place_note(
        out,
        "this machine's own firewall did not let the probes out: look at its output rules (sudo nft list ruleset)");
}

/* Told with the rest of what is known of that. */
static bool forwarded(const struct reading *r)
{
    return r->forwarded;
}

static bool neighbour_found(const struct reading *r)
{
    return r->facts->near && r->facts->neighbour_found;
}

static bool distance_unknown(const struct reading *r)
{
    return r->host_hop == 0;
}

static void tell_distance_unknown(const struct reading *r, struct probe_verdict *out)
{
    if (r->ssh.expired > 0)
        place_note(out, "SYNs get as far as hop %u; the host answers nothing, so how far away it is, is not known",
                   r->ssh.expired);
    else
        place_note(out, "no hop answered at all: not the host, and no router on the way to it");
}

static bool no_router(const struct reading *r)
{
    return r->host_hop == 1;
}

static bool ends_before_last_router(const struct reading *r)
{
    return r->ssh.expired + 1 < r->host_hop && r->reference.expired > r->ssh.expired;
}

static void tell_two_hops(const struct reading *r, struct probe_verdict *out)
{
    place_note(out, "lost where hop %u passes on, or at the entrance of hop %u: no packet tells these two apart",
               r->ssh.expired, r->ssh.expired + 1);
}

static unsigned hop_one(const struct reading *r)
{
    (void)r;
    return 1;
}

static unsigned hop_last(const struct reading *r)
{
    return r->ssh.expired;
}

static unsigned hop_last_or_first(const struct reading *r)
{
    return r->ssh.expired != 0 ? r->ssh.expired : 1;
}

/* ---- SYNs get as far as the last router: does it drop them, or the host? ---- */

static bool host_got_syns(const struct reading *r)
{
    return (r->stamps_answered > 0 && r->stamps_missed == 0) || r->fragments.kept != NULL;
}

static void tell_host_got_syns(const struct reading *r, struct probe_verdict *out)
{
    place_note(out,
               "SYNs reach the host: most likely its firewall drops them, but that its answers are lost on their way "
               "back looks just so from here; on the server, sudo tcpdump -n port %u shows whether it answers",
               r->facts->port);
}

static bool host_got_some_syns(const struct reading *r)
{
    return r->stamps_answered > 0;
}

static void tell_fork(const struct reading *r, struct probe_verdict *out)
{
    place_note(out,
               "of %u SYNs that the host would complain of, %u reached it: either the way there forks after hop %u and "
               "one branch drops, or complaints were lost on their way back",
               r->stamps_sent, r->stamps_answered, r->ssh.expired);
}

/* One lost answer must not decide. */
static bool stamps_never_came(const struct reading *r)
{
    return r->control_stamps_answered >= 2 && r->stamps_sent >= 2;
}

static bool never_gathered(const struct reading *r)
{
    return fragments_never_came(r);
}

static const char patient6[] = "sshsniff probe --patient: it waits a minute more, and can tell where the host's "
                               "firewall tracks connections and the router's does not";
static const char patient4[] =
    "sshsniff probe --patient: it waits half a minute more, and can tell unless a router on the way tracks connections";

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

static void tell_open(const struct reading *r, struct probe_verdict *out)
{
    out->patience_settles = r->fragments.asked == 0 && !r->facts->sockets_only;
    if (out->patience_settles)
        out->verdict.settle = r->ipv6 ? patient6 : patient4;
    place_note(out,
               "lost at hop %u, when it passes on to the host, or at the host itself (hop %u), or its answers on their "
               "way back: %s",
               r->ssh.expired, r->host_hop, why_open(r));
}

static const char by_stamps[] = "net/ipv4/ip_options.c __ip_options_compile, before the input hook; lab";
static const char by_fragments[] =
    "net/ipv4/ip_fragment.c ip_expire; net/ipv6/netfilter/nf_conntrack_reasm.c nf_ct_frag6_expire; lab";

const struct probe_place place_of_silence[] = {
    {not_let_out, WHERE_CLIENT, 0.95, NULL, tell_not_let_out, "netfilter: a drop in the output hook is EPERM; lab"},
    {forwarded, WHERE_UNKNOWN, 0.8, hop_of_host, NULL, "judgement"},
    {neighbour_found, WHERE_HOST, 0.95, hop_one, NULL, "RFC 826; RFC 4861; lab"},
    {distance_unknown, WHERE_UNKNOWN, 0.8, NULL, tell_distance_unknown, "judgement"},
    {no_router, WHERE_HOST, 0.95, hop_one, NULL, "RFC 791 section 3.2; lab"},
    {ends_before_last_router, WHERE_PATH, 0.95, hop_last_or_first, tell_two_hops, "firewalk; lab"},
    {host_got_syns, WHERE_HOST, 0.87, hop_of_host, tell_host_got_syns, by_stamps},
    {host_got_some_syns, WHERE_UNKNOWN, 0.8, hop_last, tell_fork, "RFC 2992; judgement"},
    {stamps_never_came, WHERE_PATH, 0.93, hop_last, NULL, by_stamps},
    {never_gathered, WHERE_PATH, 0.9, hop_last, NULL, by_fragments},
    {place_always, WHERE_UNKNOWN, 0.9, hop_last, tell_open, "net/ipv4/ip_forward.c: the TTL before the hook; lab"},
};
