/* What tells one TCP/IP from another without any RST.
 *
 * IPv4: Linux writes the precedence "internetwork control" into its ICMP errors (net/ipv4/icmp.c __icmp_send), where
 * BSD, gVisor and lwIP write 0 (icmp_error; measured); and gVisor's and lwIP's echo replies carry the request's own IP
 * ID. IPv6: Linux puts a flow label into whatever it sends (net.ipv6.auto_flowlabels), the others into nothing. */
#include <netinet/in.h>

#include "craft.h"
#include "probe_packets.h"
#include "stack_marks.h"

enum { PRECEDENCE = 0xe0, INTERNETWORK_CONTROL = 0xc0 };

static const struct probe_packet *own_packet(const struct probe_facts *facts, enum probe_kind kind,
                                             enum reply_kind reply)
{
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *packet = &facts->packet[i];
        if (packet->kind == kind && packet->reply.kind == reply && reply_is_targets(facts, &packet->reply))
            return packet;
    }
    return NULL;
}

static void show(struct stack_marks *marks, enum probe_stack stack, const struct probe_packet *by)
{
    if (marks->is == PROBE_STACK_UNKNOWN)
        *marks = (struct stack_marks){stack, by};
}

/* A path that clears the TOS clears an error's as well: only one that keeps a ping's lets its absence count. */
static void read_ipv4(const struct probe_facts *facts, struct stack_marks *marks)
{
    const struct probe_packet *ping = own_packet(facts, ASK_PING, REPLY_ECHO),
                              *error = own_packet(facts, ASK_UDP, REPLY_ICMP);
    bool kept = ping != NULL && dscp(ping->tos) != 0 && dscp(ping->reply.tos) == dscp(ping->tos);
    if (ping != NULL && ping->reply.ip_id == craft_ip_id((unsigned)(ping - facts->packet)))
        show(marks, PROBE_STACK_OTHER, ping);
    if (error != NULL && (error->reply.tos & PRECEDENCE) == INTERNETWORK_CONTROL)
        show(marks, PROBE_STACK_LINUX, error);
    if (error != NULL && kept && error->reply.tos == 0)
        show(marks, PROBE_STACK_OTHER, error);
}

static void read_ipv6(const struct probe_facts *facts, struct stack_marks *marks)
{
    static const struct {
        enum probe_kind kind;
        enum reply_kind reply;
    } own[] = {{ASK_PING, REPLY_ECHO}, {ASK_UDP, REPLY_ICMP}, {ASK_OTHER_PORT, REPLY_SYNACK}};
    const struct probe_packet *bare = NULL;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        const struct probe_packet *packet = own_packet(facts, own[i].kind, own[i].reply);
        if (packet != NULL && packet->reply.flow_label != 0)
            show(marks, PROBE_STACK_LINUX, packet);
        else if (packet != NULL && bare == NULL)
            bare = packet;
    }
    if (bare != NULL)
        show(marks, PROBE_STACK_OTHER, bare);
}

struct stack_marks stack_marks_read(const struct probe_facts *facts)
{
    struct stack_marks marks = {PROBE_STACK_UNKNOWN, NULL};
    if (facts->sockets_only) /* sockets show no headers */
        return marks;
    if (address_is_ipv4(&facts->target))
        read_ipv4(facts, &marks);
    else
        read_ipv6(facts, &marks);
    return marks;
}
