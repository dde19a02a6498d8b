/* What a RST's TOS and flow label say of its sender.
 *
 * The kernel copies the SYN's TOS into its RST (tcp_v4_send_reset: arg.tos = ip_hdr(skb)->tos; v6 takes the traffic
 * class and a flow label); netfilter builds its own with TOS 0, flow label 0 and a checksum left to the card
 * (nf_reject_ipv4.c, _ipv6.c). */
#include "refused.h"

#include <stdlib.h>

/* pf's return-rst and ipfw's reset write 0x10 themselves, so a SYN that carries 0x10 cannot tell an echo from theirs.
 */
enum { TOS_LOWDELAY = 0x10 };

/* A Linux listener's SYN-ACK has DSCP 0; one with the RST's own value comes from a host, or over a path, that marks
 * all it sends. */
static bool marks_everything(const struct view *v)
{
    const struct host *h = v->server_host;
    return h && dscp(h->synack_tos) && dscp(h->synack_tos) == dscp(rst(v)->tos);
}

bool rst_echoes_tos(const struct view *v, struct finding *f)
{
    if (!seen(v->syn) || dscp(v->syn->tos) == 0 || dscp(rst(v)->tos) != dscp(v->syn->tos))
        return false;
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->tos;
    f->value[1] = v->attempt->syn.number;
    f->scale = marks_everything(v) ? 0.35f : v->syn->tos == TOS_LOWDELAY && !v->ipv6 ? 0.75f : 1;
    return true;
}

/* Does anything show that DSCP does not survive this path, or that this host's kernel does not echo it? */
static bool host_never_echoes(const struct view *v)
{
    const struct host *h = v->server_host;
    if (!h || h->echoing_rsts || h->marked_data)
        return false;
    if (h->openssh_session_data >= 2)
        return true;
    unsigned other_ports = 0;
    for (int i = 0; i < h->ports_used; i++)
        if (h->ports[i].state == PORT_REFUSES && h->ports[i].port != v->attempt->key.server_port &&
            dscp(h->ports[i].syn_tos) && dscp(h->ports[i].reply.tos) == 0)
            other_ports++;
    return other_ports >= 2;
}

bool rst_tos_zero(const struct view *v, struct finding *f)
{
    if (!seen(v->syn) || dscp(v->syn->tos) == 0 || dscp(rst(v)->tos) != 0)
        return false;
    f->packet = rst(v)->number;
    f->value[0] = v->syn->tos;
    f->value[1] = v->attempt->syn.number;
    if (host_never_echoes(v))
        f->scale = 0.15f;
    else if (ttl_start(rst(v)->ttl) == 128) /* Windows' kernel does not echo either */
        f->scale = 0.3f;
    return true;
}

static bool tos_changed(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    f->value[0] = v->syn->tos;
    f->value[1] = rst(v)->tos;
    return seen(v->syn) && dscp(rst(v)->tos) != 0 && dscp(rst(v)->tos) != dscp(v->syn->tos);
}

bool rst_tos_of_bsd(const struct view *v, struct finding *f)
{
    return tos_changed(v, f) && rst(v)->tos == TOS_LOWDELAY;
}

/* A path that rewrites DSCP gives the host another value to copy; a forged RST has nothing to copy. */
bool rst_tos_rewritten(const struct view *v, struct finding *f)
{
    return tos_changed(v, f) && rst(v)->tos != TOS_LOWDELAY && !marks_everything(v);
}

/* The same port refused another SYN, one with DSCP, at about this time. What that showed of the refuser holds for this
 * RST, whose SYN had none to copy. */
static const struct port_fact *marked_neighbour(const struct view *v)
{
    enum { ABOUT_US = 60000000 };
    const struct host *h = v->server_host;
    if (!h || !seen(v->syn) || dscp(v->syn->tos) != 0)
        return NULL;
    for (int i = 0; i < h->ports_used; i++) {
        const struct port_fact *p = &h->ports[i];
        if (p->port == v->attempt->key.server_port && p->state == PORT_REFUSES && p->marked_us &&
            llabs(p->marked_us - rst(v)->ts_us) < ABOUT_US)
            return p;
    }
    return NULL;
}

/* Ports change hands while a capture runs: what was shown before this SYN holds better than what was shown after it. */
static float still_true(const struct view *v, const struct port_fact *p)
{
    return p->marked_us < rst(v)->ts_us ? 1 : 0.4f;
}

bool port_echoed(const struct view *v, struct finding *f)
{
    const struct port_fact *p = marked_neighbour(v);
    if (!p || dscp(p->marked_rst_tos) != dscp(p->marked_syn_tos))
        return false;
    f->packet = p->marked_number;
    f->value[0] = p->marked_rst_tos;
    f->scale = (marks_everything(v) ? 0.35f : 1) * still_true(v, p);
    return true;
}

bool port_did_not_echo(const struct view *v, struct finding *f)
{
    const struct port_fact *p = marked_neighbour(v);
    if (!p || dscp(p->marked_rst_tos) != 0)
        return false;
    f->packet = p->marked_number;
    f->value[0] = p->marked_syn_tos;
    f->scale = (host_never_echoes(v) || ttl_start(rst(v)->ttl) == 128 ? 0.15f : 1) * still_true(v, p);
    return true;
}

bool echoes_elsewhere(const struct view *v, struct finding *f)
{
    const struct host *h = v->server_host;
    if (!h || !h->echoing_rsts || !seen(v->syn) || dscp(v->syn->tos) == 0 || dscp(rst(v)->tos) != 0)
        return false;
    f->packet = h->echo_tos.number;
    f->value[0] = h->echo_tos.tos;
    return true;
}

bool rst_flow_label(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    f->value[0] = rst(v)->flow_label;
    return v->ipv6 && rst(v)->flow_label != 0;
}

bool rst_no_flow_label(const struct view *v, struct finding *f)
{
    f->packet = rst(v)->number;
    return v->ipv6 && rst(v)->flow_label == 0;
}

bool labels_elsewhere(const struct view *v, struct finding *f)
{
    const struct host *h = v->server_host;
    if (!v->ipv6 || rst(v)->flow_label || !h || !seen(&h->echo_tos) || !h->echo_tos.flow_label)
        return false;
    f->packet = h->echo_tos.number;
    return true;
}
