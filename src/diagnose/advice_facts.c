/* What advice asks of a case beside its verdict. */
#include <sshsniff/verdict.h>

#include "view.h"

/* Of a host whose version string names no maker, or was not seen, its SYN-ACKs may tell. */
static enum platform platform_of_stack(const struct host *host, enum platform by_version)
{
    const enum stack stack = host ? (enum stack)host->stack.by_synack : STACK_UNKNOWN;
    if (by_version != PLATFORM_UNKNOWN && by_version != PLATFORM_OPENSSH)
        return by_version;
    if (stack == STACK_APPLE)
        return PLATFORM_MACOS;
    return by_version == PLATFORM_UNKNOWN && stack == STACK_NETBSD ? PLATFORM_NETBSD : by_version;
}

enum platform platform_of_server(const struct case_file *file)
{
    const struct answer *answer = file->attempt->answer;
    const struct dialogue *d = answer && answer->connection ? answer->connection->dialogue : NULL;
    const enum platform by_version = d && d->banner[SIDE_SERVER].text[0]
                                         ? platform_of_banner(d->banner[SIDE_SERVER].text)
                                     : file->server ? (enum platform)file->server->platform
                                                    : PLATFORM_UNKNOWN;
    return platform_of_stack(file->server, by_version);
}

const struct other_address *other_to_try(const struct case_file *file)
{
    const struct other_address *untried = NULL;
    for (unsigned i = 0; i < file->other_count; i++) {
        const struct other_address *other = &file->others[i];
        if (other->state == PORT_OPEN)
            return other;
        if (other->state == PORT_UNKNOWN && !other->cost_us && !untried && !web_cache_of(&other->address))
            untried = other;
    }
    return untried;
}

int64_t accepted_before_us(const struct case_file *file)
{
    const struct host *h = file->server;
    const struct answer *answer = file->attempt->answer;
    if (!h || !answer || !seen(&answer->refusal))
        return 0;
    for (unsigned i = 0; i < h->ports_used; i++)
        if (h->ports[i].port == file->attempt->key.server_port && h->ports[i].accepted_us &&
            h->ports[i].accepted_us < file->attempt->syn.ts_us)
            return answer->refusal.ts_us - h->ports[i].accepted_us;
    return 0;
}

unsigned mtu_that_passes(const struct case_file *file)
{
    enum { HEADERS_V4 = 40, HEADERS_V6 = 60, TIMESTAMPS = 12, LEAST = 1280 };
    const struct answer *answer = file->attempt->answer;
    if (!answer || !answer->connection)
        return 0;
    if (answer->icmp_later.mtu || answer->icmp.mtu)
        return answer->icmp_later.mtu ? answer->icmp_later.mtu : answer->icmp.mtu;
    const struct flow_side *side = answer->connection->side;
    const struct flow_side *of = side[SIDE_SERVER].shrunk.number   ? &side[SIDE_SERVER]
                                 : side[SIDE_CLIENT].shrunk.number ? &side[SIDE_CLIENT]
                                 : side[SIDE_SERVER].stalled_count >= side[SIDE_CLIENT].stalled_count
                                     ? &side[SIDE_SERVER]
                                     : &side[SIDE_CLIENT];
    const unsigned passes = of->shrunk.number ? of->shrunk.to : of->largest_acked;
    const unsigned mtu = passes + TIMESTAMPS + (address_is_ipv4(&file->attempt->key.server) ? HEADERS_V4 : HEADERS_V6);
    return mtu < LEAST ? LEAST : mtu;
}
