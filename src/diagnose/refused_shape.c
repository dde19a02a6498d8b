/* What a RST that answers a SYN looks like beside netfilter's, and what the host's other packets say of its stack. */
#include "refused.h"

enum { STARTS_64 = 64 };

const struct mark *host_mark(const struct view *v)
{
    const struct host *h = v->server_host;
    return h && h->own_packets && h->own.number != rst(v)->number ? &h->own : NULL;
}

/* netfilter begins with the TTL that its kernel is set to, as that kernel's own packets do. */
static bool linux_begins_there(const struct view *v)
{
    if (lacks(v, FIELD_TTL))
        return false;
    return host_stack_kind(v) == STACK_LINUX && host_mark(v) && !from_elsewhere(v);
}

const char *unlike_netfilter(const struct view *v)
{
    const struct mark *m = rst(v);
    if (lacks(v, FIELD_TTL | FIELD_WINDOW | FIELD_OPTIONS | FIELD_DF | FIELD_IP_ID | FIELD_LABEL))
        return "not all of its header is known"; /* whoever asks is to abstain */
    if (ttl_start(m->ttl) > STARTS_64 && !linux_begins_there(v))
        return "its TTL began above 64";
    static const char *const words[] = {[ODD_WINDOW] = "its window is not 0",
                                        [ODD_OPTIONS] = "it has options",
                                        [ODD_NO_DF] = "it lacks DF",
                                        [ODD_IP_ID] = "it has an IP ID"};
    const enum netfilter_oddity odd =
        netfilter_oddity(v->ipv6, m->window, m->bits & MARK_OPTIONS, m->bits & MARK_DF, !v->refusal.id_zero);
    if (odd != ODD_NOTHING)
        return words[odd];
    return v->ipv6 && !v->refusal.label_zero ? "it has a flow label" : NULL;
}

bool shaped_as_netfilter(const struct view *v)
{
    return !unlike_netfilter(v);
}

bool has_bsd_tos(const struct view *v)
{
    if (lacks(v, FIELD_TOS))
        return false;
    return !v->ipv6 && rst(v)->tos == TOS_LOWDELAY;
}

bool bsd_tos_was_asked(const struct view *v)
{
    if (lacks(v, FIELD_TOS))
        return false;
    return has_bsd_tos(v) && seen(v->syn) && dscp(v->syn->tos) == dscp(TOS_LOWDELAY);
}

/* Embedded and user-mode stacks have windows of their own, which may be the SYN's by chance. */
static bool may_be_user_mode(const struct view *v)
{
    if (lacks(v, FIELD_TTL | FIELD_DF))
        return false;
    return v->ipv6 ? ttl_start(rst(v)->ttl) > STARTS_64 : !(rst(v)->bits & MARK_DF);
}

static bool copies_window(const struct view *v)
{
    if (lacks(v, FIELD_WINDOW))
        return false;
    return rst(v)->window && rst(v)->window == v->syn->window && !may_be_user_mode(v);
}

bool copies_syn(const struct view *v)
{
    if (lacks(v, FIELD_IP_ID))
        return false;
    return seen(v->syn) && ((!v->refusal.id_zero && v->refusal.id_of_syn) || copies_window(v));
}

/* As measured: libslirp writes a window of 65535, TTL 64 (IPv6: 255), no DF; VMware's NAT 64240, TTL 128, no DF, and a
 * sequence number of its own. Both are the next hop. */
bool from_user_mode_nat(const struct view *v)
{
    if (lacks(v, FIELD_TTL | FIELD_TOS | FIELD_WINDOW | FIELD_OPTIONS | FIELD_DF | FIELD_LABEL))
        return false;
    enum { SLIRP_WINDOW = 65535, VMWARE_WINDOW = 64240, VMWARE_TTL = 128, FULL_TTL = 255 };
    const struct mark *m = rst(v);
    if (hops_from_start(m->ttl) > 0 || m->bits & (MARK_OPTIONS | MARK_DF) || m->tos || copies_syn(v))
        return false;
    if (v->ipv6)
        return m->window == SLIRP_WINDOW && m->ttl == FULL_TTL && v->refusal.label_zero;
    if (m->window == VMWARE_WINDOW)
        return m->ttl == VMWARE_TTL && !v->refusal.seq_zero;
    return m->window == SLIRP_WINDOW && m->ttl == STARTS_64 && v->refusal.seq_zero;
}

