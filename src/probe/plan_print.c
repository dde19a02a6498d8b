/* The plan for --dry-run, and where its source ports begin. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "plan.h"
#include "probe_packets.h"
#include "sweep.h"

/* Source ports of the probe: above the ephemeral range of Linux, below the last that a plan may need. */
#define FIRST_PORT 61440
#define LAST_PORT  65200

uint16_t plan_base_port(const struct probe_options *options)
{
    uint16_t bits = 0;
    if (options->base_port != 0)
        return options->base_port;
    (void)!getrandom(&bits, sizeof bits, GRND_NONBLOCK);
    return (uint16_t)(FIRST_PORT + bits % (LAST_PORT - FIRST_PORT - PLAN_PORTS));
}

/* How many there are of a kind, and the ports that they go to, where these are others than the SSH port. */
static unsigned packets_of(const struct probe_facts *facts, enum probe_kind kind, char *ports, size_t size)
{
    unsigned packets = 0;
    ports[0] = '\0';
    for (unsigned i = 0; i < facts->packets; i++) {
        const struct probe_packet *probe = &facts->packet[i];
        size_t used = strlen(ports);
        if (probe->kind != kind)
            continue;
        packets++;
        if (probe->port != facts->port && probe->port != 0)
            snprintf(ports + used, size - used, "%s %u", used == 0 ? ", ports" : "", probe->port);
    }
    return packets;
}

static void print_kind(FILE *out, const struct probe_facts *facts, enum probe_kind kind)
{
    const struct probe_style *style = probe_style(kind);
    char ports[96];
    unsigned packets = packets_of(facts, kind, ports, sizeof ports);
    if (kind == ASK_SWEEP || kind == ASK_CONTROL_SWEEP || kind == ASK_PING_SWEEP)
        fprintf(out, "  up to %2d × %u  %s%s", PROBE_HOPS, style->sends, style->name,
                packets == 0 ? " (only where closed ports are mute)" : "");
    else if (is_fragment(kind))
        fprintf(out, "  up to %2d × %u  %s (only where all else leaves host or last router open)",
                kind == ASK_FAR_FRAGMENT ? 1 : 2, style->sends, style->name);
    else if (packets > 0)
        fprintf(out, "  %8u × %u  %s", packets, style->sends, style->name);
    else
        fprintf(out, "  up to  3 × %u  %s (only where the SSH port is mute)", style->sends, style->name);
    fprintf(out, "%s: %s\n", ports, style->asks);
}

void probe_print_plan(FILE *out, const struct address *target, uint16_t port, const struct probe_options *options)
{
    struct probe_facts *facts = calloc(1, sizeof *facts);
    char text[ADDRESS_TEXT_SIZE];
    if (facts == NULL)
        return;
    facts->target = *target;
    facts->port = port;
    facts->base_port = plan_base_port(options);
    plan_first(facts, 0);
    unsigned last_port = facts->base_port + PLAN_PORTS - 1u;
    fprintf(out, "Plan for %s port %u, at most %u packets a second, source ports %u-%u:\n", address_text(target, text),
            port, options->rate, facts->base_port, last_port);
    for (int kind = 0; kind < ASK_KINDS; kind++)
        if (options->patient || !is_fragment((enum probe_kind)kind))
            print_kind(out, facts, (enum probe_kind)kind);
    fprintf(
        out,
        "  2 ARP requests or neighbour solicitations, where the host is on this machine's own network: who answers\n");
    fprintf(out, "  then one connection to each open port among them, to read its first line; no login is begun\n");
    if (options->all_ports)
        fprintf(out,
                "  65535 SYNs, one to each port, unanswered ones again while that finds more (at most %d times), and a "
                "connection to each open port\n",
                SWEEP_PORTS - 1);
    fprintf(out, "A packet that was answered is not sent again.\n");
    free(facts);
}
