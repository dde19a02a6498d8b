/* Two closed ports of one host that refuse in different ways: one of the two is a firewall's. Which one, where neither
 * way is known to be the host's own? A rule guards the port of a service; a high port without one is simply closed. */
#include "refused.h"

enum { LAST_WELL_KNOWN = 1023 };

static bool is_guarded(uint16_t port)
{
    return port <= LAST_WELL_KNOWN;
}

/* Another port of a host of which nothing is known, that refuses the other way: TOS 0 here and 0x10 there, or the other
 * way round, each for a SYN with 0x10. Linux writes 0x10 from a closed port and 0 by netfilter; a BSD the opposite. */
static const struct port_fact *other_way(const struct view *v)
{
    const struct host *h = v->server_host;
    if (!h || v->ipv6 || !seen(v->syn) || v->syn->tos != TOS_LOWDELAY || host_stack_kind(v) != STACK_UNKNOWN ||
        !(rst(v)->bits & MARK_DF) || (!has_bsd_tos(v) && !shaped_as_netfilter(v)) || (rst(v)->tos && !has_bsd_tos(v)))
        return NULL;
    for (int i = 0; i < h->ports_used; i++) {
        const struct port_fact *p = &h->ports[i];
        if (p->state == PORT_REFUSES && p->port != v->attempt->key.server_port && p->reply.number &&
            p->syn_tos == TOS_LOWDELAY && p->reply.ttl == rst(v)->ttl &&
            p->reply.tos == (has_bsd_tos(v) ? 0 : TOS_LOWDELAY) &&
            is_guarded(p->port) != is_guarded(v->attempt->key.server_port))
            return p;
    }
    return NULL;
}

/* It is what TOS alone says already. */
static const float said_already = 0.3f;

static bool port_is_guarded(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL | FIELD_TOS | FIELD_DF))
        return false;
    const struct port_fact *p = other_way(v);
    if (!p || !is_guarded(v->attempt->key.server_port))
        return false;
    f->packet = p->reply.number;
    f->value[0] = rst(v)->tos;
    f->value[1] = p->reply.tos;
    f->value[2] = p->port;
    f->scale = has_bsd_tos(v) ? 1 : said_already;
    return true;
}

static bool port_is_free(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL | FIELD_TOS | FIELD_DF))
        return false;
    const struct port_fact *p = other_way(v);
    if (!p || is_guarded(v->attempt->key.server_port))
        return false;
    f->packet = p->reply.number;
    f->value[0] = rst(v)->tos;
    f->value[1] = p->reply.tos;
    f->value[2] = p->port;
    f->scale = has_bsd_tos(v) ? said_already : 1;
    return true;
}

/* Another, less guarded port refused with a TTL that began lower than this RST's: boxes that forge with 255 are
 * between, and what is closed there is the host's. */
static bool begins_above_other_port(const struct view *v, struct finding *f)
{
    if (lacks(v, FIELD_TTL))
        return false;
    const struct host *h = v->server_host;
    for (int i = 0; h && !host_mark(v) && i < h->ports_used; i++) {
        const struct port_fact *p = &h->ports[i];
        if (p->state == PORT_REFUSES && p->reply.number && is_guarded(v->attempt->key.server_port) &&
            !is_guarded(p->port) && ttl_start(p->reply.ttl) < ttl_start(rst(v)->ttl)) {
            f->packet = p->reply.number;
            f->value[0] = rst(v)->ttl;
            f->value[1] = p->reply.ttl;
            f->value[2] = p->port;
            return true;
        }
    }
    return false;
}

static const struct evidence_row rows[] = {
    {"rst-begins-above",
     VIEW_TEST(begins_above_other_port),
     {{CAUSE_FIREWALL_RST, 1.8f}},
     "the RST arrived with TTL {0}, the host's RST for port {2} with {1}: they began differently, so two machines sent "
     "them, and a rule is likelier for the port of a service",
     "nmap-os-db, test T5; judgement"},
    {"port-guarded",
     VIEW_TEST(port_is_guarded),
     {{CAUSE_FIREWALL_RST, 2.0f}, {CAUSE_FAIL2BAN_BAN, 1.5f}},
     "this port refuses with TOS {0x}, port {2} with {1x}: one of the two is a firewall's, and a rule is likelier for "
     "the port of a service",
     "tcp_ipv4.c tcp_v4_send_reset; pf.c pf_send_tcp; judgement"},
    {"port-not-guarded",
     VIEW_TEST(port_is_free),
     {{CAUSE_KERNEL_RST, 2.2f}},
     "this port refuses with TOS {0x}, port {2} with {1x}: one of the two is a firewall's, and a rule is likelier for "
     "the port of a service, which is the other",
     "tcp_ipv4.c tcp_v4_send_reset; pf.c pf_send_tcp; judgement"},
};

const struct evidence_rows refused_ports = EVIDENCE_ROWS(rows);
