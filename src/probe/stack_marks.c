/* What tells one TCP/IP from another without any RST.
 *
 * IPv4: Linux writes the precedence "internetwork control" into its ICMP errors (net/ipv4/icmp.c __icmp_send), where
 * BSD, gVisor and lwIP write 0 (icmp_error; measured); and gVisor's and lwIP's echo replies carry the request's own IP
 * ID. IPv6: Linux puts a flow label into whatever it sends (net.ipv6.auto_flowlabels), the others into nothing. */
#include <netinet/in.h>

#include <sshsniff/stack.h>

#include "craft.h"
#include "probe_packets.h"
#include "stack_marks.h"

const char *strange_to_netfilter(const struct probe_reply *rst, bool v6)
{
    static const char *const words[] = {[ODD_WINDOW] = "a window that is not 0",
                                        [ODD_OPTIONS] = "TCP options",
                                        [ODD_NO_DF] = "no DF",
                                        [ODD_IP_ID] = "an IP ID"};
    return words[netfilter_oddity(v6, rst->window, rst->has_options, rst->df, rst->ip_id != 0)];
}

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

static void show(struct stack_marks *marks, enum probe_stack stack, const struct probe_packet *by, const char *what)
{
    if (marks->is == PROBE_STACK_UNKNOWN)
        *marks = (struct stack_marks){stack, by, what};
}

/* A path that clears the TOS clears an error's as well: only one that keeps a ping's lets its absence count. */
static void read_ipv4(const struct probe_facts *facts, struct stack_marks *marks)
{
    const struct probe_packet *ping = own_packet(facts, ASK_PING, REPLY_ECHO),
                              *error = own_packet(facts, ASK_UDP, REPLY_ICMP);
    bool kept = ping != NULL && dscp(ping->tos) != 0 && dscp(ping->reply.tos) == dscp(ping->tos);
    if (ping != NULL && ping->reply.ip_id == craft_ip_id((unsigned)(ping - facts->packet)))
        show(marks, PROBE_STACK_OTHER, ping, "its echo reply has the request's own IP ID");
    if (error != NULL && (error->reply.tos & PRECEDENCE) == INTERNETWORK_CONTROL)
        show(marks, PROBE_STACK_LINUX, error, "its ICMP error has Linux's precedence");
    if (error != NULL && kept && error->reply.tos == 0)
        show(marks, PROBE_STACK_OTHER, error, "its ICMP error has TOS 0");
}

/* BSD labels its connections, so a labelled SYN-ACK says nothing; and a label that is the request's own was turned
 * round with it. */
static void read_ipv6(const struct probe_facts *facts, struct stack_marks *marks)
{
    static const struct {
        enum probe_kind kind;
        enum reply_kind reply;
    } own[] = {{ASK_PING, REPLY_ECHO}, {ASK_UDP, REPLY_ICMP}, {ASK_OTHER_PORT, REPLY_SYNACK}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        const struct probe_packet *packet = own_packet(facts, own[i].kind, own[i].reply);
        if (packet == NULL)
            continue;
        uint32_t label = packet->reply.flow_label, asked = craft_flow_label((unsigned)(packet - facts->packet));
        if (label == 0)
            show(marks, PROBE_STACK_OTHER, packet, "its other packets have no flow label");
        else if (label != asked && own[i].reply != REPLY_SYNACK)
            show(marks, PROBE_STACK_LINUX, packet, "its ICMPv6 has a flow label");
    }
}

struct stack_marks stack_marks_read(const struct probe_facts *facts)
{
    struct stack_marks marks = {PROBE_STACK_UNKNOWN, NULL, NULL};
    if (facts->sockets_only) /* sockets show no headers */
        return marks;
    if (address_is_ipv4(&facts->target))
        read_ipv4(facts, &marks);
    else
        read_ipv6(facts, &marks);
    return marks;
}