bool from_elsewhere(const struct view *v)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct host *h = v->server_host;
    const unsigned ttl = refusal_ttl(v);
    return host_mark(v) && (ttl < h->own_ttl_min || ttl > h->own_ttl_max);
}

/* RSTs of its other ports, from the same distance, that are written as no Linux writes them. Those of a BSD firewall
 * are not the host's own, and old kernels of Linux count their IDs but copy the TOS. */
static bool other_port_is_foreign(const struct view *v, uint64_t *number)
{
    if (lacks(v, FIELD_TTL | FIELD_TOS | FIELD_WINDOW | FIELD_DF | FIELD_IP_ID))
        return false;
    const struct host *h = v->server_host;
    for (int i = 0; i < h->ports_used; i++) {
        const struct port_fact *p = &h->ports[i];
        const struct port_reply *r = &p->reply;
        if (p->state != PORT_REFUSES || p->port == v->attempt->key.server_port || !r->number || r->ttl != rst(v)->ttl)
            continue;
        const bool bsd = !v->ipv6 && r->tos == TOS_LOWDELAY, copied = dscp(r->tos) && dscp(r->tos) == dscp(p->syn_tos);
        const bool odd_id = !v->ipv6 && (!r->df || r->ip_id);
        if (!bsd && !copied && (ttl_start(r->ttl) > STARTS_64 || r->window || odd_id)) {
            *number = r->number;
            return true;
        }
    }
    return false;
}

/* Data of Linux counts its IDs; with DF, FreeBSD and Apple leave them 0 (ip_output.c, rfc6864). */
static bool data_has_no_id(const struct view *v, const struct mark *own)
{
    if (lacks(v, FIELD_TTL | FIELD_DF | FIELD_IP_ID))
        return false;
    return !v->ipv6 && !v->server_host->own_is_synack && own->payload_len && own->bits & MARK_DF && own->ip_id == 0;
}

enum stack host_stack(const struct view *v, uint64_t *number)
{
    const struct host *h = v->server_host;
    if (!h)
        return STACK_UNKNOWN;
    const struct host_stack *s = &h->stack;
    if (s->by_synack != STACK_UNKNOWN && (s->by_synack != STACK_OTHER || s->by_version <= STACK_LINUX)) {
        *number = s->synack_number;
        return (enum stack)s->by_synack;
    }
    if (s->by_version != STACK_UNKNOWN) {
        *number = s->version_number;
        return (enum stack)s->by_version;
    }
    const struct mark *own = host_mark(v);
    if (own && ttl_start(own->ttl) > STARTS_64) {
        *number = own->number;
        return ttl_start(own->ttl) == 128 ? STACK_WINDOWS : STACK_OTHER;
    }
    if (own && data_has_no_id(v, own)) {
        *number = own->number;
        return STACK_FREEBSD;
    }
    return other_port_is_foreign(v, number) ? STACK_OTHER : STACK_UNKNOWN;
}

bool path_clears_dscp(const struct view *v)
{
    if (lacks(v, FIELD_TOS))
        return false;
    const struct host *h = v->server_host;
    if (!h || seen(&h->echo_tos) || h->marked_data)
        return false;
    return h->openssh_session_data >= 2 || (h->stack.dscp_lost_number && !h->stack.dscp_kept_number);
}

bool keeps_dscp(const struct view *v)
{
    if (lacks(v, FIELD_TOS))
        return false;
    const struct host *h = v->server_host;
    return h && (seen(&h->echo_tos) || h->marked_data || h->stack.dscp_kept_number);
}

bool dscp_may_be_lost(const struct view *v)
{
    if (lacks(v, FIELD_TOS | FIELD_TTL))
        return false;
    enum { FAR_HOPS = 5 }; /* the networks of others, judgement */
    return hops_from_start(rst(v)->ttl) >= FAR_HOPS && !keeps_dscp(v);
}
