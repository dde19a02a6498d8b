#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "local/command.h"
#include "local/route.h"
#include "local/rules_machine.h"

enum { ROUTE_MS = 500, ROUTE_BYTES = 4096 };

static bool to_address(const struct sockaddr *from, struct address *address)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    if (from && from->sa_family == AF_INET) {
        memcpy(&four, from, sizeof four);
        *address = address_from_ipv4(&four.sin_addr);
    } else if (from && from->sa_family == AF_INET6) {
        memcpy(&six, from, sizeof six);
        *address = address_from_ipv6(&six.sin6_addr);
    } else {
        return false;
    }
    return true;
}

static unsigned prefix_of(const struct sockaddr *mask)
{
    struct address bits;
    unsigned prefix = 0;
    if (!to_address(mask, &bits))
        return 128;
    if (mask->sa_family == AF_INET)
        memset(bits.bytes, 0xff, 12);
    while (prefix < 128 && bits.bytes[prefix / 8] & (0x80 >> prefix % 8))
        prefix++;
    return prefix;
}

static bool is_iptables_legacy(void)
{
    char path[4096];
    return realpath("/usr/sbin/iptables", path) && strstr(path, "legacy");
}

void rules_machine_read(struct rules_machine *machine)
{
    struct ifaddrs *all = NULL;
    *machine = (struct rules_machine){.iptables_is_legacy = is_iptables_legacy()};
    if (getifaddrs(&all) != 0)
        machine->more_addresses = true;
    for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
        struct rules_own_address own = {.prefix = prefix_of(one->ifa_netmask)};
        if (!to_address(one->ifa_addr, &own.address))
            continue;
        if (machine->addresses == RULES_ADDRESSES) {
            machine->more_addresses = true;
            break;
        }
        rules_copy(own.interface, sizeof own.interface, one->ifa_name);
        machine->own[machine->addresses++] = own;
    }
    freeifaddrs(all);
}

static bool is_loopback(const struct rules_own_address *own)
{
    return strcmp(own->interface, "lo") == 0;
}

/* Whether a SYN from elsewhere can come by no other interface. */
static bool is_only_interface(const struct rules_machine *machine, const char *name)
{
    for (unsigned i = 0; i < machine->addresses; i++)
        if (!is_loopback(&machine->own[i]) && strcmp(machine->own[i].interface, name) != 0)
            return false;
    return !machine->more_addresses;
}

/* The machine's one address of a family that is no link's; none: there are several. */
static struct address only_address(const struct rules_machine *machine, bool v6)
{
    struct address found = {{0}}, none = {{0}};
    for (unsigned i = 0; i < machine->addresses; i++) {
        const struct rules_own_address *own = &machine->own[i];
        if (is_loopback(own) || address_is_ipv4(&own->address) == v6 || address_is_link_local(&own->address))
            continue;
        if (!address_is_none(&found))
            return none;
        found = own->address;
    }
    return machine->more_addresses ? none : found;
}

static bool may_be_bridge(const char *name)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/sys/class/net/%s/bridge", name);
    return !name[0] || stat(path, &status) == 0;
}

static struct rules_number uid_of(const char *user)
{
    struct rules_number uid = {.known = false};
    FILE *file = user[0] ? fopen("/etc/passwd", "re") : NULL;
    const struct passwd *entry;
    while (file && !uid.known && (entry = fgetpwent(file)))
        if (strcmp(entry->pw_name, user) == 0)
            uid = (struct rules_number){true, entry->pw_uid};
    if (file)
        fclose(file);
    return uid;
}

static void comes_in(const struct rules_machine *machine, const struct local_question *question,
                     struct rules_packet *packet)
{
    char route[16] = "";
    if (address_is_none(&packet->to))
        packet->to = only_address(machine, packet->is_v6);
    if (packet->from_is_local == RULES_YES) {
        rules_copy(packet->in.name, sizeof packet->in.name, "lo");
        return;
    }
    if (!address_is_none(&packet->from))
        (void)local_route_interface(&packet->from, route);
    rules_copy(packet->in.name, sizeof packet->in.name, question->interface[0] ? question->interface : route);
    packet->in.assumed = !question->interface[0] && !is_only_interface(machine, route);
    packet->in.may_be_bridge = may_be_bridge(packet->in.name);
    if (route[0] && strcmp(route, packet->in.name) == 0)
        packet->way_back = RULES_YES;
}

static void goes_out(const struct local_question *question, struct rules_packet *packet)
{
    packet->to_is_local = RULES_NO;
    packet->in.none = true;
    packet->out.none = false;
    packet->uid = uid_of(question->user);
    (void)local_route_interface(&packet->to, packet->out.name);
}

struct rules_packet rules_machine_syn(const struct rules_machine *machine, const struct local_question *question)
{
    struct rules_packet packet = rules_syn(question, machine);
    bool is_client = !address_is_none(&question->client) && packet.from_is_local == RULES_YES;
    if (is_client && !address_is_none(&question->server) && rules_is_own(machine, &question->server) == RULES_NO)
        goes_out(question, &packet);
    else
        comes_in(machine, question, &packet);
    return packet;
}
