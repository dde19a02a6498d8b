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

/* Whether it is as long since the receiver was heard as sending again takes, and no longer: what was lost is the first
 * that was sent since. TCP waits 0.2 s and more, and twice as long each time (RFC 6298; Linux: TCP_RTO_MIN). */
static bool lost_at_once(const struct flow_side *sender, const struct flow_side *receiver)
{
    enum { FIRST_WAIT_US = 200000, MOST_DOUBLINGS = 12, SLOWER = 4 };
    const unsigned sends = sender->stalled_count < MOST_DOUBLINGS ? sender->stalled_count : MOST_DOUBLINGS;
    const int64_t since_us = sender->stalled.ts_us - receiver->last_us;
    return since_us > 0 && since_us < ((int64_t)FIRST_WAIT_US << sends) * SLOWER;
}

enum { STUCK_SENDS = 3 };

static bool stuck_at_once(const struct connection *c, int side)
{
    const struct flow_side *sender = &c->side[side];
    return seen(&sender->stalled) && sender->stalled_count >= STUCK_SENDS && lost_at_once(sender, &c->side[1 - side]);
}

/* Sent again in vain, with a DSCP that its sender's first data had not. */
static bool marked_anew(const struct flow_side *sender)
{
    return seen(&sender->first_payload) && dscp(sender->stalled.tos) &&
           dscp(sender->stalled.tos) != dscp(sender->first_payload.tos);
}

/* The server was not heard from the moment on at which its sshd begins to mark its packets: what it sends since does
 * not come here, so that its marks are not seen. */
static bool silent_since_login(const struct connection *c)
{
    enum { AT_ONCE_US = 1500000 };
    struct login_reading login;
    login_read(c, &login);
    return login.success && login.success_us && c->dialogue && openssh_version(c->dialogue->banner[SIDE_SERVER].text) &&
           c->side[SIDE_SERVER].last_us - login.success_us < AT_ONCE_US;
}

enum marked_loss marked_loss_of(const struct case_file *file)
{
    const struct connection *c = file->attempt->answer ? file->attempt->answer->connection : NULL;
    if (!c)
        return MARKED_LOSS_NONE;
    if (stuck_at_once(c, SIDE_SERVER) && marked_anew(&c->side[SIDE_SERVER]))
        return MARKED_LOSS_TO_CLIENT;
    if (!stuck_at_once(c, SIDE_CLIENT))
        return MARKED_LOSS_NONE;
    if (marked_anew(&c->side[SIDE_CLIENT]))
        return MARKED_LOSS_TO_SERVER;
    return silent_since_login(c) ? MARKED_LOSS_TO_CLIENT : MARKED_LOSS_NONE;
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
