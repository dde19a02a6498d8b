#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_filter.h"

/* Every TCP segment that opens, resets or ends a connection, on any port: hosts and their other ports are learned from
 * them. Fragments are taken whole, since a later one has no ports. libpcap's `tcp port` and tcp[] speak of IPv4, `ip6
 * proto` and ip6[] of IPv6 without extension headers. */
static const char wanted[] =
    "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0"
    " or (ip6 proto 6 and ip6[53] & 7 != 0)"
    " or (icmp and (icmp[0] = 0 or icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11 or icmp[0] = 12))"
    " or (ip6 proto 58 and (ip6[40] < 128 or ip6[40] = 129 or ip6[40] = 135 or ip6[40] = 136))"
    " or arp or udp port 53"
    " or ip[6:2] & 0x3fff != 0"
    " or (ip6[6] = 44 or ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 60)";

/* An SSH banner ("SSH-") marks a connection whatever its port. This has to be the last test of all: where a segment is
 * shorter than the bytes asked for, the kernel's program ends and drops it, whatever the other tests would have said.
 */
static const char banner[] = " or tcp[((tcp[12] & 0xf0) >> 2):4] = 0x5353482d"
                             " or (ip6 proto 6 and ip6[(40 + ((ip6[52] & 0xf0) >> 2)):4] = 0x5353482d)";

/* A kernel program has a bounded length, and libpcap's optimizer takes minutes over thousands of terms. */
#define RUNS_MAX 48

/* The next run of ports at or after `from`, gaps of up to `gap` ports bridged. False: none. */
static bool next_run(const struct port_set *ports, uint32_t from, uint32_t gap, uint32_t *first, uint32_t *last)
{
    while (from < 65536 && !port_set_has(ports, (uint16_t)from))
        from++;
    if (from == 65536)
        return false;
    *first = *last = from;
    for (uint32_t port = from + 1; port < 65536 && port <= *last + 1 + gap; port++)
        if (port_set_has(ports, (uint16_t)port))
            *last = port;
    return true;
}

static unsigned count_runs(const struct port_set *ports, uint32_t gap)
{
    uint32_t first, last = 0;
    unsigned runs = 0;
    for (uint32_t from = 0; from < 65536 && next_run(ports, from, gap, &first, &last); from = last + 1)
        runs++;
    return runs;
}

/* Scattered ports are widened to fewer ranges: some foreign traffic is then read and ignored. */
static void port_terms(FILE *out, const struct port_set *ports)
{
    uint32_t gap = 0, first, last;
    while (count_runs(ports, gap) > RUNS_MAX)
        gap = gap == 0 ? 1 : gap * 2;
    for (uint32_t from = 0; from < 65536 && next_run(ports, from, gap, &first, &last); from = last + 1) {
        if (first == last)
            fprintf(out, " or tcp port %u", first);
        else
            fprintf(out, " or tcp portrange %u-%u", first, last);
    }
}

/* These words move the place where libpcap looks for headers, for all of the expression after them. */
static bool moves_offsets(const char *expression)
{
    static const char *const words[] = {"vlan", "mpls", "pppoes", "geneve", "vxlan"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(expression, words[i]) != NULL)
            return true;
    return false;
}

/* The user's part comes first: where it moves the offsets, ours has to follow. */
static void one_layer(FILE *out, const struct port_set *ports, const char *user)
{
    if (user != NULL)
        fprintf(out, "(%s) and ", user);
    fprintf(out, "(%s", wanted);
    port_terms(out, ports);
    fputs(banner, out);
    fputc(')', out);
}

char *kernel_filter(const struct port_set *ports, const char *user, bool vlan)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    fputc('(', out);
    one_layer(out, ports, user);
    fputc(')', out);
    if (vlan && (user == NULL || !moves_offsets(user))) {
        fputs(" or (vlan and ", out);
        one_layer(out, ports, user);
        fputc(')', out);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
